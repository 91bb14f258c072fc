// Runs actions repeatedly, at fixed or varying intervals, until it is stopped. It does not know what the actions do.

export class RepeatedActions {
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #running = new Set<Promise<void>>();
  #isStopping = false;

  /** Calls `act` every `ms` until `stopActions`, the first time after a random part of `ms`. */
  every(ms: number, act: () => void): void {
    const first = setTimeout(() => {
      this.#timers.delete(first);
      act();
      this.#timers.add(setInterval(act, ms));
    }, Math.random() * ms);
    this.#timers.add(first);
  }

  /** Calls `act` again `wait()` ms after its last call has ended. A call that has begun runs to its end. */
  atIntervals(wait: () => number, act: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const call = act().then(() => {
        this.#running.delete(call);
        if (!this.#isStopping) this.atIntervals(wait, act);
      });
      this.#running.add(call);
    }, wait());
    this.#timers.add(timer);
  }

  /** Stops all actions; resolves when the running ones have ended. */
  async stopActions(): Promise<void> {
    this.#isStopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers.clear();
    await Promise.all(this.#running);
    this.#isStopping = false;
  }
}
