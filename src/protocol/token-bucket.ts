// A token bucket: a burst, and a refill per second. Knows nothing of its use.

/** Tolerance for the rounding errors of fractional tokens. */
const ROUNDING = 1e-6;

export class TokenBucket {
  readonly #burst: number;
  readonly #perMs: number;
  #tokens: number;
  #at = Date.now();

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perMs = perSecond / 1_000;
    this.#tokens = burst;
  }

  /** Takes `price` tokens and returns 0; or takes none and returns the ms until they are available. */
  take(price = 1): number {
    const missing = Math.min(price, this.#burst) - this.tokens;
    if (missing > ROUNDING) return Math.max(1, Math.ceil(missing / this.#perMs - ROUNDING));
    this.#tokens -= price;
    return 0;
  }

  /** Takes `price` tokens even below 0, for work done before its price was known. The debt is at most one burst. */
  charge(price: number): void {
    this.#tokens = Math.max(-this.#burst, this.tokens - price);
  }

  /** Empties the bucket; a debt stays. */
  empty(): void {
    this.#tokens = Math.min(0, this.tokens);
  }

  get isFull(): boolean {
    return this.tokens >= this.#burst;
  }

  /** The tokens now; negative in debt. */
  get tokens(): number {
    const now = Date.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = now;
    return this.#tokens;
  }
}
