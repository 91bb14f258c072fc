// Who may come in: this mailbox is the authority over its own name. To be done in a transaction, all of it.
import { type Code, type Refusal, refusal } from "../../protocol/refusals.ts";
import { UNREAD_BYTES } from "../../protocol/limits.ts";
import { logEvent } from "../../protocol/log-events.ts";
import type { Proof } from "../../protocol/caller.ts";
import { checkBeginning } from "./check-beginning.ts";
import type { MailboxContext } from "../context.ts";
import type { Token } from "../log/account-rows.ts";
import { isEnded, isService, checkServiceToken } from "./service-tokens.ts";
import type { Session } from "../connections/sockets.ts";

/** A token's `seen` is written when it is so much older. Answers: a row for every request. */
const SEEN_MS = 3_600_000;

/** What a suspended user may do too: take everything along, have it gone, and show for that that it is them. */
export type AlsoAllowed = "suspended";

/** Why whoever brings this may not come in, or null. */
export function checkAccess(context: MailboxContext, proof: Proof, even: AlsoAllowed | null = null): Refusal | null {
  if (context.log.erased) return refusal("erased");
  // Nobody's mailbox stays nobody's, whatever an operator mistypes.
  if (proof.is === "operator") return context.log.row === null ? refusal("unknown_receiver") : null;
  const no = objectionToProof(context, proof);
  if (no !== null) return no;
  // Only who could come in otherwise is told why they can't.
  return context.suspension.now !== null && even !== "suspended" ? refusal("suspended") : checkBeginning(context);
}

function objectionToProof(context: MailboxContext, proof: Exclude<Proof, { readonly is: "operator" }>): Refusal | null {
  if (proof.is === "service") return checkServiceToken(context, proof.hash, proof.needs);
  if (isService(context)) return refusal("forbidden", "it is a service's mailbox");
  return mayCome(context, proof) ? null : refusal("unauthorized");
}

/** Why nothing more is taken from a socket or given to it, or null: its token has expired, its device was signed out, it floods, or it does not read. */
export function whyOver(context: MailboxContext, { expires, token, status, output }: Session): Code | null {
  if (status === "flooding") return "rate_limited";
  if (output.unreadBytes > UNREAD_BYTES) return "unread";
  if (context.suspension.now !== null) return "suspended";
  if (expires !== null && expires <= Date.now()) return "unauthorized";
  return token === null || context.log.account.knows(token) ? null : "forbidden";
}

/** The token that was brought, if it is one of ours; its row says, to the hour, that it was seen. */
export function tokenOf(context: MailboxContext, proof: Proof): Token | null {
  if (proof.is !== "token") return null;
  const token = context.log.account.token(proof.hash);
  if (token === null) return null;
  const now = Date.now();
  if (isIdle(context, token, now)) {
    dropIdle(context, token);
    return null;
  }
  if (now - token.seen > SEEN_MS) context.log.account.saw(token, now);
  return token;
}

/** Signs out the devices of which nothing was seen for too long. What they made stays: nobody has signed them out. */
export function endIdle(context: MailboxContext): void {
  const now = Date.now();
  for (const token of context.log.account.tokens()) if (isIdle(context, token, now)) dropIdle(context, token);
}

function isIdle(context: MailboxContext, token: Token, now: number): boolean {
  const { sessionIdleMs } = context.config;
  if (sessionIdleMs === null || now - token.seen <= sessionIdleMs) return false;
  for (const session of context.sockets.all()) if (session.token === idOf(token)) return false;
  return true;
}

function dropIdle(context: MailboxContext, token: Token): void {
  context.log.account.remove(token);
  logEvent("device_removed", { user: context.user, why: "idle" });
}

/** Whether letters can be put into this mailbox: in `accounts` mode somebody must have claimed it. */
export function exists(context: MailboxContext): boolean {
  if (context.log.erased || isEnded(context)) return false;
  if (isService(context)) return true;
  if (context.config.mode === "accounts") return context.log.account.account !== null;
  return checkBeginning(context) === null;
}

/** Whose mailbox this is, and since when; null where nobody had to claim it. */
export function account(context: MailboxContext): { readonly userName: string; readonly created: number | null } {
  return { userName: context.user, created: context.log.account.account?.created ?? null };
}

/** What a token is called by everybody who is not to know it. */
export function idOf({ hash }: Pick<Token, "hash">): string {
  return hash.slice(0, 16);
}

function mayCome(context: MailboxContext, proof: Exclude<Proof, { readonly is: "service" | "operator" }>): boolean {
  switch (proof.is) {
    case "none":
      return context.config.mode === "open";
    case "token":
      return context.config.mode === "accounts" && tokenOf(context, proof) !== null;
    case "jwt":
      return context.config.mode === "jwt" && proof.expires > Date.now();
    default:
      return proof satisfies never;
  }
}
