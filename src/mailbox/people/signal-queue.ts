// Queues signals and questions about presence until there is a call for them: an event makes some, and alarms make the
// others, each with a call budget of its own. The queue is in memory: a signal may be lost.
import type { Alarm } from "../../durable/alarm-scheduler.ts";
import type { CallBudget } from "../../durable/call-budget.ts";

export class SignalQueue {
  readonly #budget: CallBudget;
  readonly #alarm: Alarm;
  /** By subject, so that a newer call replaces an older one. */
  readonly #calls = new Map<string, () => void>();
  /** When the alarm rings for the queue, ms since 1970; null for not at all. */
  #due: number | null = null;

  constructor(budget: CallBudget, alarm: Alarm) {
    this.#budget = budget;
    this.#alarm = alarm;
  }

  add(subject: string, call: () => void): void {
    this.#calls.set(subject, call);
  }

  /** Makes as many calls as this event may still make. */
  go(): void {
    for (const [subject, call] of this.#calls) {
      if (!this.#budget.takeForSignal()) return this.wake(Date.now());
      this.#calls.delete(subject);
      call();
    }
  }

  /** Sets an alarm for `at`, unless an earlier one is set. */
  wake(at: number): void {
    if (this.#due !== null && this.#due <= at) return;
    this.#due = at;
    this.#alarm.set(at);
  }

  /** An alarm rang. True if it was due for the queue. */
  onAlarm(): boolean {
    const isDue = this.#due !== null && this.#due <= Date.now();
    if (isDue) this.#due = null;
    return isDue;
  }
}
