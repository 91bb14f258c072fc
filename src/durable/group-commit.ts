// Group commit. Every commit is an fsync, or a quorum round trip on the edge, so the unit of work is a group: what arrives while
// a group waits or is being committed joins it or the next one. Inside a group there is no `await`: it is one transaction.
// It knows nothing of what the work is.
import { Debounce } from "./debounce.ts";

type Work = () => void;

/** What a turn ends with. */
export interface CommitHooks {
  /** Writes what is left to write. */
  flushWrites(): void;
  /** Sends what was said and starts what waits. What it tells is written: the runtime holds it until that is durable. */
  flushReplies(): void;
  /** Whether anything was written since this was last asked. */
  takeWrote(): boolean;
  /** Resolves when everything written is durable. */
  whenDurable(): Promise<void>;
  /** Called with whatever a group threw: memory and disk may differ then, and the object must start again. */
  onError(error: unknown): void;
}

/** Ms after a group in which more work shows that it was sealed too early. */
const TOO_EARLY_MS = 1;

/** UTF-16 units of what waits for one group. Answers: a flood that keeps the timer from coming, and fills memory meanwhile. */
const MAX_UNITS = 1_000_000;

/** UTF-16 units that are worth a group: its own cost is little beside theirs. */
const BATCH_UNITS = 8_000;

/** Ms in which groups follow each other where people are busy. */
const DEFER_MS = 20;

export class GroupCommit {
  #works: Work[] = [];
  #units = 0;
  /** Work that any group takes along; after a moment it gets one of its own. */
  #lates: Work[] = [];
  readonly #moment = new Debounce(DEFER_MS, () => this.#run());
  #armed = false;
  #running = false;
  #committing = false;
  #ended = false;
  /** When the last group was, ms since 1970, and whether the next one waits for neighbours: where that one had some. */
  #last = 0;
  #waits = false;
  readonly #ends: CommitHooks;

  constructor(ends: CommitHooks) {
    this.#ends = ends;
  }

  /**
   * Does `work` in the next group. Where waiting a moment brought neighbours together the last time, it waits; where it did not, the
   * group is sealed at once. `units`: about what the work keeps in memory until it is done, in UTF-16 units.
   */
  enqueue(work: Work, units = 0): void {
    if (this.#ended) return;
    this.#works.push(work);
    this.#units += units;
    this.#begin();
  }

  /** As `join`; resolves with what `work` returned. The runtime holds whatever follows until the group is durable. */
  run<T>(work: () => T): Promise<T> {
    if (this.#ended) return Promise.reject(new Error("this life of the mailbox has ended"));
    return new Promise((resolve) => this.enqueue(() => resolve(work())));
  }

  /** As `joined`, but where a group was a moment ago it waits for the next one, for another moment: a commit less. */
  runSoon<T>(work: () => T): Promise<T> {
    if (this.#ended || Date.now() - this.#last > DEFER_MS) return this.run(work);
    return new Promise((resolve) => {
      this.#lates.push(() => resolve(work()));
      this.#moment.schedule();
    });
  }

  /**
   * As `join`, for work that leads to nothing before something else is done: it goes along with the next group, and waits until
   * `release`, or a moment at most. What is worth a group of its own waits for nothing.
   */
  enqueueAfterCall(work: Work, units: number): void {
    if (this.#works.length > 0) return this.enqueue(work, units);
    if (this.#ended) return;
    this.#lates.push(work);
    this.#units += units;
    if (this.#units > BATCH_UNITS) this.releaseDeferred();
    else this.#moment.schedule();
  }

  /** What waits behind something else goes on. */
  releaseDeferred(): void {
    this.#works = [...this.#lates, ...this.#works];
    this.#lates = [];
    if (this.#works.length > 0) this.#begin();
  }

  /** Does what has joined so far, then `work`, at once, as one group. */
  runNow(work: Work): void {
    if (this.#ended) return;
    this.#works.push(work);
    this.#run();
  }

  /** Does `work` at once, and tells. It has nothing to seal, so it needs no group. */
  runReadOnly(work: Work): void {
    if (this.#ended) return;
    this.#guarded(() => {
      work();
      this.#tell();
    });
  }

  /** Whether nothing is done any more. */
  get isClosed(): boolean {
    return this.#ended;
  }

  /** What joins later is ignored. */
  close(): void {
    this.#ended = true;
    this.#works = [];
    this.#lates = [];
  }

  /** Sees to it that what waits is done: now, or when neighbours have had the time to come. */
  #begin(): void {
    if (this.#units > MAX_UNITS && !this.#running) return this.#run();
    if (this.#armed || this.#committing) return;
    if (Date.now() - this.#last <= TOO_EARLY_MS) this.#waits = true;
    if (this.#waits || this.#running) this.#arm();
    else this.#run();
  }

  #arm(): void {
    this.#armed = true;
    setTimeout(() => {
      this.#armed = false;
      this.#run();
    }, 0);
  }

  #run(): void {
    const works = [...this.#lates, ...this.#works];
    if (works.length === 0) return;
    this.#waits = works.length > 1;
    this.#lates = [];
    this.#works = [];
    this.#units = 0;
    this.#last = Date.now();
    this.#guarded(() => {
      for (const work of works) work();
      this.#ends.flushWrites();
      this.#tell();
    });
  }

  #guarded(work: Work): void {
    this.#running = true;
    try {
      work();
    } catch (error) {
      this.#ends.onError(error);
      throw error;
    } finally {
      this.#running = false;
    }
  }

  #tell(): void {
    this.#ends.flushReplies();
    // To tell may be to write, too: a row that is ahead of its table, what retention takes.
    if (this.#ends.takeWrote()) this.#commit();
  }

  #commit(): void {
    if (this.#committing) return;
    this.#committing = true;
    const next = () => {
      this.#committing = false;
      if (this.#works.length > 0) this.#arm();
    };
    this.#ends.whenDurable().then(next, next);
  }
}
