// Ascending numbers as ranges of neighbours: the seqs of one conversation, where most messages follow each other
// directly.

export class SeqRanges {
  /** Of each range its count, and how far behind its last number the next range begins: count, step, count, … */
  readonly #counts: number[] = [];
  #first = 0;
  #last = 0;
  #size = 0;

  /** Reads the `text` of a row: the form below, or a JSON array of the numbers, as older code wrote it. */
  static parse(text: string): SeqRanges {
    const stored = JSON.parse(text) as
      | readonly number[]
      | { readonly first: number; readonly spans: readonly number[] };
    const ranges = new SeqRanges();
    if ("first" in stored) ranges.#take(stored.first, stored.spans);
    else for (const number of stored) ranges.add(number);
    return ranges;
  }

  /** For a row: `{"first","spans"}` as JSON, where `spans` is count, step, count, … as above. */
  get text(): string {
    return `{"first":${this.#first},"spans":[${this.#counts.join(",")}]}`;
  }

  /** How many ranges there are. */
  get ranges(): number {
    return Math.ceil(this.#counts.length / 2);
  }

  /** How many numbers there are. */
  get size(): number {
    return this.#size;
  }

  /** The lowest number; 0 where there is none. */
  get first(): number {
    return this.#first;
  }

  /** Adds a number that is higher than all others. */
  add(number: number): void {
    const step = number - this.#last;
    if (this.#size === 0) {
      this.#first = number;
      this.#counts.push(1);
    } else if (step === 1) this.#counts.push((this.#counts.pop() ?? 0) + 1);
    else this.#counts.push(step, 1);
    this.#last = number;
    this.#size++;
  }

  /** The lowest numbers above `number`, at most `limit`, in order. */
  above(number: number, limit: number): number[] {
    const found: number[] = [];
    let from = this.#first;
    for (let i = 0; i < this.#counts.length && found.length < limit; i += 2) {
      const last = from + (this.#counts[i] ?? 0) - 1;
      for (let next = Math.max(from, number + 1); next <= last && found.length < limit; next++) found.push(next);
      from = last + (this.#counts[i + 1] ?? 0);
    }
    return found;
  }

  /** The highest numbers below `number`, at most `limit`, in order. */
  below(number: number, limit: number): number[] {
    const found: number[] = [];
    let last = this.#last;
    for (let i = this.#counts.length - 1; i >= 0 && found.length < limit; i -= 2) {
      const from = last - (this.#counts[i] ?? 0) + 1;
      for (let next = Math.min(last, number - 1); next >= from && found.length < limit; next--) found.push(next);
      last = from - (this.#counts[i - 1] ?? 0);
    }
    return found.toReversed();
  }

  #take(first: number, counts: readonly number[]): void {
    this.#first = first;
    this.#last = first - 1;
    for (const [i, count] of counts.entries()) {
      this.#counts.push(count);
      this.#last += i % 2 === 0 ? count : count - 1;
      this.#size += i % 2 === 0 ? count : 0;
    }
  }
}
