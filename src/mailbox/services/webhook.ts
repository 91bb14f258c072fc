// A service's webhook: what reaches its mailbox is posted to an address, in order, one post at a time, until it is taken. It is a device
// that acknowledges by answering 2xx, and the pump tells what to post. Nothing here costs an idle mailbox anything: the alarm rings once
// after something was posted, and goes on only while the other side does not answer.
import { logEvent } from "../../protocol/log-events.ts";
import { WEBHOOK } from "../../protocol/limits.ts";
import type { AlarmSwitch } from "../../durable/alarm.ts";
import type { MailboxContext } from "../context.ts";
import { persistCursor } from "../reading/acknowledge.ts";
import { readPage } from "../reading/read-log.ts";
import { WEBHOOK_DEVICE } from "../log/schema.ts";
import type { WebhookRow } from "../log/webhook-rows.ts";
import { notifyUser } from "../access/notify-user.ts";
import { postWebhook } from "./webhook-request.ts";
import { checkTarget } from "./webhook-target.ts";

/** One post: what lies above `first`, up to `last`; `gap`: up to where retention took it, or 0. */
interface Post {
  readonly first: number;
  readonly last: number;
  readonly gap: number;
  readonly id: string;
  readonly body: string;
}

/** Nothing has failed. */
const WORKING = { failing: 0, tries: 0, due: 0, first: 0, last: 0, gap: 0 };

/** Frames of no interest after which a row says that they were passed over. Answers: a wake that reads a year of one's own messages. */
const KEEP_EVERY = 256;

export class Webhook {
  readonly #alarm: AlarmSwitch;
  #busy = false;
  /** Up to here there is nothing to post, ahead of the row. */
  #passed = 0;
  #unkept = 0;
  /** Whether the alarm is set to go on at once. */
  #continues = false;
  /** When the alarm rings, ms since 1970, as far as this wake knows. */
  #rings = 0;

  constructor(alarm: AlarmSwitch) {
    this.#alarm = alarm;
  }

  /** Posts what lies after its position, if it is time. To be called at the end of a group. */
  go(context: MailboxContext): void {
    const row = context.suspension.now === null ? rowOf(context) : null;
    if (row === null || row.disabled > 0 || this.#busy || row.due > Date.now()) return;
    const failed = failedPage(context, row);
    const first = failed?.first ?? this.#positionOf(context);
    if (context.log.row === null || first >= context.log.head) return;
    const page = readPage(context, first, WEBHOOK.FRAMES);
    const last = failed !== null && failed.last <= page.position ? failed.last : page.position;
    const frames = page.frames.filter((frame) => concerns(context.user, frame, last));
    if (frames.length === 0) return this.#pass(context, last, page.frames.length);
    if (!context.budget.takeFetch()) return this.#goOnSoon();
    this.#busy = true;
    this.#watch();
    const { epoch, trimmed } = context.log.row;
    const body = `{"user":"${context.user}","epoch":"${epoch}","frames":[${frames.join(",")}]}`;
    // Where retention took its beginning, what ended here before is another post.
    const gap = first < trimmed ? trimmed : 0;
    const id = `${epoch}:${last}${gap > 0 ? `:${gap}` : ""}`;
    context.background(this.#post(context, row, { first, last, gap, id, body }));
  }

  /** The alarm rang: should there be more than this event may call, there has to be another one. */
  rang(): void {
    this.#continues = false;
  }

  /** This event has called enough: the alarm goes on. */
  #goOnSoon(): void {
    if (this.#continues) return;
    this.#continues = true;
    this.#rings = 0;
    this.#alarm.setAlarm(Date.now());
  }

  /** Should this life of the object end before the answer, there has to be another: an alarm, one for all posts of a while. */
  #watch(): void {
    const now = Date.now();
    if (this.#rings > now) return;
    this.#rings = now + WEBHOOK.WATCH_MS;
    this.#alarm.setAlarm(this.#rings);
  }

  /** It was set, or taken away: whatever was waited for is not any more. To be done in a group. */
  reset(): void {
    this.#passed = 0;
    this.#rings = 0;
    this.#alarm.deleteAlarm();
  }

  async #post(context: MailboxContext, row: WebhookRow, page: Post): Promise<void> {
    const no = checkTarget(row.url, context.config.webhookHosts);
    const status = no === null ? await postWebhook(row, page.id, page.body) : 0;
    context.groupCommit.enqueue(() => {
      this.#busy = false;
      const now = rowOf(context);
      // Changed or taken away meanwhile: what the old address has taken, the next one gets again.
      if (now?.url !== row.url || now.secret !== row.secret) return;
      if (status >= 200 && status < 300) this.#taken(context, now, page.last);
      else this.#failed(context, now, page, status, no);
    });
  }

  #taken(context: MailboxContext, row: WebhookRow, position: number): void {
    this.#keep(context, position);
    if (row.failing === 0) return;
    context.log.account.service.webhook.put({ ...row, ...WORKING });
  }

