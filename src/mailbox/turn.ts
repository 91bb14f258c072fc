// Group commit. Every commit is an fsync, or a quorum round trip on the edge, so the unit of work is a group: what arrives while
// a group waits or is being committed joins it or the next one. Inside a group there is no `await`: it is one transaction.
// It knows nothing of what the work is.

type Work = () => void;

export class Turn {
  #works: Work[] = [];
  #armed = false;
  #committing = false;
  #ended = false;
  readonly #seal: () => boolean;
  readonly #committed: () => Promise<void>;
  readonly #broken: (error: unknown) => void;

  /**
   * `seal` ends a group: writes what is left to write, then tells; true if anything was written. `committed` resolves when that is
   * durable. `broken` is called with whatever a group threw: memory and disk may differ then, and the object must start again.
   */
  constructor(seal: () => boolean, committed: () => Promise<void>, broken: (error: unknown) => void) {
    this.#seal = seal;
    this.#committed = committed;
    this.#broken = broken;
  }

  /** Does `work` in the next group. Sealed a moment late: neighbours that are already waiting get in. */
  join(work: Work): void {
    if (this.#ended) return;
    this.#works.push(work);
    this.#arm();
  }

  /** As `join`; resolves with what `work` returned. The runtime holds whatever follows until the group is durable. */
  joined<T>(work: () => T): Promise<T> {
    if (this.#ended) return Promise.reject(new Error("this life of the mailbox has ended"));
    return new Promise((resolve) => this.join(() => resolve(work())));
  }

  /** Does what has joined so far, then `work`, at once, as one group. */
  now(work: Work): void {
    if (this.#ended) return;
    this.#works.push(work);
    this.#run();
  }

  /** As `now`; what joins later is ignored. */
  end(work: Work): void {
    this.now(work);
    this.#ended = true;
  }

  #arm(): void {
    if (this.#armed || this.#committing) return;
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
    try {
      for (const work of works) work();
      if (this.#seal()) this.#commit();
    } catch (error) {
      this.#broken(error);
      throw error;
    }
  }

  #commit(): void {
    if (this.#committing) return;
    this.#committing = true;
    const next = () => {
      this.#committing = false;
      if (this.#works.length > 0) this.#arm();
    };
    this.#committed().then(next, next);
  }
}
