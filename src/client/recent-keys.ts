// The keys that were added last, in two generations: the newer one replaces the older one when it is full.

/** The latest keys that are remembered, at least. Answers: memory that grows with each message. */
const RECENT_KEYS = 10_000;

export class RecentKeys {
  #keys = new Set<string>();
  #keysBefore = new Set<string>();

  /** Adds a key. False if it was there. */
  add(key: string): boolean {
    if (this.has(key)) return false;
    this.#keys.add(key);
    if (this.#keys.size >= RECENT_KEYS) {
      this.#keysBefore = this.#keys;
      this.#keys = new Set();
    }
    return true;
  }

  has(key: string): boolean {
    return this.#keys.has(key) || this.#keysBefore.has(key);
  }

  /** Removes a key. False if it was not there. */
  delete(key: string): boolean {
    return this.#keys.delete(key) || this.#keysBefore.delete(key);
  }
}
