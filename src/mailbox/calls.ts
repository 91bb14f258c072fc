// Calls to other mailboxes that may wait a little: of many, an event makes some, and alarms make the rest, each of which is an event with a
// budget of its own. What waits is in memory alone: it is all about signals, and a signal that is lost is lost.
import { SIGNALS } from "../protocol/limits.ts";
import type { AlarmSwitch } from "./alarm.ts";

/** Ms within which calls count as those of one event. */
const EVENT_MS = 100;

export class Calls {
  readonly #alarm: AlarmSwitch;
  /** By what each is about, so that a newer one takes the place of an older one. */
  readonly #waiting = new Map<string, () => void>();
  /** When the present event began, ms since 1970, and how many calls it has made. */
  #began = 0;
  #made = 0;
  /** For when the alarm is set, ms since 1970; null for not at all. */
  #due: number | null = null;

  constructor(alarm: AlarmSwitch) {
    this.#alarm = alarm;
  }

  add(about: string, call: () => void): void {
    this.#waiting.set(about, call);
  }

  /** Makes the calls that this event may still make. */
  go(): void {
    const now = Date.now();
    if (now - this.#began >= EVENT_MS) {
      this.#began = now;
      this.#made = 0;
    }
    for (const [about, call] of this.#waiting) {
      if (this.#made >= SIGNALS.CALLS) break;
      this.#made++;
      this.#waiting.delete(about);
      call();
    }
    if (this.#waiting.size > 0) this.wake(now + EVENT_MS);
  }

  /** Has an alarm ring at `at`, if none rings before. */
  wake(at: number): void {
    if (this.#due !== null && this.#due <= at) return;
    this.#due = at;
    this.#alarm.setAlarm(at);
  }

  /** An alarm rang. True if it may have been for this. */
  rang(): boolean {
    const isDue = this.#due !== null && this.#due <= Date.now();
    if (isDue) this.#due = null;
    return isDue;
  }
}
