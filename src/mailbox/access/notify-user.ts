// What the mailbox tells its user of its own accord: entries of the log, which every device gets. To be done in a transaction.
import { logEvent } from "../../protocol/log-events.ts";
import { ATTEMPTS_NOTICE_MS } from "../../protocol/limits.ts";
import type { NoticeCode } from "../../protocol/notices.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { MailboxContext } from "../context.ts";

/** A log line about wrong codes comes at most once in this time, for one mailbox. Answers: strangers who fill the log. */
const LINE_EVERY_MS = 60_000;

/** When a line was written the last time, by mailbox. In memory: after an eviction there may be one more. */
const lines = new WeakMap<MailboxContext, number>();

/** Writes a notice; `about` is the label of the device or the passkey that it is about. */
export function notifyUser(context: MailboxContext, code: NoticeCode, about: string | null = null): void {
  const entry = { kind: "notice", peer: "", origin: null, device: about, id: null } as const;
  context.log.append({ ...entry, at: Date.now(), body: code });
}

/**
 * Somebody brought a wrong code or passkey: the answer to them. The user is notified, at most once an hour, which the account's row remembers
 * over an eviction: so that a flood of wrong codes writes two rows an hour.
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
    if (now - (lines.get(context) ?? 0) >= LINE_EVERY_MS) {
      lines.set(context, now);
      if (event === "sign_in_refused") logEvent("sign_in_refused", { user: context.user });
      else logEvent("proof_refused", { user: context.user });
    }
  }
  // A person has brought a code or a passkey: the sentence of the table speaks of tokens.
  return { ...refusal("unauthorized"), message: why };
}
