// Whether this mailbox is a service account's, and what its tokens may do.
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { Scope } from "../../protocol/service.ts";
import type { MailboxContext } from "../instance/context.ts";

/** The `seen` of a token's row is written when it is older than this. Answers: a row for every request. */
export const SEEN_INTERVAL_MS = 3_600_000;

/** Whether this mailbox is a service account's, ended or not. */
export function isService(context: MailboxContext): boolean {
  return context.log.account.service.row !== null;
}

/**
 * Whether it is a service account that an operator ended. Its mailbox accepts nothing, and no other account gets the
 * name.
 */
export function isEnded(context: MailboxContext): boolean {
  return (context.log.account.service.row?.ended ?? 0) > 0;
}

/** Checks whether the token with this hash has all these scopes. */
export function checkServiceToken(context: MailboxContext, hash: string, needs: readonly Scope[]): Refusal | null {
  const { service } = context.log.account;
  const row = service.token(hash);
  if (row === null) return refusal("unauthorized");
  const lacks = needs.filter((scope) => !row.scopes.includes(scope));
  if (lacks.length > 0) return refusal("forbidden", `the token lacks the scope ${lacks.join(" and ")}`);
  const now = Date.now();
  if (now - row.seen > SEEN_INTERVAL_MS) service.recordSeen(row, now);
  return null;
}
