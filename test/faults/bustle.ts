// What goes on by itself until it is told to be quiet: things done again and again, at even times and at uneven ones. It knows nothing of what
// they are.

export class Bustle {
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #turns = new Set<Promise<void>>();
  #quiet = false;

  /** From now on and until `quiet`, `act` is called every `ms`, the first time at a random moment. */
  every(ms: number, act: () => void): void {
    const first = setTimeout(() => {
      this.#timers.delete(first);
      act();
      this.#timers.add(setInterval(act, ms));
    }, Math.random() * ms);
    this.#timers.add(first);
  }

  /** The same at uneven times: each turn begins `wait` ms after the last one has ended. A turn that has begun is played to its end. */
  sometimes(wait: () => number, act: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const turn = act().then(() => {
        this.#turns.delete(turn);
        if (!this.#quiet) this.sometimes(wait, act);
      });
      this.#turns.add(turn);
    }, wait());
    this.#timers.add(timer);
  }

  /** Ends all of that; resolves when every turn has ended. */
  async quiet(): Promise<void> {
    this.#quiet = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers.clear();
    await Promise.all(this.#turns);
    this.#quiet = false;
  }
}
