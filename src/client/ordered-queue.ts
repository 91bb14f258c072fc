// A queue whose items leave it in about the order in which they came. A search begins at the item that was found last,
// so that no key is hashed. It knows nothing of its items but their keys.

const hasKey = (item: { readonly key: string }, key: string) => item.key === key;

/** Items by their keys, in order of arrival. */
export class OrderedQueue<T extends { readonly key: string }> {
  /** A taken item leaves an empty place until the next compaction. */
  #items: (T | undefined)[] = [];
  /** The index of the item that was found last. */
  #at = 0;
  /** The greatest key of all items that were ever here. */
  #greatest = "";

  get(key: string): T | undefined {
    return key > this.#greatest ? undefined : this.find(hasKey, key);
  }

  /** An item that matches. The search begins at the item that was found last. */
  find<V>(matches: (item: T, value: V) => boolean, value: V): T | undefined {
    const { length } = this.#items;
    for (let i = 0; i < length; i++) {
      const at = (this.#at + i) % length;
      const item = this.#items[at];
      if (item !== undefined && matches(item, value)) {
        this.#at = at;
        return item;
      }
    }
    return undefined;
  }

  /** An item with the same key is replaced, at its place. */
  set(item: T): void {
    // `get` has just set the index, where it found the item.
    this.#items[this.get(item.key) ? this.#at : this.#items.length] = item;
    if (item.key > this.#greatest) this.#greatest = item.key;
  }

  take(key: string): T | undefined {
    const item = this.get(key);
    if (item !== undefined) this.#items[this.#at] = undefined;
    // Past the middle the places before it are empty but for a few: compact.
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