  /** `no`: why nothing was posted at all. */
  #failed(
    context: MailboxContext,
    row: WebhookRow,
    { first, last, gap }: Post,
    status: number,
    no: string | null,
  ): void {
    const now = Date.now();
    const tries = row.tries + 1;
    const failing = row.failing === 0 ? now : row.failing;
    const gone = status === 410 || now - failing >= WEBHOOK.GIVE_UP_MS;
    const due = gone ? 0 : now + waitAfter(tries);
    logEvent(gone ? "webhook_disabled" : "webhook_failed", {
      user: context.user,
      status,
      tries,
      failing,
      due: gone ? null : due,
      reason: no,
    });
    context.log.account.service.webhook.put({
      ...row,
      failing,
      tries,
      due,
      disabled: gone ? now : 0,
      first,
      last,
      gap,
    });
    this.#rings = due;
    if (!gone) return this.#alarm.setAlarm(due);
    this.#alarm.deleteAlarm();
    notifyUser(context, "webhook_disabled");
  }

  /** Nothing for the other side: a row says so now and then, and what comes next may be. */
  #pass(context: MailboxContext, position: number, frames: number): void {
    this.#passed = position;
    this.#unkept += frames;
    if (this.#unkept >= KEEP_EVERY) context.groupCommit.enqueue(() => this.#keep(context, position));
    else if (position < context.log.head) context.groupCommit.enqueue(() => undefined);
  }

  #keep(context: MailboxContext, position: number): void {
    this.#unkept = 0;
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

/** Sets a webhook, or another one in its place: it goes on where the last one was, or with what no device has had yet. To be done in a group. */
export function setWebhook(context: MailboxContext, url: string, secret: string): string | null {
  const no = checkTarget(url, context.config.webhookHosts);
  if (no !== null) return no;
  const { devices } = context.log;
  if (devices.get(WEBHOOK_DEVICE) === null) devices.put(WEBHOOK_DEVICE, { cursor: devices.delivered });
  context.log.account.service.webhook.put({ url, secret, created: Date.now(), disabled: 0, ...WORKING });
  return null;
}

function rowOf(context: MailboxContext): WebhookRow | null {
  return context.log.account.service.webhook.row;
}

/**
 * The post that was not taken, which is made again as it was, or null. There is none any more where retention took some of it, or where
 * code of before these columns has gone on without them.
 */
function failedPage(
  context: MailboxContext,
  { failing, first, last, gap }: WebhookRow,
): Pick<Post, "first" | "last"> | null {
  if (failing === 0 || first >= last) return null;
  const cursor = context.log.devices.get(WEBHOOK_DEVICE)?.cursor ?? 0;
  const trimmed = context.log.row?.trimmed ?? 0;
  return first >= cursor && (first >= trimmed || gap === trimmed) ? { first, last } : null;
}

/** What reaches the mailbox up to `last`: messages of others and to oneself, failures, gaps, and notices; not one's own messages, nor marks. */
function concerns(user: string, frame: string, last: number): boolean {
  const { type, seq, from, to } = JSON.parse(frame) as {
    readonly type: string;
    readonly seq: number;
    readonly from?: unknown;
    readonly to?: unknown;
  };
  if (seq > last) return false;
  if (type === "message") return from !== user || to === user;
  return type === "failed" || type === "gap" || type === "notice";
}

/** Ever longer, with jitter. */
function waitAfter(tries: number): number {
  const wait = Math.min(WEBHOOK.LONGEST_MS, WEBHOOK.SHORTEST_MS * 2 ** Math.min(tries - 1, 30));
  return Math.round(wait * (0.75 + Math.random() / 2));
}
