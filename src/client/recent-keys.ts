// The keys that were added last, in two generations: the newer one replaces the older one when it is full.

/** The latest keys that are remembered, at least. Answers: memory that grows with each message. */
const RECENT_KEYS = 10_000;

export class RecentKeys<Key = string> {
  #keys = new Set<Key>();
  #keysBefore = new Set<Key>();

  /** Adds a key. False if it was there. */
  add(key: Key): boolean {
    if (this.has(key)) return false;
    this.#keys.add(key);
    if (this.#keys.size >= RECENT_KEYS) {
      this.#keysBefore = this.#keys;
      this.#keys = new Set();
    }
    return true;
  }

  has(key: Key): boolean {
    return this.#keys.has(key) || this.#keysBefore.has(key);
  }

  /** Removes a key. False if it was not there. */
  delete(key: Key): boolean {
    return this.#keys.delete(key) || this.#keysBefore.delete(key);
  }
}
