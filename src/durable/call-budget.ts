// What the newest event leaves to call: how many calls lead to it, and how many more it may make. The platform counts an outgoing call
// from the newest event of an object, whatever caused it (`incomingRequests.addFront` in workerd's io-context.c++, read 2026-11): also
// what a timer or the end of another call starts. So one number that each event sets is the whole model.

import { SIGNALS } from "../protocol/limits.ts";

/** What leads to an event: nothing to a WebSocket message or an alarm, and one call to whatever comes through the Worker. */
export const DEPTH_OF_EVENT = 0;
export const DEPTH_FROM_WORKER = 1;
/** A request for the census, which asks mailboxes: through the Worker and a shard. */
export const DEPTH_FROM_CENSUS = 2;

/**
 * From so many calls that lead to an event it makes none: an alarm goes on, to which none leads. The platform refuses the 16th. Answers:
 * two mailboxes that keep calling each other. Half of 16, because what is counted here may lag behind what the platform counts: older
 * code says no number, and a stub may be deeper than its event.
 */
export const MAX_DEPTH = 8;

/** The share of an event's calls that signals may take: the rest is for messages. */
const SPARE = 0.75;

/** A call did not leave, or the platform did not let it: it is to be made in a later event. */
export class NoCallLeft extends Error {}

/** Whether this is the platform's word for a chain of calls that is too long, or for an event that made too many. */
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

  /** An event has come, to which so many calls lead. Whatever is called from here on counts from it. */
  begin(depth: number): void {
    this.depth = depth;
    this.#left = this.#perEvent;
    this.#spare = Math.min(SIGNALS.CALLS, Math.ceil(this.#perEvent * SPARE));
  }

  /** Takes one call to another object. False where it has to wait for another event. */
  take(): boolean {
    return this.depth < MAX_DEPTH && this.takeFetch();
  }

  /** As `take`, for a signal, which may wait for another event. */
  takeSpare(): boolean {
    if (this.#spare <= 0 || !this.take()) return false;
    this.#spare--;
    return true;
  }

  /** As `take`, for a request to the world outside, where the platform's chain ends. */
  takeFetch(): boolean {
    if (this.#left <= 0) return false;
    this.#left--;
    return true;
  }

  /** A call leaves in any case. */
  spend(): void {
    this.#left--;
  }

  /** The platform says that nothing more can leave before the next event. */
  exhaust(): void {
    this.#left = 0;
  }
}
