// A value that many ask for at once: computed once for all of them, and kept for some time. It knows nothing of what is computed.
import { withTimeout } from "./timeout.ts";

interface Cached<T> {
  readonly value: T;
  readonly until: number;
}

export class CachedValue<T> {
  readonly #cacheMs: (value: T) => number;
  readonly #timeoutMs: number;
  #cached: Cached<T> | null = null;
  #pending: Promise<T> | null = null;
  #startedAt = 0;

  /** `cacheMs`: for how long a value is kept. `timeoutMs`: for how long anybody waits for one computation. */
  constructor(cacheMs: (value: T) => number, timeoutMs: number) {
    this.#cacheMs = cacheMs;
    this.#timeoutMs = timeoutMs;
  }

  /** The value; `background` has the computation go on when the request that began it has ended. */
  get(compute: () => Promise<T>, background: (work: Promise<unknown>) => void): Promise<T> {
    const now = Date.now();
    if (this.#cached !== null && this.#cached.until > now) return Promise.resolve(this.#cached.value);
    // The request that began a computation may have been cut off, and the computation with it.
    if (this.#pending === null || now - this.#startedAt >= this.#timeoutMs) this.#start(compute, background, now);
    return withTimeout(this.#pending ?? compute(), this.#timeoutMs);
  }

  #start(compute: () => Promise<T>, background: (work: Promise<unknown>) => void, now: number): void {
    this.#startedAt = now;
    const pending = compute().then(
      (value) => {
        this.#cached = { value, until: Date.now() + this.#cacheMs(value) };
        this.#finish(pending);
        return value;
      },
      (error: unknown) => {
        this.#finish(pending);
        throw error;
      },
    );
    this.#pending = pending;
    background(pending.catch(() => undefined));
  }

  #finish(pending: Promise<T>): void {
    if (this.#pending === pending) this.#pending = null;
  }
}
