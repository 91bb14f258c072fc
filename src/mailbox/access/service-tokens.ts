// Whether this mailbox is a service account's, and what its tokens may do.
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { Scope } from "../../protocol/service.ts";
import type { MailboxContext } from "../context.ts";

/** A token's `seen` is written when it is so much older, in ms. Answers: a row for every request. */
const SEEN_MS = 3_600_000;

/** Whether this mailbox is a service's, revoked or not. */
export function isService(context: MailboxContext): boolean {
  return context.log.account.service.row !== null;
}

/** Whether a service that was revoked: its mailbox takes nothing, and nobody else is given it. */
export function isEnded(context: MailboxContext): boolean {
  return (context.log.account.service.row?.ended ?? 0) > 0;
}

/** Why a token with this hash may not do what needs these scopes, or null. */
export function checkServiceToken(context: MailboxContext, hash: string, needs: readonly Scope[]): Refusal | null {
  const { service } = context.log.account;
  const row = service.access(hash);
  if (row === null) return refusal("unauthorized");
  const lacks = needs.filter((scope) => !row.scopes.includes(scope));
  if (lacks.length > 0) return refusal("forbidden", `the token lacks the scope ${lacks.join(" and ")}`);
  const now = Date.now();
  if (now - row.seen > SEEN_MS) service.saw(row, now);
  return null;
}
