// Notices of the mailbox to its user: entries of the log, which every device receives. To be called inside a
// transaction.
import { ATTEMPTS_NOTICE_MS } from "../../protocol/limits.ts";
import { logEvent } from "../../protocol/log-events.ts";
import type { NoticeCode } from "../../protocol/notices.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { MailboxContext } from "../instance/context.ts";

/**
 * A mailbox logs wrong codes at most once in this time. The time of the last line is in memory: an eviction may add
 * one. Answers: strangers who fill the log.
 */
const LOG_INTERVAL_MS = 60_000;

/** Writes a notice. `about`: the label of the device or the passkey. */
export function notifyUser(context: MailboxContext, code: NoticeCode, about: string | null = null): void {
  const entry = { kind: "notice", peer: "", origin: null, device: about, id: null } as const;
  context.log.append({ ...entry, at: Date.now(), body: code });
}

/**
 * The refusal of a wrong code or passkey. The user is notified at most once an hour. The account's row remembers that
 * over an eviction, so a flood of wrong codes writes two rows an hour.
 */
export function refuseAttempt(
  context: MailboxContext,
  event: "sign_in_refused" | "proof_refused",
  why: string,
): Refusal {
  const { account } = context.log.account;
  if (account !== null) {
    const now = Date.now();
    if (now - account.notified >= ATTEMPTS_NOTICE_MS) {
      context.log.account.change({ notified: now });
      notifyUser(context, "sign_in_attempts");
    }
    if (now - context.attemptLoggedAt >= LOG_INTERVAL_MS) {
      context.attemptLoggedAt = now;
      if (event === "sign_in_refused") logEvent("sign_in_refused", { user: context.user });
      else logEvent("proof_refused", { user: context.user });
    }
  }
  // A person typed a code or used a passkey: the standard sentence of `unauthorized` speaks of tokens.
  return { ...refusal("unauthorized"), message: why };
}
