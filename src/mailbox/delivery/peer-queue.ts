// One lane: what is owed to one receiver, in the order of the log. It knows neither how to call nor what a group is.
import { counts } from "../../protocol/counters.ts";
import type { State } from "../../protocol/down.ts";
import type { Peer, Sent } from "../log/schema.ts";
import { OWED_IN_MEMORY } from "../log/recover.ts";

/** An entry on its way. `body` is null while it is only on disk; `answer` tells the device, once. */
export interface Owed extends Sent {
  readonly body: string | null;
  answer: ((state: State) => void) | null;
}

/** idle: nothing under way. calling: one call is. waiting: the last call failed, and the alarm starts the next one. */
type LaneState = "idle" | "calling" | "waiting";

/** How long a lane waits for what, ms. */
export interface Pace {
  /** An answer is `queued` after so long without one from the receiver. */
  readonly patience: number;
  /** The shortest and the longest wait before the next try. */
  readonly shortest: number;
  readonly longest: number;
}

export const PACE: Pace = { patience: 2_000, shortest: 500, longest: 300_000 };

/**
 * Ms after which receipts leave, and after which a mark `stored` is written. The device that sends knows by its answer, and people can't
 * tell the difference; but a burst is one call and one row, and `stored` is mostly written with the receipt, in the same row.
 */
export const RECEIPTS = 250;
export const MARKS = 400;

/** When the first of these lanes is due, ms since 1970; Infinity where none is in trouble. */
export function firstDue(lanes: Iterable<Lane>): number {
  let first = Infinity;
  for (const { due } of lanes) first = Math.min(first, due ?? Infinity);
  return first;
}

/** The oldest entry that one of these lanes owes, by its seq; null for none. */
export function firstOwed(lanes: Iterable<Lane>): number | null {
  let first = Infinity;
  for (const { owed } of lanes) first = Math.min(first, owed[0]?.seq ?? Infinity);
  return first === Infinity ? null : first;
}

/** The next try comes after this share of the time that the oldest entry has waited: exponential, and it needs no counter. */
const BACK_OFF = 0.25;

export class Lane {
  readonly to: string;
  owed: Owed[] = [];
  /** The last entry that `owed` has had, by its seq, and how many behind it are owed and in the log alone. */
  last = 0;
  more = 0;
  state: LaneState = "idle";
  /** Whether all of it was numbered anew. Answers: a receiver that names ever higher numbers, and would be sent to for ever. */
  wasRenumbered = false;
  /** While there is trouble: when to try, or to look again, in ms since 1970. Whatever is accepted meanwhile is `queued`. */
  due: number | null = null;
  /** Receipts that the peer is to hear of, and those that it has heard of, in the peer's numbering. */
  readonly tell = { delivered: 0, read: 0 };
  readonly told = { delivered: 0, read: 0 };
  /** When the oldest receipt that is not told came up, ms since 1970; null where a wake has forgotten that. */
  since: number | null = null;
  /** Whether the peer's row was written to say that it is yet to be told. */
  kept = false;
  /** Whether its last call was to be made in a later event. */
  deferred = false;
  /** UTF-16 units that the call under way has read from disk. */
  loaded = 0;

  constructor(to: string) {
    this.to = to;
  }

  /** Whether the peer has not heard of every receipt. */
  get tells(): boolean {
    return this.tell.delivered > this.told.delivered || this.tell.read > this.told.read;
  }

  /** Puts down in the peer's row what it is yet to be told. True if the row did not say so. */
  keepTell(peer: Peer): boolean {
    this.kept = true;
    if (peer.owesDelivered === this.tell.delivered && peer.owesRead === this.tell.read) return false;
    peer.owesDelivered = this.tell.delivered;
    peer.owesRead = this.tell.read;
    return true;
  }

  /** The peer has heard. True if its row says otherwise and nothing else would write it. */
  hasTold(peer: Peer, told: Lane["told"]): boolean {
    Object.assign(this.told, told);
    if (!this.tells) this.since = null;
    if (peer.owesDelivered > told.delivered || peer.owesRead > told.read) return false;
    const stale = this.kept && (peer.owesDelivered > 0 || peer.owesRead > 0);
    peer.owesDelivered = 0;
    peer.owesRead = 0;
    return stale;
  }

  /** Whether there is nothing to do. */
  get empty(): boolean {
    return this.owed.length === 0 && this.more === 0 && !this.tells;
  }

  /** Whether whatever else is owed waits in the log. */
  get isFull(): boolean {
    return this.more > 0 || (this.due !== null && this.owed.length >= OWED_IN_MEMORY);
  }

  push(owed: Owed): void {
    this.owed.push(owed);
    this.last = owed.seq;
  }

  /** Whether the entry `seq` is owed, and in the log alone. */
  hasInLog(seq: number): boolean {
    return this.more > 0 && seq > this.last;
  }

  /** The owed entry `seq`, if it is one. */
  find(seq: number): Owed | undefined {
    // Mostly they follow each other without a gap.
    const at = seq - (this.owed[0]?.seq ?? seq);
    if (at >= 0 && at < this.owed.length && this.owed[at]?.seq === seq) return this.owed[at];
    let low = 0;
    let high = this.owed.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.owed[middle]?.seq ?? Infinity) < seq) low = middle + 1;
      else high = middle;
    }
    return this.owed[low]?.seq === seq ? this.owed[low] : undefined;
  }

  /** Somebody else waits for the answer too. */
  alsoAnswer(owed: Owed, answer: (state: State) => void): void {
    const first = owed.answer;
    owed.answer = (state) => {
      first?.(state);
      answer(state);
    };
  }

  /** Takes what is settled, up to `last`, off the lane. */
  shift(last: number): Owed[] {
    let count = 0;
    while (count < this.owed.length && (this.owed[count]?.seq ?? Infinity) <= last) count++;
    return this.owed.splice(0, count);
  }

  /** There is trouble: the devices hear `queued`, and the next try is due after a while. */
  trouble(pace: Pace): void {
    for (const owed of this.owed) {
      if (owed.answer !== null) counts.queued++;
      owed.answer?.("queued");
      owed.answer = null;
    }
    this.put(pace);
  }

  /** Puts the next try off: with jitter, so that lanes don't march in step. */
  put(pace: Pace): void {
    const now = Date.now();
    const waited = now - (this.owed[0]?.at ?? this.since ?? this.#spokenOf());
    const pause = Math.min(pace.longest, Math.max(pace.shortest, waited * BACK_OFF));
    this.due = now + Math.round(pause * (0.75 + Math.random() / 2));
  }

  /** About when the newest message that a receipt speaks of was written: seqs begin with the clock. */
  #spokenOf(): number {
    return Math.max(this.tell.delivered, this.tell.read) / 1_000;
  }
}
