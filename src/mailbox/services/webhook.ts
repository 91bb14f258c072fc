// The webhook of a service account: the entries of its mailbox are posted to an address, in order and one post at a
// time. It is a device whose ack is a 2xx response. An idle mailbox needs no alarm for it: one rings once after a post,
// and further ones only while posts fail.
import { WEBHOOK } from "../../protocol/limits.ts";
import { logEvent } from "../../protocol/log-events.ts";
import type { Alarm } from "../../durable/alarm-scheduler.ts";
import { notifyUser } from "../access/notify-user.ts";
import type { MailboxContext, WebhookQueue } from "../instance/context.ts";
import { WEBHOOK_DEVICE } from "../log/schema.ts";
import type { WebhookRow } from "../log/accounts/webhook-rows.ts";
import { persistCursor } from "../reading/acknowledge.ts";
import { nextPage, postOf, type WebhookPage, type WebhookPost } from "./webhook-post.ts";
import { postWebhook } from "./webhook-request.ts";
import { checkTarget } from "./webhook-target.ts";

/** The columns of a row without failures. */
const NO_FAILURE = { failing: 0, tries: 0, due: 0, first: 0, last: 0, gap: 0 };

/**
 * Frames and removed messages that were passed over without a post, after which the position is stored. Answers: a wake
 * that reads a year of own messages.
 */
const PERSIST_EVERY_PASSED = 256;

export class Webhook implements WebhookQueue {
  readonly #alarm: Alarm;
  #isPosting = false;
  /** Nothing is to be posted up to this seq; it may be ahead of the row. */
  #passed = 0;
  #passedSincePersist = 0;
  /** Whether an alarm is set for now, because the event had no call left. */
  #isAlarmSetForNow = false;
  /** When the alarm rings, ms since 1970, as far as this instance knows. */
  #alarmAt = 0;

  constructor(alarm: Alarm) {
    this.#alarm = alarm;
  }

  /** Posts what follows its position, if it is time. To be called at the end of a group commit. */
  go(context: MailboxContext): void {
    const row = context.suspension.current === null ? rowOf(context) : null;
    if (row === null || row.disabled > 0 || this.#isPosting || row.due > Date.now()) return;
    if (context.log.row === null) return;
    const page = nextPage(context, row, this.#positionOf(context));
    if (page === null) return;
    if (page.frames.length === 0) return this.#pass(context, row, page);
    if (!context.budget.takeFetch()) return this.#continueByAlarm();
    this.#isPosting = true;
    this.#setSafetyAlarm();
    context.background(this.#post(context, row, postOf(context.user, context.log.row, page)));
  }

  onAlarm(): void {
    this.#isAlarmSetForNow = false;
  }

  #continueByAlarm(): void {
    if (this.#isAlarmSetForNow) return;
    this.#isAlarmSetForNow = true;
    this.#alarmAt = 0;
    this.#alarm.set(Date.now());
  }

  /**
   * Should this instance end before the response, the alarm wakes the next one. One alarm serves all posts of
   * `WATCH_MS`.
   */
  #setSafetyAlarm(): void {
    const now = Date.now();
    if (this.#alarmAt > now) return;
    this.#alarmAt = now + WEBHOOK.ALARM_MS;
    this.#alarm.set(this.#alarmAt);
  }

  /**
   * The webhook was set or removed: its alarm and its position in memory are void. To be called inside a transaction.
   */
  reset(): void {
    this.#passed = 0;
    this.#alarmAt = 0;
    this.#alarm.clear();
  }

  async #post(context: MailboxContext, row: WebhookRow, post: WebhookPost): Promise<void> {
    const why = checkTarget(row.url, context.config.webhookHosts);
    const status = why === null ? await postWebhook(row, post.id, post.body) : 0;
    context.groupCommit.enqueue(() => {
      this.#isPosting = false;
      const now = rowOf(context);
      // The webhook was replaced or removed meanwhile: the new address gets again what the old one received.
      if (now?.url !== row.url || now.secret !== row.secret) return;
      if (status >= 200 && status < 300) this.#onSuccess(context, now, post.last);
      else this.#onFailure(context, now, post, status, why);
    });
  }

  #onSuccess(context: MailboxContext, row: WebhookRow, position: number): void {
    this.#persist(context, position);
    if (row.failing === 0) return;
    context.log.account.service.webhook.put({ ...row, ...NO_FAILURE });
  }

  /** `reason`: why nothing was posted at all. */
  #onFailure(
    context: MailboxContext,
    row: WebhookRow,
    { first, last, gap }: WebhookPost,
    status: number,
    reason: string | null,
  ): void {
    const { user } = context;
    const now = Date.now();
    const tries = row.tries + 1;
    const failing = row.failing === 0 ? now : row.failing;
    const isOver = status === 410 || now - failing >= WEBHOOK.GIVE_UP_MS;
    const due = isOver ? 0 : now + retryDelay(tries);
    const fields = { user, status, tries, failing, due: isOver ? null : due, reason };
    logEvent(isOver ? "webhook_disabled" : "webhook_failed", fields);
    const disabled = isOver ? now : 0;
    context.log.account.service.webhook.put({ ...row, failing, tries, due, disabled, first, last, gap });
    this.#alarmAt = due;
    if (!isOver) return this.#alarm.set(due);
    this.#alarm.clear();
    notifyUser(context, "webhook_disabled");
  }

