// A service's webhook: what reaches its mailbox is posted to an address, in order, one post at a time, until it is taken. It is a device
// that acknowledges by answering 2xx, and the pump tells what to post. Nothing here costs an idle mailbox anything: the alarm rings once
// after something was posted, and goes on only while the other side does not answer.
import { note } from "../../protocol/log-events.ts";
import { HOOK } from "../../protocol/limits.ts";
import type { AlarmSwitch } from "../../durable/alarm.ts";
import type { Box } from "../context.ts";
import { hold, readPage } from "../reading/read-log.ts";
import { WEBHOOK_DEVICE } from "../log/schema.ts";
import type { WebhookRow } from "../log/webhook-rows.ts";
import { notify } from "../access/notify-user.ts";
import { post } from "./webhook-request.ts";
import { objectionToTarget } from "./webhook-target.ts";

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
  go(box: Box): void {
    const row = box.suspension.now === null ? rowOf(box) : null;
    if (row === null || row.disabled > 0 || this.#busy || row.due > Date.now()) return;
    const failed = failedPage(box, row);
    const first = failed?.first ?? this.#positionOf(box);
    if (box.log.life === null || first >= box.log.head) return;
    const page = readPage(box, WEBHOOK_DEVICE, first, HOOK.FRAMES);
    const last = failed !== null && failed.last <= page.position ? failed.last : page.position;
    const frames = page.frames.filter((frame) => concerns(box.user, frame, last));
    if (frames.length === 0) return this.#pass(box, last, page.frames.length);
    if (!box.budget.takeFetch()) return this.#goOnSoon();
    this.#busy = true;
    this.#watch();
    const { epoch, trimmed } = box.log.life;
    const body = `{"user":"${box.user}","epoch":"${epoch}","frames":[${frames.join(",")}]}`;
    // Where retention took its beginning, what ended here before is another post.
    const gap = first < trimmed ? trimmed : 0;
    const id = `${epoch}:${last}${gap > 0 ? `:${gap}` : ""}`;
    box.background(this.#post(box, row, { first, last, gap, id, body }));
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
    this.#rings = now + HOOK.WATCH_MS;
    this.#alarm.setAlarm(this.#rings);
  }

  /** It was set, or taken away: whatever was waited for is not any more. To be done in a group. */
  reset(): void {
    this.#passed = 0;
    this.#rings = 0;
    this.#alarm.deleteAlarm();
  }

  async #post(box: Box, row: WebhookRow, page: Post): Promise<void> {
    const no = objectionToTarget(row.url, box.rules.webhookHosts);
    const status = no === null ? await post(row, page.id, page.body) : 0;
    box.turn.join(() => {
      this.#busy = false;
      const now = rowOf(box);
      // Changed or taken away meanwhile: what the old address has taken, the next one gets again.
      if (now?.url !== row.url || now.secret !== row.secret) return;
      if (status >= 200 && status < 300) this.#taken(box, now, page.last);
      else this.#failed(box, now, page, status, no);
    });
  }

  #taken(box: Box, row: WebhookRow, position: number): void {
    this.#keep(box, position);
    if (row.failing === 0) return;
    box.log.account.service.webhook.put({ ...row, ...WORKING });
  }

  /** `no`: why nothing was posted at all. */
  #failed(box: Box, row: WebhookRow, { first, last, gap }: Post, status: number, no: string | null): void {
    const now = Date.now();
    const tries = row.tries + 1;
    const failing = row.failing === 0 ? now : row.failing;
    const gone = status === 410 || now - failing >= HOOK.GIVE_UP_MS;
    const due = gone ? 0 : now + waitAfter(tries);
    note(gone ? "webhook_disabled" : "webhook_failed", {
      user: box.user,
      status,
      tries,
      failing,
      due: gone ? null : due,
      reason: no,
    });
    box.log.account.service.webhook.put({ ...row, failing, tries, due, disabled: gone ? now : 0, first, last, gap });
    this.#rings = due;
    if (!gone) return this.#alarm.setAlarm(due);
    this.#alarm.deleteAlarm();
    notify(box, "webhook_disabled");
  }

  /** Nothing for the other side: a row says so now and then, and what comes next may be. */
  #pass(box: Box, position: number, frames: number): void {
    this.#passed = position;
    this.#unkept += frames;
    if (this.#unkept >= KEEP_EVERY) box.turn.join(() => this.#keep(box, position));
    else if (position < box.log.head) box.turn.join(() => undefined);
  }

  #keep(box: Box, position: number): void {
    this.#unkept = 0;
    const known = box.log.devices.get(WEBHOOK_DEVICE)?.cursor ?? 0;
    hold(box, WEBHOOK_DEVICE, { held: position, carries: known <= box.log.devices.delivered });
  }

  #positionOf(box: Box): number {
    return Math.max(this.#passed, box.log.devices.get(WEBHOOK_DEVICE)?.cursor ?? 0);
  }
}

/** Sets a webhook, or another one in its place: it goes on where the last one was, or with what no device has had yet. To be done in a group. */
export function hook(box: Box, url: string, secret: string): string | null {
  const no = objectionToTarget(url, box.rules.webhookHosts);
  if (no !== null) return no;
  const { devices } = box.log;
  if (devices.get(WEBHOOK_DEVICE) === null) devices.keep(WEBHOOK_DEVICE, { cursor: devices.delivered });
  box.log.account.service.webhook.put({ url, secret, created: Date.now(), disabled: 0, ...WORKING });
  return null;
}

function rowOf(box: Box): WebhookRow | null {
  return box.log.account.service.webhook.row;
}

/**
 * The post that was not taken, which is made again as it was, or null. There is none any more where retention took some of it, or where
 * code of before these columns has gone on without them.
 */
function failedPage(box: Box, { failing, first, last, gap }: WebhookRow): Pick<Post, "first" | "last"> | null {
  if (failing === 0 || first >= last) return null;
  const cursor = box.log.devices.get(WEBHOOK_DEVICE)?.cursor ?? 0;
  const trimmed = box.log.life?.trimmed ?? 0;
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
  const wait = Math.min(HOOK.LONGEST_MS, HOOK.SHORTEST_MS * 2 ** Math.min(tries - 1, 30));
  return Math.round(wait * (0.75 + Math.random() / 2));
}
