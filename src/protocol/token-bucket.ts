// A token bucket: so much at once, and so much a second after that. It knows nothing of what it is for.

/** Parts of tokens are added up, inexactly. */
const ROUNDING = 1e-6;

export class Bucket {
  readonly #burst: number;
  readonly #perMs: number;
  #tokens: number;
  #at = Date.now();

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perMs = perSecond / 1_000;
    this.#tokens = burst;
  }

  /** Takes `price` tokens and returns 0; or takes none and returns in how many ms they are there. */
  take(price = 1): number {
    const missing = Math.min(price, this.#burst) - this.tokens;
    if (missing > ROUNDING) return Math.max(1, Math.ceil(missing / this.#perMs - ROUNDING));
    this.#tokens -= price;
    return 0;
  }

  /** Takes `price` tokens, also those that are not there: for what was done before its price was known. At most a burst is owed. */
  owe(price: number): void {
    this.#tokens = Math.max(-this.#burst, this.tokens - price);
  }

  /** Nothing is left; what was owed is owed still. */
  empty(): void {
    this.#tokens = Math.min(0, this.tokens);
  }

  get isFull(): boolean {
    return this.tokens >= this.#burst;
  }

  /** How many there are now; less than 0 while some are owed. */
  get tokens(): number {
    const now = Date.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = now;
    return this.#tokens;
  }
}
