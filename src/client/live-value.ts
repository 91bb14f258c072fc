// State that can be read at any time and that notifies of its changes. It knows nothing of its values.

/** Ends a subscription. */
export type Stop = () => void;

/**
 * A value that changes. Until it does, `value` is the same object. `subscribe` calls at once with the present value, then
 * after each change; it is a function that needs no `this`, always the same one.
 */
export interface Live<T> extends AsyncIterable<T> {
  readonly value: T;
  readonly subscribe: (listen: (value: T) => void) => Stop;
}

const NO_LISTENERS: readonly never[] = [];

/** The side of a `Live` that changes it. */
export abstract class Source<T> implements Live<T> {
  /**
   * Called after each change, and when nothing will change any more. Replaced and never changed: most have one, or
   * none.
   */
  #listeners: readonly (() => void)[] = NO_LISTENERS;
  #subscribe: Live<T>["subscribe"] | undefined;
  #hasEnded = false;

  abstract get value(): T;

  protected get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get hasListeners(): boolean {
    return this.#listeners.length > 0;
  }

  /** To be called when there is another value. */
  changed(): void {
    this.#notify();
  }

  /** Nothing will change any more: iterations end. */
  end(): void {
    this.#hasEnded = true;
    this.#notify();
    this.#listeners = NO_LISTENERS;
  }

  /** Made when it is first asked for: most messages have no listener. */
  get subscribe(): Live<T>["subscribe"] {
    this.#subscribe ??= (listen) => {
      const listener = () => {
        if (!this.#hasEnded) notify(listen, this.value);
      };
      this.addListener(listener);
      notify(listen, this.value);
      return () => this.removeListener(listener);
    };
    return this.#subscribe;
  }

  /** The present value, then each later one; a slow iteration is given the latest. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    let isNew = true;
    let wake = () => {};
    const listener = () => {
      isNew ||= !this.#hasEnded;
      wake();
    };
    this.addListener(listener);
    try {
      for (;;) {
        if (isNew) {
          isNew = false;
          yield this.value;
        } else if (this.#hasEnded) return;
        else await new Promise<void>((done) => (wake = done));
      }
    } finally {
      this.removeListener(listener);
    }
  }

  /** Called after a listener was added. */
  protected listenerAdded(): void {}

  #notify(): void {
    // A listener that another one removes during this change is not called.
    for (const listener of this.#listeners) if (this.#listeners.includes(listener)) listener();
  }

  protected addListener(listener: () => void): void {
    if (this.#hasEnded) return;
    this.#listeners = [...this.#listeners, listener];
    this.listenerAdded();
  }

  protected removeListener(listener: () => void): void {
    this.#listeners = this.#listeners.filter((one) => one !== listener);
  }
}

/** A value that is computed when it is read, and not before. */
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

  /** The value is computed anew when it is read; listeners are notified later. */
  expire(): void {
    this.#cached = null;
  }

  override changed(): void {
    this.expire();
    super.changed();
  }
}

/** The last list where the next one has the same items: what has not changed stays the same object. */
export function stableList<T>(last: readonly T[], next: readonly T[]): readonly T[] {
  return last.length === next.length && next.every((item, i) => item === last[i]) ? last : next;
}

/** Calls a listener. An error that it throws is reported as an uncaught error and stops nothing else. */
export function notify<T>(listen: (value: T) => void, value: T): void {
  try {
    listen(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
