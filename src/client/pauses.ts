// The pauses that the mailbox has asked for with refusals: of all messages, or of those to one receiver. It knows names
// and times; no message.
import type { Timer } from "./clock.ts";
import { MAX_TIMER_MS } from "./timing.ts";

/** In place of the name of a receiver. */
export const ALL = "";

interface Pause {
  readonly until: number;
  readonly timer: Timer;
}

export class Pauses {
  readonly #resumed: () => void;
  readonly #pauses = new Map<string, Pause>();

  /** `resumed` is called at the end of each pause. */
  constructor(resumed: () => void) {
    this.#resumed = resumed;
  }

  /** Until when messages to this receiver wait, or, for `ALL`, all do: ms since 1970; undefined where they do not. */
  until(receiver: string): number | undefined {
    return this.#pauses.get(receiver)?.until;
  }

  begin(receiver: string, until: number): void {
    clearTimeout(this.#pauses.get(receiver)?.timer);
    const end = () => {
      this.#pauses.delete(receiver);
      this.#resumed();
    };
    this.#pauses.set(receiver, { until, timer: setTimeout(end, Math.min(until - Date.now(), MAX_TIMER_MS)) });
  }

  stop(): void {
    for (const { timer } of this.#pauses.values()) clearTimeout(timer);
  }
}
