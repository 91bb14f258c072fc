// Numbers that only grow, as spans of neighbours: what a conversation has of the log, where messages mostly follow each other.

export class SeqRanges {
  /** Of each span how many numbers it has, and how far behind its last one the next span begins: count, step, count, … */
  readonly #counts: number[] = [];
  #first = 0;
  #last = 0;
  #size = 0;

  /** Takes what a row keeps: `text`, or a JSON array of the numbers, as it was written before. */
  static read(text: string): SeqRanges {
    const kept = JSON.parse(text) as readonly number[] | { readonly first: number; readonly spans: readonly number[] };
    const spans = new SeqRanges();
    if ("first" in kept) spans.#take(kept.first, kept.spans);
    else for (const number of kept) spans.add(number);
    return spans;
  }

  /** For a row: `{"first","spans"}` as JSON, where `spans` is count, step, count, … as above. */
  get text(): string {
    return `{"first":${this.#first},"spans":[${this.#counts.join(",")}]}`;
  }

  /** How many spans there are. */
  get spans(): number {
    return Math.ceil(this.#counts.length / 2);
  }

  /** How many numbers there are. */
  get size(): number {
    return this.#size;
  }

  /** The lowest; 0 where there is none. */
  get first(): number {
    return this.#first;
  }

  /** Adds one that is above all others. */
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

  /** The lowest of those above `number`, at most so many, in order. */
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

  /** The highest of those below `number`, at most so many, in order. */
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
