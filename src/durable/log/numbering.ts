// The seqs of a log. They only grow, and no seq is given twice, not even by a log that was restored from an older copy
// of its file: the first seq after a wake lies above the clock, in µs since 1970.

export class Numbering {
  #head = 0;
  #isAboveClock = false;
  readonly #onSkip: (before: number, last: number) => void;

  /** `onSkip` is called where the seqs between `before` and `last` will never be given. */
  constructor(onSkip: (before: number, last: number) => void) {
    this.#onSkip = onSkip;
  }

  /** The highest seq that was given. */
  get head(): number {
    return this.#head;
  }

  startAt(head: number): void {
    this.#head = head;
  }

  next(): number {
    if (!this.#isAboveClock) this.skipTo(Date.now() * 1_000);
    this.#isAboveClock = true;
    return ++this.#head;
  }

  /** The next seq lies above `seq`. */
  skipTo(seq: number): void {
    if (seq <= this.#head) return;
    this.#onSkip(this.#head, seq);
    this.#head = seq;
  }
}

/** Names one numbering, in 12 characters. */
export function randomEpoch(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}
