// A value that many ask for at once: computed once for all of them, and kept for some time. It knows nothing of what is computed.
import { withTimeout } from "./timeout.ts";

interface Kept<T> {
  readonly value: T;
  readonly until: number;
}

export class CachedValue<T> {
  readonly #keepMs: (value: T) => number;
  readonly #timeoutMs: number;
  #kept: Kept<T> | null = null;
  #pending: Promise<T> | null = null;
  #begun = 0;

  /** `keepMs`: for how long a value is kept. `timeoutMs`: for how long anybody waits for one computation. */
  constructor(keepMs: (value: T) => number, timeoutMs: number) {
    this.#keepMs = keepMs;
    this.#timeoutMs = timeoutMs;
  }

  /** The value; `background` has the computation go on when the request that began it has ended. */
  get(compute: () => Promise<T>, background: (work: Promise<unknown>) => void): Promise<T> {
    const now = Date.now();
    if (this.#kept !== null && this.#kept.until > now) return Promise.resolve(this.#kept.value);
    // The request that began a computation may have been cut off, and the computation with it.
    if (this.#pending === null || now - this.#begun >= this.#timeoutMs) this.#begin(compute, background, now);
    return withTimeout(this.#pending ?? compute(), this.#timeoutMs);
  }

  #begin(compute: () => Promise<T>, background: (work: Promise<unknown>) => void, now: number): void {
    this.#begun = now;
    const pending = compute().then(
      (value) => {
        this.#kept = { value, until: Date.now() + this.#keepMs(value) };
        this.#end(pending);
        return value;
      },
      (error: unknown) => {
        this.#end(pending);
        throw error;
      },
    );
    this.#pending = pending;
    background(pending.catch(() => undefined));
  }

  #end(pending: Promise<T>): void {
    if (this.#pending === pending) this.#pending = null;
  }
}
