// Signals and questions about presence that wait for a call: an event makes some of them, and alarms make the rest, each of which is an
// event with a budget of its own. What waits is in memory alone: a signal that is lost is lost.
import type { AlarmSwitch } from "../../durable/alarm-scheduler.ts";
import type { CallBudget } from "../../durable/call-budget.ts";

export class SignalQueue {
  readonly #budget: CallBudget;
  readonly #alarm: AlarmSwitch;
  /** By what each is about, so that a newer one takes the place of an older one. */
  readonly #waiting = new Map<string, () => void>();
  /** For when the alarm is set, ms since 1970; null for not at all. */
  #due: number | null = null;

  constructor(budget: CallBudget, alarm: AlarmSwitch) {
    this.#budget = budget;
    this.#alarm = alarm;
  }

  add(about: string, call: () => void): void {
    this.#waiting.set(about, call);
  }

  /** Makes the calls that this event may still make. */
  go(): void {
    for (const [about, call] of this.#waiting) {
      if (!this.#budget.takeSpare()) return this.wake(Date.now());
      this.#waiting.delete(about);
      call();
    }
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