  /**
   * Nothing of the page is to be posted. The next page may be, so another group commit follows. Of a post that failed
   * every frame was removed: with nothing to be repeated, the webhook does not fail any more.
   */
  #pass(context: MailboxContext, { url, secret, failing }: WebhookRow, { last: position, passed }: WebhookPage): void {
    this.#passed = position;
    this.#passedSincePersist += passed;
    if (failing > 0) {
      context.groupCommit.enqueue(() => {
        const now = rowOf(context);
        if (now?.url === url && now.secret === secret) this.#onSuccess(context, now, position);
      });
    } else if (this.#passedSincePersist >= PERSIST_EVERY_PASSED) {
      context.groupCommit.enqueue(() => this.#persist(context, position));
    } else if (position < context.log.head) context.groupCommit.enqueue(() => undefined);
  }

  #persist(context: MailboxContext, position: number): void {
    this.#passedSincePersist = 0;
    const known = context.log.devices.get(WEBHOOK_DEVICE)?.cursor ?? 0;
    persistCursor(context, {
      device: WEBHOOK_DEVICE,
      acked: position,
      advancesDelivered: known <= context.log.devices.delivered,
    });
  }

  #positionOf(context: MailboxContext): number {
    return Math.max(this.#passed, context.log.devices.get(WEBHOOK_DEVICE)?.cursor ?? 0);
  }
}

/**
 * Sets or replaces the webhook; the reason as a sentence if its address is not allowed. It continues where the last one
 * was, or begins with the entries that no device has received. To be called inside a transaction.
 */
export function setWebhook(context: MailboxContext, url: string, secret: string): string | null {
  const why = checkTarget(url, context.config.webhookHosts);
  if (why !== null) return why;
  const { devices } = context.log;
  if (devices.get(WEBHOOK_DEVICE) === null) devices.put(WEBHOOK_DEVICE, { cursor: devices.delivered });
  context.log.account.service.webhook.put({ url, secret, created: Date.now(), disabled: 0, ...NO_FAILURE });
  return null;
}

function rowOf(context: MailboxContext): WebhookRow | null {
  return context.log.account.service.webhook.row;
}

/** The delay before the next attempt, with exponential back-off and jitter. */
function retryDelay(tries: number): number {
  const wait = Math.min(WEBHOOK.LONGEST_RETRY_MS, WEBHOOK.SHORTEST_RETRY_MS * 2 ** Math.min(tries - 1, 30));
  return Math.round(wait * (0.75 + Math.random() / 2));
}
