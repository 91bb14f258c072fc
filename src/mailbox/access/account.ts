// Who may come in: this mailbox is the authority over its own name. To be done in a transaction, all of it.
import { type Code, type Refusal, refusal } from "../../protocol/refusals.ts";
import { UNREAD_BYTES } from "../../protocol/limits.ts";
import { note } from "../../protocol/log-events.ts";
import type { Proof } from "../../protocol/caller.ts";
import { objectionToBeginning } from "./check-beginning.ts";
import type { Box } from "../context.ts";
import type { Token } from "../log/account-rows.ts";
import { isEnded, isService, objectionToService } from "./service-tokens.ts";
import type { Session } from "../connections/sockets.ts";

/** A token's `seen` is written when it is so much older. Answers: a row for every request. */
const SEEN_MS = 3_600_000;

/** What a suspended user may do too: take everything along, have it gone, and show for that that it is them. */
export type Even = "suspended";

/** Why whoever brings this may not come in, or null. */
export function objectionTo(box: Box, proof: Proof, even: Even | null = null): Refusal | null {
  if (box.log.erased) return refusal("erased");
  // Nobody's mailbox stays nobody's, whatever an operator mistypes.
  if (proof.is === "operator") return box.log.life === null ? refusal("unknown_receiver") : null;
  const no = objectionToProof(box, proof);
  if (no !== null) return no;
  // Only who could come in otherwise is told why they can't.
  return box.suspension.now !== null && even !== "suspended" ? refusal("suspended") : objectionToBeginning(box);
}

function objectionToProof(box: Box, proof: Exclude<Proof, { readonly is: "operator" }>): Refusal | null {
  if (proof.is === "service") return objectionToService(box, proof.hash, proof.needs);
  if (isService(box)) return refusal("forbidden", "it is a service's mailbox");
  return mayCome(box, proof) ? null : refusal("unauthorized");
}

/** Why nothing more is taken from a socket or given to it, or null: its token has expired, its device was signed out, it floods, or it does not read. */
export function isOver(box: Box, { expires, token, isFlooding, unread }: Session): Code | null {
  if (isFlooding) return "rate_limited";
  if (unread > UNREAD_BYTES) return "unread";
  if (box.suspension.now !== null) return "suspended";
  if (expires !== null && expires <= Date.now()) return "unauthorized";
  return token === null || box.log.account.knows(token) ? null : "forbidden";
}

/** The token that was brought, if it is one of ours; its row says, to the hour, that it was seen. */
export function holder(box: Box, proof: Proof): Token | null {
  if (proof.is !== "token") return null;
  const token = box.log.account.token(proof.hash);
  if (token === null) return null;
  const now = Date.now();
  if (isIdle(box, token, now)) {
    dropIdle(box, token);
    return null;
  }
  if (now - token.seen > SEEN_MS) box.log.account.saw(token, now);
  return token;
}

/** Signs out the devices of which nothing was seen for too long. What they made stays: nobody has signed them out. */
export function endIdle(box: Box): void {
  const now = Date.now();
  for (const token of box.log.account.tokens()) if (isIdle(box, token, now)) dropIdle(box, token);
}

function isIdle(box: Box, token: Token, now: number): boolean {
  const { sessionIdleMs } = box.rules;
  if (sessionIdleMs === null || now - token.seen <= sessionIdleMs) return false;
  for (const session of box.sockets.all()) if (session.token === idOf(token)) return false;
  return true;
}

function dropIdle(box: Box, token: Token): void {
  box.log.account.remove(token);
  note("device_removed", { user: box.user, why: "idle" });
}

/** Whether letters can be put into this mailbox: in `accounts` mode somebody must have claimed it. */
export function isSomebody(box: Box): boolean {
  if (box.log.erased || isEnded(box)) return false;
  if (isService(box)) return true;
  if (box.rules.mode === "accounts") return box.log.account.account !== null;
  return objectionToBeginning(box) === null;
}

/** Whose mailbox this is, and since when; null where nobody had to claim it. */
export function account(box: Box): { readonly userName: string; readonly created: number | null } {
  return { userName: box.user, created: box.log.account.account?.created ?? null };
}

/** What a token is called by everybody who is not to know it. */
export function idOf({ hash }: Pick<Token, "hash">): string {
  return hash.slice(0, 16);
}

function mayCome(box: Box, proof: Exclude<Proof, { readonly is: "service" | "operator" }>): boolean {
  switch (proof.is) {
    case "none":
      return box.rules.mode === "open";
    case "token":
      return box.rules.mode === "accounts" && holder(box, proof) !== null;
    case "jwt":
      return box.rules.mode === "jwt" && proof.expires > Date.now();
    default:
      return proof satisfies never;
  }
}
