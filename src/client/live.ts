// State that can be read at any time and heard of when it changes. It knows nothing of what it holds.

/** Ends a subscription. */
export type Stop = () => void;

/** A value that changes. `subscribe` calls at once with the present value, then after each change. */
export interface Live<T> extends AsyncIterable<T> {
  readonly value: T;
  subscribe(listen: (value: T) => void): Stop;
}

/** One subscription. The function is gone when it has ended, also in the middle of a change. */
interface Listener<T> {
  listen: ((value: T) => void) | null;
}

/** The side of a `Live` that changes it. The value is computed when somebody wants it, and not before. */
export class Source<T> implements Live<T> {
  readonly #compute: () => T;
  /** Made when the first comes: there is a source for every message that is sent. */
  #listeners: Listener<T>[] | null = null;
  /** Iterations that wait for the next value. */
  #waiting: (() => void)[] | null = null;
  #cached: { readonly value: T } | null = null;
  #ended = false;

  constructor(compute: () => T) {
    this.#compute = compute;
  }

  get value(): T {
    return this.#now().value;
  }

  /** To be called when `compute` would answer otherwise. */
  changed(): void {
    this.#cached = null;
    for (const { listen } of this.#listeners ?? []) if (listen !== null) tell(listen, this.value);
    this.#wake();
  }

  /** Nothing will change any more: iterations end. */
  end(): void {
    this.#ended = true;
    this.#listeners = null;
    this.#wake();
  }

  subscribe(listen: (value: T) => void): Stop {
    const own: Listener<T> = { listen };
    if (!this.#ended) (this.#listeners ??= []).push(own);
    tell(listen, this.value);
    return () => {
      own.listen = null;
      this.#listeners = this.#listeners?.filter((one) => one !== own) ?? null;
    };
  }

  /** The present value, then each later one; whoever is slow is given the latest. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    let given: { readonly value: T } | null = null;
    for (;;) {
      const now = this.#now();
      if (now !== given) {
        given = now;
        yield now.value;
      } else if (this.#ended) return;
      else await new Promise<void>((done) => (this.#waiting ??= []).push(done));
    }
  }

  #now(): { readonly value: T } {
    this.#cached ??= { value: this.#compute() };
    return this.#cached;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.forEach((wake) => wake());
  }
}

/** Calls a listener; what it throws is its own affair, and reaches whoever looks at uncaught errors. */
export function tell<T>(listen: (value: T) => void, value: T): void {
  try {
    listen(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
