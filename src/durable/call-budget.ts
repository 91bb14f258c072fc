// What the newest event of an object may still call: how many calls lead to the event, and how many more it may make.
// The platform counts an outgoing call from the newest event, even if a timer or the end of another call makes it
// (`incomingRequests.addFront` in workerd's io-context.c++, read 2026-11). So one number that each event sets is
// the whole model.

import { SIGNALS } from "../protocol/limits.ts";

/** The calls that lead to an event: none to a WebSocket message or an alarm, one to a request through the Worker. */
export const DEPTH_OF_EVENT = 0;
export const DEPTH_FROM_WORKER = 1;
/** A request of the census, which comes through the Worker, shard 0 and a shard. */
export const DEPTH_FROM_CENSUS = 3;

/**
 * An event to which this many calls lead makes none: an alarm, to which no call leads, makes them. The platform refuses
 * the 16th call of a chain. Answers: two mailboxes that keep calling each other. Half of 16, because this count may be
 * lower than the platform's: older code sends no number, and a stub may be deeper than its event.
 */
export const MAX_DEPTH = 8;

/** The share of an event's calls that signals may take: the rest is for messages. */
const SPARE_SHARE = 0.75;

/** A call did not leave: the platform refused it, or the budget had no call left. A later event makes it. */
export class NoCallLeft extends Error {}

/** Whether a call failed because its chain is too long, or because its event made too many. */
export function isOverBudget(error: unknown): boolean {
  if (error instanceof NoCallLeft) return true;
  return /subrequest depth|too many subrequests|too many api requests/i.test(String(error));
}

export class CallBudget {
  /** How many calls lead to the newest event. */
  depth = DEPTH_OF_EVENT;
  readonly #perEvent: number;
  #left: number;
  #spare = 0;

  constructor(perEvent: number) {
    this.#perEvent = perEvent;
    this.#left = perEvent;
    this.begin(DEPTH_OF_EVENT);
  }

  /** An event has come, to which `depth` calls lead. Every call from here on counts from it. */
  begin(depth: number): void {
    this.depth = depth;
    this.#left = this.#perEvent;
    this.#spare = Math.min(SIGNALS.CALLS_PER_EVENT, Math.ceil(this.#perEvent * SPARE_SHARE));
  }

  /** Takes one call to another object. False: a later event has to make it. */
  take(): boolean {
    return this.depth < MAX_DEPTH && this.takeFetch();
  }

  /** As `take`, for a signal, which leaves a quarter of the calls to messages. */
  takeForSignal(): boolean {
    if (this.#spare <= 0 || !this.take()) return false;
    this.#spare--;
    return true;
  }

  /** As `take`, for a request to the internet, where the platform's chain ends. */
  takeFetch(): boolean {
    if (this.#left <= 0) return false;
    this.#left--;
    return true;
  }

  /** Counts a call that leaves in any case. */
  spend(): void {
    this.#left--;
  }

  /** The platform has refused a call: none leaves before the next event. */
  exhaust(): void {
    this.#left = 0;
  }
}
