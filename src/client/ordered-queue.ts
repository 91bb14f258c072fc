// What mostly ends in the order in which it began: looked for beside what was found last, so that nothing has to be hashed. It knows
// nothing of what it holds.

const hasKey = (item: { readonly key: string }, key: string) => item.key === key;

/** Items by their keys, in the order in which they came. */
export class OrderedQueue<T extends { readonly key: string }> {
  /** What was taken leaves a gap for a while. */
  #items: (T | undefined)[] = [];
  /** Where the last one was found. */
  #at = 0;
  /** Of all that have been here. */
  #greatest = "";

  get(key: string): T | undefined {
    return key > this.#greatest ? undefined : this.find(hasKey, key);
  }

  /** The item that is so: mostly it comes soon after the one that was found last. */
  find<V>(is: (item: T, value: V) => boolean, value: V): T | undefined {
    const { length } = this.#items;
    for (let i = 0; i < length; i++) {
      const at = (this.#at + i) % length;
      const item = this.#items[at];
      if (item !== undefined && is(item, value)) {
        this.#at = at;
        return item;
      }
    }
    return undefined;
  }

  /** One with the same key is replaced, at its place. */
  set(item: T): void {
    // Found, it is where the last one was found.
    this.#items[this.get(item.key) ? this.#at : this.#items.length] = item;
    if (item.key > this.#greatest) this.#greatest = item.key;
  }

  take(key: string): T | undefined {
    const item = this.get(key);
    if (item !== undefined) this.#items[this.#at] = undefined;
    // Mostly there are only gaps before it.
    if (this.#at * 2 > this.#items.length) {
      this.#items = this.values();
      this.#at = 0;
    }
    return item;
  }

  values(): T[] {
    return this.#items.filter((item) => item !== undefined);
  }
}
