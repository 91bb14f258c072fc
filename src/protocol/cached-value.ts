// A cached value: computed once for all concurrent callers, and cached for a time. Knows nothing of the value.
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

  /** `cacheMs`: how long a value is cached. `timeoutMs`: how long a caller waits for one computation. */
  constructor(cacheMs: (value: T) => number, timeoutMs: number) {
    this.#cacheMs = cacheMs;
    this.#timeoutMs = timeoutMs;
  }

  /** The value. `background` lets the computation continue after the request that started it has ended. */
  get(compute: () => Promise<T>, background: (work: Promise<unknown>) => void): Promise<T> {
    const now = Date.now();
    if (this.#cached !== null && this.#cached.until > now) return Promise.resolve(this.#cached.value);
    // A computation is dropped with the request that started it, if that is cut off.
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
