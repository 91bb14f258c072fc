// One lane: what is owed to one receiver, in the order of the log. It knows neither how to call nor what a group is.
import { counters } from "../../protocol/counters.ts";
import type { State } from "../../protocol/down.ts";
import type { Sent } from "../log/schema.ts";
import { DueReceipts } from "./due-receipts.ts";
import { UNSETTLED_IN_MEMORY } from "../log/recover.ts";

/** An entry on its way. `body` is null while it is only on disk; `answer` tells the device, once. */
export interface UnsettledMessage extends Sent {
  readonly body: string | null;
  answer: ((state: State) => void) | null;
}

/** idle: nothing under way. calling: one call is. waiting: the last call failed, and the alarm starts the next one. */
type QueueState = "idle" | "calling" | "waiting";

/** How long a lane waits for what, ms. */
export interface RetryTimes {
  /** An answer is `queued` after so long without one from the receiver. */
  readonly slowMs: number;
  /** The shortest and the longest wait before the next try. */
  readonly shortestMs: number;
  readonly longestMs: number;
}

export const RETRY_TIMES: RetryTimes = { slowMs: 2_000, shortestMs: 500, longestMs: 300_000 };

/**
 * Ms after which receipts leave, and after which a mark `stored` is written. The device that sends knows by its answer, and people can't
 * tell the difference; but a burst is one call and one row, and `stored` is mostly written with the receipt, in the same row.
 */
export const RECEIPT_DELAY_MS = 250;
export const MARK_DELAY_MS = 400;

/** When the first of these lanes is due, ms since 1970; Infinity where none is in trouble. */
export function earliestDue(lanes: Iterable<PeerQueue>): number {
  let first = Infinity;
  for (const { retryAt: due } of lanes) first = Math.min(first, due ?? Infinity);
  return first;
}

/** The oldest entry that one of these lanes owes, by its seq; null for none. */
export function oldestUnsettled(lanes: Iterable<PeerQueue>): number | null {
  let first = Infinity;
  for (const { unsettled: owed } of lanes) first = Math.min(first, owed[0]?.seq ?? Infinity);
  return first === Infinity ? null : first;
}

/** The next try comes after this share of the time that the oldest entry has waited: exponential, and it needs no counter. */
const BACK_OFF = 0.25;

export class PeerQueue {
  readonly to: string;
  unsettled: UnsettledMessage[] = [];
  /** The last entry that `owed` has had, by its seq, and how many behind it are owed and in the log alone. */
  lastInMemory = 0;
  onDiskOnly = 0;
  state: QueueState = "idle";
  /** Whether all of it was numbered anew. Answers: a receiver that names ever higher numbers, and would be sent to for ever. */
  wasRenumbered = false;
  /** While there is trouble: when to try, or to look again, in ms since 1970. Whatever is accepted meanwhile is `queued`. */
  retryAt: number | null = null;
  readonly receipts = new DueReceipts();
  /** Whether its last call was to be made in a later event. */
  deferred = false;
  /** UTF-16 units that the call under way has read from disk. */
  loadedUnits = 0;

  constructor(to: string) {
    this.to = to;
  }

  /** Whether there is nothing to do. */
  get isEmpty(): boolean {
    return this.unsettled.length === 0 && this.onDiskOnly === 0 && !this.receipts.areDue;
  }

  /** Whether whatever else is owed waits in the log. */
  get isFull(): boolean {
    return this.onDiskOnly > 0 || (this.retryAt !== null && this.unsettled.length >= UNSETTLED_IN_MEMORY);
  }

  push(owed: UnsettledMessage): void {
    this.unsettled.push(owed);
    this.lastInMemory = owed.seq;
  }

  /** Whether the entry `seq` is owed, and in the log alone. */
  hasInLog(seq: number): boolean {
    return this.onDiskOnly > 0 && seq > this.lastInMemory;
  }

  /** The owed entry `seq`, if it is one. */
  find(seq: number): UnsettledMessage | undefined {
    // Mostly they follow each other without a gap.
    const at = seq - (this.unsettled[0]?.seq ?? seq);
    if (at >= 0 && at < this.unsettled.length && this.unsettled[at]?.seq === seq) return this.unsettled[at];
    let low = 0;
    let high = this.unsettled.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.unsettled[middle]?.seq ?? Infinity) < seq) low = middle + 1;
      else high = middle;
    }
    return this.unsettled[low]?.seq === seq ? this.unsettled[low] : undefined;
  }

  /** Somebody else waits for the answer too. */
  alsoAnswer(owed: UnsettledMessage, answer: (state: State) => void): void {
    const first = owed.answer;
    owed.answer = (state) => {
      first?.(state);
      answer(state);
    };
  }

  /** Takes what is settled, up to `last`, off the lane. */
  shift(last: number): UnsettledMessage[] {
    let count = 0;
    while (count < this.unsettled.length && (this.unsettled[count]?.seq ?? Infinity) <= last) count++;
    return this.unsettled.splice(0, count);
  }

  /** There is trouble: the devices hear `queued`, and the next try is due after a while. */
  markUnreachable(pace: RetryTimes): void {
    for (const owed of this.unsettled) {
      if (owed.answer !== null) counters.queued++;
      owed.answer?.("queued");
      owed.answer = null;
    }
    this.scheduleRetry(pace);
  }

  /** Puts the next try off: with jitter, so that lanes don't march in step. */
  scheduleRetry(pace: RetryTimes): void {
    const now = Date.now();
    const waited = now - (this.unsettled[0]?.at ?? this.receipts.dueSince);
    const pause = Math.min(pace.longestMs, Math.max(pace.shortestMs, waited * BACK_OFF));
    this.retryAt = now + Math.round(pause * (0.75 + Math.random() / 2));
  }
}
