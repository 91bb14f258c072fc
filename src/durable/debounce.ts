// Debounce: an action that is done once for all requests of a time span, at its end.

export class Debounce {
  readonly #ms: number;
  readonly #act: () => void;
  #isScheduled = false;

  constructor(ms: number, act: () => void) {
    this.#ms = ms;
    this.#act = act;
  }

  /** Acts `ms` after the first of these calls. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setTimeout(() => {
      this.#isScheduled = false;
      this.#act();
    }, this.#ms);
  }
}
