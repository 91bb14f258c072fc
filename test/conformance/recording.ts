// What happens while a case is played: every frame, event and command in its order, and the waits for them. A wait
// that ends without what was expected says so in a sentence, with the last lines of the recording.

/** Ms that a client has for something that needs no pause of its own. Long: many cases are played at once. */
export const WITHIN_MS = 20_000;
/** Ms in which a dead connection has to be noticed, and a lost one replaced, with its back-off. */
export const RECONNECT_MS = 60_000;
/** Ms in which a client shows that it opens a second connection. */
export const SECOND_MS = 1_500;

/** Lines that a failure quotes, and characters of each of them. */
const QUOTED_LINES = 12;
const QUOTED_CHARS = 240;

/** The case failed: the client did something else than expected. */
export class Failure extends Error {}

/** The client lacks an ability, or does not use something optional. */
export class Skipped extends Error {}

/** Finds the first item that matches, in a list that only grows: each item is looked at once. */
export function firstOf<T>(list: readonly T[], matches: (item: T) => boolean): () => T | undefined {
  let at = 0;
  return () => {
    for (; at < list.length; at++) if (matches(list[at] as T)) return list[at];
    return undefined;
  };
}

export class Recording {
  readonly lines: string[] = [];
  readonly #begun = performance.now();
  readonly #waiting = new Set<() => void>();
  #problem: Error | null = null;

  /** Adds a line and lets every wait look again. `who` did what `text` says. */
  add(who: string, text: string): void {
    const at = ((performance.now() - this.#begun) / 1_000).toFixed(3).padStart(7);
    this.lines.push(`${at}  ${who}  ${text.length > QUOTED_CHARS ? `${text.slice(0, QUOTED_CHARS)}…` : text}`);
    this.changed();
  }

  changed(): void {
    for (const look of this.#waiting) look();
  }

  /** Ends every wait, also the later ones, with this error. The first one counts. */
  fail(problem: Error): void {
    this.#problem ??= problem;
    this.changed();
  }

  /** Throws what has gone wrong until now. */
  check(): void {
    if (this.#problem !== null) throw this.#problem;
  }

  /** The failure `sentence`, with the last lines. */
  failure(sentence: string): Failure {
    return new Failure([sentence, ...this.lines.slice(-QUOTED_LINES).map((line) => `    ${line}`)].join("\n"));
  }

  /** Resolves with what `find` finds. `expected` completes the sentence "Expected: …". */
  async until<T>(expected: string, find: () => T | undefined, withinMs = WITHIN_MS): Promise<T> {
    const found = await this.within(withinMs, find);
    if (found !== undefined) return found;
    throw this.failure(`Expected within ${withinMs / 1_000} s: ${expected}. It did not come.`);
  }

  /** Fails if `find` finds something within `ms`. `forbidden` completes the sentence "Expected: no …". */
  async never(forbidden: string, ms: number, find: () => unknown): Promise<void> {
    const end = performance.now() + ms;
    // On a busy machine the timer is late: what comes after the end is allowed.
    const found = await this.within(ms, () => (performance.now() < end && find()) || undefined);
    if (found !== undefined) throw this.failure(`Expected: no ${forbidden}. It came: ${JSON.stringify(found)}.`);
  }

  /** Resolves with what `find` finds, or with undefined after this time. */
  async within<T>(withinMs: number, find: () => T | undefined): Promise<T | undefined> {
    this.check();
    const first = find();
    if (first !== undefined) return first;
    return new Promise<T | undefined>((resolve, reject) => {
      const look = () => {
        try {
          this.check();
          const found = find();
          if (found !== undefined) end(() => resolve(found));
        } catch (error) {
          end(() => reject(error));
        }
      };
      const timer = setTimeout(() => end(() => resolve(undefined)), withinMs);
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle();
      };
      this.#waiting.add(look);
    });
  }
}
