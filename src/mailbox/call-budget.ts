// What the newest event leaves to call: how many calls lead to it, and how many more it may make. The platform counts an outgoing call
// from the newest event of an object, whatever caused it (`incomingRequests.addFront` in workerd's io-context.c++, read 2026-11): also
// what a timer or the end of another call starts. So one number that each event sets is the whole model.

/** What leads to an event: nothing to a WebSocket message or an alarm, and one call to whatever comes through the Worker. */
export const FRESH = 0;
export const FROM_WORKER = 1;
/** A request for the census, which asks mailboxes: through the Worker and a shard. */
export const FROM_CENSUS = 2;

/**
 * From so many calls that lead to an event it makes none: an alarm goes on, to which none leads. The platform refuses the 16th. Answers:
 * two mailboxes that keep calling each other. Half of 16, because what is counted here may lag behind what the platform counts: older
 * code says no number, and a stub may be deeper than its event.
 */
export const DEEPEST = 8;

/** Signals that wait for another event. Answers: a queue as memory; what is lost of them is lost, as ever. */
const WAITING = 256;

/** A call did not leave, or the platform did not let it: it is to be made in a later event. */
export class NoCallLeft extends Error {}

/** Whether this is the platform's word for a chain of calls that is too long, or for an event that made too many. */
export function isOverBudget(error: unknown): boolean {
  if (error instanceof NoCallLeft) return true;
  return /subrequest depth|too many subrequests|too many api requests/i.test(String(error));
}

export class CallBudget {
  /** How many calls lead to the newest event. */
  depth = FRESH;
  readonly #perEvent: number;
  readonly #wakeLater: () => void;
  readonly #waiting: (() => void)[] = [];
  #left: number;
  /** Whether an alarm was asked for that has not come: each is a row. */
  #wakes = false;

  /** `wakeLater` sees to it that an alarm comes at once. */
  constructor(perEvent: number, wakeLater: () => void) {
    this.#perEvent = perEvent;
    this.#left = perEvent;
    this.#wakeLater = wakeLater;
  }

  /** An event has come, to which so many calls lead. Whatever is called from here on counts from it. */
  begin(depth: number): void {
    this.depth = depth;
    this.#left = this.#perEvent;
    if (this.#waiting.length > 0) this.#resume();
  }

  /** The alarm that was asked for has come. */
  rang(): void {
    this.#wakes = false;
    this.begin(FRESH);
  }

  /** Takes one call to another object. False where it has to wait for another event. */
  take(): boolean {
    return this.depth < DEEPEST && this.takeFetch();
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

  /** Makes a call that may wait: now, or in a later event, in the order in which they were asked for. */
  async inOrder<T>(call: () => Promise<T>): Promise<T> {
    if (this.#waiting.length > 0 || !this.take()) await this.#wait();
    return call();
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= WAITING) throw new NoCallLeft("too many calls wait for another event");
    this.#askForAlarm();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets those go that have waited, but not with what messages need. */
  #resume(): void {
    while (this.#waiting.length > 0 && this.#left > this.#perEvent / 2 && this.take()) this.#waiting.shift()?.();
    if (this.#waiting.length > 0) this.#askForAlarm();
  }

  #askForAlarm(): void {
    if (this.#wakes) return;
    this.#wakes = true;
    this.#wakeLater();
  }
}
