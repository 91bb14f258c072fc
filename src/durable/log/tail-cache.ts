// The newest items of a numbered list, in memory, so that the live path needs no SQL. Dropped items are read from disk.

/** Items in the order of their `seq`; the oldest are dropped when all weigh more than `capacity`. */
export class TailCache<T extends { readonly seq: number }> {
  #items: T[] = [];
  #weight = 0;
  #from = 0;
  readonly #capacity: number;
  readonly #weigh: (item: T) => number;

  constructor(capacity: number, weigh: (item: T) => number) {
    this.#capacity = capacity;
    this.#weigh = weigh;
  }

  /** Begins empty: every item that is pushed from now on lies above `from`. */
  startAt(from: number): void {
    this.#items = [];
    this.#weight = 0;
    this.#from = from;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#weight += this.#weigh(item);
    if (this.#weight > this.#capacity) this.#drop();
  }

  /** Puts an item in the place of the one with its seq, if that is here. */
  replace(item: T): void {
    const at = this.#indexAfter(item.seq) - 1;
    const before = this.#items[at];
    if (before?.seq !== item.seq) return;
    this.#items[at] = item;
    this.#weight += this.#weigh(item) - this.#weigh(before);
  }

  /** Everything after `seq`, or null where some of it was dropped. */
  after(seq: number): readonly T[] | null {
    if (seq < this.#from) return null;
    const first = this.#indexAfter(seq);
    return first === 0 ? this.#items : this.#items.slice(first);
  }

  /** The place of the first item after `seq`. */
  #indexAfter(seq: number): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#items[middle]?.seq ?? Infinity) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Drops the older half at once, so that dropping costs little per item. */
  #drop(): void {
    let count = 0;
    while (this.#weight > this.#capacity / 2 && count < this.#items.length) {
      const item = this.#items[count++];
      if (item === undefined) break;
      this.#weight -= this.#weigh(item);
      this.#from = item.seq;
    }
    this.#items = this.#items.slice(count);
  }
}
