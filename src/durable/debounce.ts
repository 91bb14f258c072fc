// Something that need not be done at once, and better once than several times: a moment after it was first asked for.

export class Debounce {
  readonly #ms: number;
  readonly #act: () => void;
  #asked = false;

  constructor(ms: number, act: () => void) {
    this.#ms = ms;
    this.#act = act;
  }

  schedule(): void {
    if (this.#asked) return;
    this.#asked = true;
    setTimeout(() => {
      this.#asked = false;
      this.#act();
    }, this.#ms);
  }
}
