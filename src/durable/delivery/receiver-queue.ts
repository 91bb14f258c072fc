// The unsettled messages for one receiver, in the order of the log. The first of them are in memory, the rest is in the
// log alone. It knows neither how to call, nor what a transaction is, nor where the log is.
import { counters } from "../../protocol/counters.ts";
import type { AcceptedState } from "../../protocol/down.ts";
import type { Relation } from "../../protocol/relation.ts";
import type { BodiesInMemory } from "./bodies-in-memory.ts";
import { retryDelayMs, type RetryTimes } from "./back-off.ts";

/** A message that the receiver has neither stored nor finally refused. */
export interface UnsettledMessage {
  readonly seq: number;
  /** When it was accepted, ms since 1970. */
  readonly at: number;
  /** Null while it is in the log alone. */
  readonly body: string | null;
  /** Absent for most. */
  readonly re?: Relation;
  /** Answers the sender, once; null: it has its answer, or is gone. */
  answer: ((state: AcceptedState) => void) | null;
}

/** idle: no call is under way. calling: one is. waiting: the last call failed, and the alarm starts the next one. */
type QueueState = "idle" | "calling" | "waiting";

export class ReceiverQueue {
  readonly to: string;
  readonly bodies: BodiesInMemory;
  readonly #maxInMemory: number;
  /** Those in memory, the oldest first. */
  unsettled: UnsettledMessage[] = [];
  /** The seq of the last message that was in memory, and how many behind it are in the log alone. */
  lastInMemory = 0;
  onDiskOnly = 0;
  state: QueueState = "idle";
  /**
   * While the receiver is unreachable: when to retry, ms since 1970. What is accepted meanwhile is answered `queued`.
   */
  retryAt: number | null = null;
  /** Whether its last call was put off to a later event. */
  wasDeferred = false;
  /** UTF-16 units that the call under way has read from disk. */
  loadedUnits = 0;

  constructor(to: string, bodies: BodiesInMemory, maxInMemory: number) {
    this.to = to;
    this.bodies = bodies;
    this.#maxInMemory = maxInMemory;
  }

  /** Whether there is nothing to deliver. */
  get isEmpty(): boolean {
    return this.unsettled.length === 0 && this.onDiskOnly === 0;
  }

  /** Whether further messages stay in the log alone. */
  get isFull(): boolean {
    return this.onDiskOnly > 0 || (this.retryAt !== null && this.unsettled.length >= this.#maxInMemory);
  }

  /** When the oldest of what waits was accepted, ms since 1970. */
  get waitingSince(): number {
    return this.unsettled[0]?.at ?? Date.now();
  }

  push(message: UnsettledMessage): void {
    this.unsettled.push(message);
    this.lastInMemory = message.seq;
  }

  /** Whether the message `seq` is unsettled, and in the log alone. */
  isOnDiskOnly(seq: number): boolean {
    return this.onDiskOnly > 0 && seq > this.lastInMemory;
  }

  /** The message `seq`, if it is in memory. */
  find(seq: number): UnsettledMessage | undefined {
    const first = this.unsettled[0]?.seq;
    if (first === undefined) return undefined;
    // Without a gap in the seqs, the distance from the first is the place.
    const place = seq - first;
    if (place >= 0 && place < this.unsettled.length && this.unsettled[place]?.seq === seq) return this.unsettled[place];
    let low = 0;
    let high = this.unsettled.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.unsettled[middle]?.seq ?? Infinity) < seq) low = middle + 1;
      else high = middle;
    }
    return this.unsettled[low]?.seq === seq ? this.unsettled[low] : undefined;
  }

  /** Removes the messages up to `last`, and returns them. */
  shift(last: number): UnsettledMessage[] {
    let count = 0;
    while (count < this.unsettled.length && (this.unsettled[count]?.seq ?? Infinity) <= last) count++;
    const settled = this.unsettled.splice(0, count);
    this.bodies.release(settled);
    return settled;
  }

  /** The receiver can't be reached: answers every sender `queued`, and schedules a retry. */
  markUnreachable(times: RetryTimes): void {
    for (const message of this.unsettled) {
      if (message.answer !== null) counters.queued++;
      message.answer?.("queued");
      message.answer = null;
    }
    this.scheduleRetry(times);
  }

  scheduleRetry(times: RetryTimes): void {
    const now = Date.now();
    this.retryAt = now + retryDelayMs(times, now - this.waitingSince);
  }
}

/** Has one more sender wait for the answer. */
export function alsoAnswer(message: UnsettledMessage, answer: (state: AcceptedState) => void): void {
  const first = message.answer;
  message.answer = (state) => {
    first?.(state);
    answer(state);
  };
}
