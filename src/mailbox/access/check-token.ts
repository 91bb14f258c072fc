// Who gets into this mailbox, which is the authority over its own name. All of it is to be called inside a transaction.
import type { Proof } from "../../protocol/caller.ts";
import { JWT_LEEWAY_MS, MAX_UNREAD_BYTES } from "../../protocol/limits.ts";
import { logEvent } from "../../protocol/log-events.ts";
import { type CodeIn, type Refusal, refusal } from "../../protocol/refusals.ts";
import { tokenIdOf } from "../../protocol/service.ts";
import { checkBeginning } from "./check-beginning.ts";
import { checkServiceToken, isService, SEEN_INTERVAL_MS } from "./service-tokens.ts";
import type { Session } from "../connections/sockets.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { Token } from "../log/accounts/account-rows.ts";

type ServiceProof = Extract<Proof, { readonly is: "service" }>;
type OperatorProof = Extract<Proof, { readonly is: "operator" }>;

/** A suspended user may also export and erase everything, sign out, and prove who they are for that. */
export type AlsoAllowed = "suspended";

/** Checks whether a caller with this proof gets in. */
export function checkAccess(context: MailboxContext, proof: Proof, even: AlsoAllowed | null = null): Refusal | null {
  if (context.log.isErased) return refusal("erased");
  // A name that an operator mistypes creates no mailbox.
  if (proof.is === "operator") return context.log.row === null ? refusal("unknown_receiver") : null;
  const refused = checkProof(context, proof);
  if (refused !== null) return refused;
  // Only a caller with a good proof learns of the suspension.
  return context.suspension.current !== null && even !== "suspended" ? refusal("suspended") : checkBeginning(context);
}

function checkProof(context: MailboxContext, proof: Exclude<Proof, OperatorProof>): Refusal | null {
  if (proof.is === "service") return checkServiceToken(context, proof.hash, proof.needs);
  if (isService(context)) return refusal("forbidden", "it is a service's mailbox");
  return isGood(context, proof) ? null : refusal("unauthorized");
}

function isGood(context: MailboxContext, proof: Exclude<Proof, ServiceProof | OperatorProof>): boolean {
  switch (proof.is) {
    case "none":
      return context.config.mode === "open";
    case "token":
      return context.config.mode === "accounts" && tokenOf(context, proof) !== null;
    case "jwt":
      return context.config.mode === "jwt" && proof.expires + JWT_LEEWAY_MS > Date.now();
    default:
      return proof satisfies never;
  }
}

/**
 * The code with which a socket is to be closed, or null: it floods or does not read, its user was suspended, its token
 * has expired, or its device was signed out.
 */
export function closeCodeOf(
  context: MailboxContext,
  { expires, token, status, output }: Session,
): CodeIn<"closing"> | null {
  if (status === "flooding") return "rate_limited";
  if (output.unreadBytes > MAX_UNREAD_BYTES) return "unread";
  if (context.suspension.current !== null) return "suspended";
  if (expires !== null && expires + JWT_LEEWAY_MS <= Date.now()) return "unauthorized";
  return token === null || context.log.account.hasTokenWith(token) ? null : "signed_out";
}

/** The row of the token in the proof; null for other proofs and unknown tokens. Its `seen` is updated once an hour. */
export function tokenOf(context: MailboxContext, proof: Proof): Token | null {
  if (proof.is !== "token") return null;
  const token = context.log.account.token(proof.hash);
  if (token === null) return null;
  const now = Date.now();
  if (isIdle(context, token, now)) {
    dropIdle(context, token);
    return null;
  }
  if (now - token.seen > SEEN_INTERVAL_MS) context.log.account.recordSeen(token, now);
  return token;
}

/** The id of the device whose token is in the proof, as the maker of a code or a passkey; null for other proofs. */
export function makerOf(context: MailboxContext, proof: Proof): string | null {
  const token = tokenOf(context, proof);
  return token === null ? null : tokenIdOf(token.hash);
}

/**
 * Signs out the devices that were idle for too long. Their codes and passkeys stay, because no user signed them out.
 */
export function endIdle(context: MailboxContext): void {
  const now = Date.now();
  for (const token of context.log.account.tokens()) if (isIdle(context, token, now)) dropIdle(context, token);
}

function isIdle(context: MailboxContext, token: Token, now: number): boolean {
  const { sessionIdleMs } = context.config;
  if (sessionIdleMs === null || now - token.seen <= sessionIdleMs) return false;
  for (const session of context.sockets.all()) if (session.token === tokenIdOf(token.hash)) return false;
  return true;
}

function dropIdle(context: MailboxContext, token: Token): void {
  context.log.account.removeToken(token);
  logEvent("device_removed", { user: context.user, why: "idle" });
}
