// Group commit. Every commit is an fsync, or a quorum round trip on the edge, so the unit of work is a group: what arrives while
// a group waits or is being committed joins it or the next one. Inside a group there is no `await`: it is one transaction.
// It knows nothing of what the work is.

type Work = () => void;

/** What a turn ends with. */
export interface Ends {
  /** Writes what is left to write; true if the group wrote anything. */
  seal(): boolean;
  /** Sends what was said and starts what waits. What it tells is written: the runtime holds it until that is durable. */
  tell(): void;
  /** Resolves when everything written is durable. */
  committed(): Promise<void>;
  /** Called with whatever a group threw: memory and disk may differ then, and the object must start again. */
  broken(error: unknown): void;
}

/** Ms without work after which nobody is waited for. */
const QUIET = 1;

/**
 * When work last joined a turn, in any mailbox of this isolate, ms since 1970. A burst is one burst for the disk, whosever it is:
 * a mailbox alone would take each round of a busy neighbourhood for the end of a quiet time, and seal its first frame by itself.
 */
let lastWork = 0;

export class Turn {
  #works: Work[] = [];
  #armed = false;
  #running = false;
  #committing = false;
  #ended = false;
  #lastGroup = 0;
  readonly #ends: Ends;

  constructor(ends: Ends) {
    this.#ends = ends;
  }

  /**
   * Does `work` in the next group. Sealed a moment late, so that neighbours that are already waiting get in; at once where
   * nothing came for a while.
   */
  join(work: Work): void {
    const now = Date.now();
    const quiet = now - lastWork > QUIET;
    lastWork = now;
    this.#add(work, quiet);
  }

  /** As `join`, for work that is many messages already: only this mailbox's own last group is waited for. */
  joinMany(work: Work): void {
    lastWork = Date.now();
    this.#add(work, lastWork - this.#lastGroup > QUIET);
  }

  /** As `joinMany`; resolves with what `work` returned. The runtime holds whatever follows until the group is durable. */
  joined<T>(work: () => T): Promise<T> {
    if (this.#ended) return Promise.reject(new Error("this life of the mailbox has ended"));
    return new Promise((resolve) => this.joinMany(() => resolve(work())));
  }

  /** Does what has joined so far, then `work`, at once, as one group. */
  now(work: Work): void {
    if (this.#ended) return;
    this.#works.push(work);
    this.#run();
  }

  /** Does `work` at once, and tells. It writes nothing, so it needs no group. */
  aside(work: Work): void {
    if (this.#ended) return;
    this.#guarded(() => {
      work();
      this.#ends.tell();
    });
  }

  /** As `now`; what joins later is ignored. */
  end(work: Work): void {
    this.now(work);
    this.#ended = true;
  }

  #add(work: Work, quiet: boolean): void {
    if (this.#ended) return;
    this.#works.push(work);
    if (this.#armed || this.#committing) return;
    if (quiet && !this.#running) this.#run();
    else this.#arm();
  }

  #arm(): void {
    this.#armed = true;
    setTimeout(() => {
      this.#armed = false;
      this.#run();
    }, 0);
  }

  #run(): void {
    const works = this.#works;
    if (works.length === 0) return;
    this.#works = [];
    this.#lastGroup = Date.now();
    this.#guarded(() => {
      for (const work of works) work();
      const wrote = this.#ends.seal();
      this.#ends.tell();
      if (wrote) this.#commit();
    });
  }

  #guarded(work: Work): void {
    this.#running = true;
    try {
      work();
    } catch (error) {
      this.#ends.broken(error);
      throw error;
    } finally {
      this.#running = false;
    }
  }

  #commit(): void {
    if (this.#committing) return;
    this.#committing = true;
    const next = () => {
      this.#committing = false;
      if (this.#works.length > 0) this.#arm();
    };
    this.#ends.committed().then(next, next);
  }
}
