// The pauses that the mailbox has asked for with refusals: of all messages, or of those to one receiver. It knows names
// and times; no message.
import { MAX_TIMER_MS } from "./back-off.ts";

/** In place of the name of a receiver. */
export const ALL = "";

export class Pauses {
  readonly #resumed: () => void;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** `resumed` is called at the end of each pause. */
  constructor(resumed: () => void) {
    this.#resumed = resumed;
  }

  /** Whether messages to this receiver wait, or, for `ALL`, whether all do. */
  has(receiver: string): boolean {
    return this.#timers.has(receiver);
  }

  begin(receiver: string, ms: number): void {
    clearTimeout(this.#timers.get(receiver));
    const end = () => {
      this.#timers.delete(receiver);
      this.#resumed();
    };
    this.#timers.set(receiver, setTimeout(end, Math.min(ms, MAX_TIMER_MS)));
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }
}
