// Something that need not be done at once, and better once than several times: a moment after it was first asked for.

export class Soon {
  readonly #ms: number;
  readonly #act: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(ms: number, act: () => void) {
    this.#ms = ms;
    this.#act = act;
  }

  ask(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#act();
    }, this.#ms);
  }
}
