// State that can be read at any time and heard of when it changes. It knows nothing of what it holds.

/** Ends a subscription. */
export type Stop = () => void;

/** A value that changes. `subscribe` calls at once with the present value, then after each change. */
export interface Live<T> extends AsyncIterable<T> {
  readonly value: T;
  subscribe(listen: (value: T) => void): Stop;
}

const NOBODY: readonly never[] = [];

/** The side of a `Live` that changes it. */
export abstract class Source<T> implements Live<T> {
  /** Called after each change, and when nothing will change any more. Replaced and never changed: most have one, or none. */
  #hearing: readonly (() => void)[] = NOBODY;
  #ended = false;

  abstract get value(): T;

  /** Whether anybody wants to hear of changes. */
  get heard(): boolean {
    return this.#hearing.length > 0;
  }

  /** To be called when there is another value. */
  changed(): void {
    // Whoever stops in the middle of a change is not told of it.
    for (const hear of this.#hearing) if (this.#hearing.includes(hear)) hear();
  }

  /** Nothing will change any more: iterations end. */
  end(): void {
    this.#ended = true;
    this.changed();
    this.#hearing = NOBODY;
  }

  subscribe(listen: (value: T) => void): Stop {
    const hear = () => {
      if (!this.#ended) notify(listen, this.value);
    };
    this.#add(hear);
    notify(listen, this.value);
    return () => this.#remove(hear);
  }

  /** The present value, then each later one; whoever is slow is given the latest. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    let news = true;
    let wake = () => {};
    const hear = () => {
      news ||= !this.#ended;
      wake();
    };
    this.#add(hear);
    try {
      for (;;) {
        if (news) {
          news = false;
          yield this.value;
        } else if (this.#ended) return;
        else await new Promise<void>((done) => (wake = done));
      }
    } finally {
      this.#remove(hear);
    }
  }

  /** Somebody begins to hear. */
  protected begun(): void {}

  #add(hear: () => void): void {
    if (this.#ended) return;
    this.#hearing = [...this.#hearing, hear];
    this.begun();
  }

  #remove(hear: () => void): void {
    this.#hearing = this.#hearing.filter((one) => one !== hear);
  }
}

/** A value that is computed when somebody wants it, and not before. */
export class Computed<T> extends Source<T> {
  readonly #compute: () => T;
  #cached: { readonly value: T } | null = null;

  constructor(compute: () => T) {
    super();
    this.#compute = compute;
  }

  get value(): T {
    this.#cached ??= { value: this.#compute() };
    return this.#cached.value;
  }

  override changed(): void {
    this.#cached = null;
    super.changed();
  }
}

/** Calls a listener; what it throws is its own affair, and reaches whoever looks at uncaught errors. */
export function notify<T>(listen: (value: T) => void, value: T): void {
  try {
    listen(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
