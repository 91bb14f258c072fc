// A service's webhook: what reaches its mailbox is posted to an address, in order, one post at a time, until it is taken. It is a device
// that acknowledges by answering 2xx, and the pump tells what to post. Nothing here costs an idle mailbox anything: the alarm rings once
// after something was posted, and goes on only while the other side does not answer.
import { note } from "../protocol/journal.ts";
import { HOOK } from "../protocol/limits.ts";
import { WEBHOOK_DISABLED } from "../protocol/service.ts";
import type { AlarmSwitch } from "./alarm.ts";
import type { Box } from "./box.ts";
import { hold, readPage } from "./entries.ts";
import { WEBHOOK_DEVICE } from "./log/schema.ts";
import type { WebhookRow } from "./log/webhook-rows.ts";
import { post } from "./poster.ts";
import { objectionToTarget } from "./target.ts";

/** Frames of no interest after which a row says that they were passed over. Answers: a wake that reads a year of one's own messages. */
const KEEP_EVERY = 256;

export class Webhook {
  readonly #alarm: AlarmSwitch;
  #busy = false;
  /** Up to here there is nothing to post, ahead of the row. */
  #passed = 0;
  #unkept = 0;
  /** When the alarm rings, ms since 1970, as far as this wake knows. */
  #rings = 0;

  constructor(alarm: AlarmSwitch) {
    this.#alarm = alarm;
  }

  /** Posts what lies after its position, if it is time. To be called at the end of a group. */
  go(box: Box): void {
    const row = box.suspension.now === null ? rowOf(box) : null;
    if (row === null || row.disabled > 0 || this.#busy || row.due > Date.now()) return;
    const from = this.#positionOf(box);
    if (box.log.life === null || from >= box.log.head) return;
    const page = readPage(box, WEBHOOK_DEVICE, from, HOOK.FRAMES);
    const frames = page.frames.filter((frame) => concerns(box.user, frame));
    if (frames.length === 0) return this.#pass(box, page.position, page.frames.length);
    this.#busy = true;
    this.#watch();
    const { epoch } = box.log.life;
    const body = `{"user":"${box.user}","epoch":"${epoch}","frames":[${frames.join(",")}]}`;
    box.background(this.#post(box, row, page.position, `${epoch}:${page.position}`, body));
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

  async #post(box: Box, row: WebhookRow, position: number, id: string, body: string): Promise<void> {
    const no = objectionToTarget(row.url, box.rules.webhookHosts);
    const status = no === null ? await post(row, id, body) : 0;
    box.turn.join(() => {
      this.#busy = false;
      const now = rowOf(box);
      // Changed or taken away meanwhile: what the old address has taken, the next one gets again.
      if (now?.url !== row.url || now.secret !== row.secret) return;
      if (status >= 200 && status < 300) this.#taken(box, now, position);
      else this.#failed(box, now, status);
    });
  }

  #taken(box: Box, row: WebhookRow, position: number): void {
    this.#keep(box, position);
    if (row.failing === 0) return;
    box.log.account.service.webhook.put({ ...row, failing: 0, tries: 0, due: 0 });
  }

  #failed(box: Box, row: WebhookRow, status: number): void {
    const now = Date.now();
    const tries = row.tries + 1;
    const failing = row.failing === 0 ? now : row.failing;
    const due = now + waitAfter(tries);
    const gone = status === 410 || now - failing >= HOOK.GIVE_UP_MS;
    note(gone ? "webhook_disabled" : "webhook_failed", {
      user: box.user,
      status,
      tries,
      failing,
      due: gone ? null : due,
    });
    box.log.account.service.webhook.put({ ...row, failing, tries, due, disabled: gone ? now : 0 });
    this.#rings = gone ? 0 : due;
    if (!gone) return this.#alarm.setAlarm(due);
    this.#alarm.deleteAlarm();
    const about = { kind: "notice", peer: "", origin: null, device: null, id: null } as const;
    box.log.append({ ...about, at: now, body: WEBHOOK_DISABLED });
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
  const fresh = { failing: 0, tries: 0, due: 0, disabled: 0 };
  box.log.account.service.webhook.put({ url, secret, created: Date.now(), ...fresh });
  return null;
}

function rowOf(box: Box): WebhookRow | null {
  return box.log.account.service.webhook.row;
}

/** What reaches the mailbox: messages of others and to oneself, failures, gaps, and notices; not one's own messages, nor marks. */
function concerns(user: string, frame: string): boolean {
  const { type, from, to } = JSON.parse(frame) as {
    readonly type: string;
    readonly from?: unknown;
    readonly to?: unknown;
  };
  if (type === "message") return from !== user || to === user;
  return type === "failed" || type === "gap" || type === "notice";
}

/** Ever longer, with jitter. */
function waitAfter(tries: number): number {
  const wait = Math.min(HOOK.LONGEST_MS, HOOK.SHORTEST_MS * 2 ** Math.min(tries - 1, 30));
  return Math.round(wait * (0.75 + Math.random() / 2));
}
