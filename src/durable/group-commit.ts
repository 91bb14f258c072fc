// Group commit. Every commit is an fsync, or a quorum round trip at the edge, so work of several events shares one
// transaction. From the first work of a transaction to its flush there is no `await`. This file knows nothing of what
// the work is.
//
// The ways in, and when each is flushed:
// - enqueue: with the next transaction. It begins at once after a quiet time; in a `setTimeout` of 0 ms where
//   neighbours are likely; and not before the commit under way is done.
// - run: the same, with a promise of the result. The platform holds what follows from the promise until the transaction
//   is durable.
// - runSoon: the same as `run`, except within 20 ms of a transaction: then with the next one, 20 ms later at most.
// - enqueueAfterCall: with the next transaction, which begins when the call under way ends (`releaseDeferred`), 20 ms
//   later at most.
// - runNow: at once, in one transaction with everything that is queued.
// - runReadOnly: at once, and alone. `flushWrites` is not called, so the work must not depend on a row of its own. What
//   it changes in memory may lead to deferred rows, which the next transaction writes.
// Each ends with `flushReplies`. That may write rows too, also after `runReadOnly`; then a commit follows.
import { Debounce } from "./debounce.ts";

type Work = () => void;

/** What a transaction ends with. */
interface CommitHooks {
  /** Writes the rows that are buffered in memory. */
  flushWrites(): void;
  /**
   * Sends replies and starts calls. They speak of written rows alone: the platform holds them until these are durable.
   */
  flushReplies(): void;
  /** Whether anything was written since the last time this was called. */
  takeWrote(): boolean;
  /** Resolves when everything written is durable. */
  whenDurable(): Promise<void>;
  /** Work or a hook threw: memory and disk may differ, and the object must start again. */
  onError(error: unknown): void;
}

/**
 * Work that comes within this time of a transaction shows that it began too early: the next one waits for neighbours.
 */
const TOO_EARLY_MS = 1;

/**
 * UTF-16 units that may be queued; beyond, they are a transaction at once. Answers: a flood that keeps the timer from
 * firing, and fills memory meanwhile.
 */
const MAX_QUEUED_UNITS = 1_000_000;

/** UTF-16 units that are worth a transaction: its own cost is small beside theirs. */
const WORTHWHILE_UNITS = 8_000;

/** How long deferred work waits at most. */
const MAX_DEFER_MS = 20;

export class GroupCommit {
  readonly #hooks: CommitHooks;
  #queued: Work[] = [];
  /** Work that joins any transaction, and gets one of its own after MAX_DEFER_MS. */
  #deferred: Work[] = [];
  /** UTF-16 units of all work that waits, about. */
  #units = 0;
  readonly #deferTimer = new Debounce(MAX_DEFER_MS, () => this.#transact());
  #isScheduled = false;
  #isRunning = false;
  #isCommitting = false;
  #isClosed = false;
  /** When the last transaction was, ms since 1970. */
  #lastAt = 0;
  /** Whether the next transaction waits for neighbours: the last one had some, or began too early. */
  #waitsForMore = false;

  constructor(hooks: CommitHooks) {
    this.#hooks = hooks;
  }

  /** Does `work` in the next transaction. `units`: UTF-16 units that it keeps in memory until then, about. */
  enqueue(work: Work, units = 0): void {
    if (this.#isClosed) return;
    this.#queued.push(work);
    this.#units += units;
    this.#schedule();
  }

  /** As `enqueue`; resolves with the result of `work`. Rejects where the object's instance has ended. */
  run<T>(work: () => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(new Error("this instance of the object has ended"));
    return new Promise((resolve) => this.enqueue(() => resolve(work())));
  }

  /** As `run`, for work that can wait for a transaction that comes anyway: one commit less. */
  runSoon<T>(work: () => T): Promise<T> {
    if (this.#isClosed || Date.now() - this.#lastAt > MAX_DEFER_MS) return this.run(work);
    return new Promise((resolve) => {
      this.#deferred.push(() => resolve(work()));
      this.#deferTimer.schedule();
    });
  }

  /**
   * As `enqueue`, for work that leads to nothing before a call has ended. It waits for `releaseDeferred`, unless it is
   * worth a transaction.
   */
  enqueueAfterCall(work: Work, units: number): void {
    if (this.#queued.length > 0) return this.enqueue(work, units);
    if (this.#isClosed) return;
    this.#deferred.push(work);
    this.#units += units;
    if (this.#units > WORTHWHILE_UNITS) this.releaseDeferred();
    else this.#deferTimer.schedule();
  }

  /** Queues the deferred work, before what was queued since. */
  releaseDeferred(): void {
    this.#queued = [...this.#deferred, ...this.#queued];
    this.#deferred = [];
    if (this.#queued.length > 0) this.#schedule();
  }

  /** Does everything that waits, then `work`, at once and in one transaction. */
  runNow(work: Work): void {
    if (this.#isClosed) return;
    this.#queued.push(work);
    this.#transact();
  }

  /**
   * Does `work` at once, without a flush of writes. Deferred rows that it leads to are written by the next transaction.
   */
  runReadOnly(work: Work): void {
    if (this.#isClosed) return;
    this.#orFail(() => {
      work();
      this.#flushReplies();
    });
  }

  /** Whether all further work is ignored. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Ends the instance: work that waits is dropped, and further work is ignored. */
  close(): void {
    this.#isClosed = true;
    this.#queued = [];
    this.#deferred = [];
  }

  /**
   * Has the queued work done: now, after neighbours have had the time to come, or when the commit under way is done.
   */
  #schedule(): void {
    if (this.#units > MAX_QUEUED_UNITS && !this.#isRunning) return this.#transact();
    if (this.#isScheduled || this.#isCommitting) return;
    if (Date.now() - this.#lastAt <= TOO_EARLY_MS) this.#waitsForMore = true;
    if (this.#waitsForMore || this.#isRunning) this.#setTimer();
    else this.#transact();
  }

  #setTimer(): void {
    this.#isScheduled = true;
    setTimeout(() => {
      this.#isScheduled = false;
      this.#transact();
    }, 0);
  }

  /** One transaction of all work that waits. */
  #transact(): void {
    const works = [...this.#deferred, ...this.#queued];
    if (works.length === 0) return;
    this.#waitsForMore = works.length > 1;
    this.#deferred = [];
    this.#queued = [];
    this.#units = 0;
    this.#lastAt = Date.now();
    this.#orFail(() => {
      for (const work of works) work();
      this.#hooks.flushWrites();
      this.#flushReplies();
    });
  }

  #orFail(work: Work): void {
    this.#isRunning = true;
    try {
      work();
    } catch (error) {
      this.#hooks.onError(error);
      throw error;
    } finally {
      this.#isRunning = false;
    }
  }

  /**
   * Replies may need rows: one that is ahead of its table, or what retention takes. So this, too, may end in a commit.
   */
  #flushReplies(): void {
    this.#hooks.flushReplies();
    if (this.#hooks.takeWrote()) this.#commit();
  }

  #commit(): void {
    if (this.#isCommitting) return;
    this.#isCommitting = true;
    const next = () => {
      this.#isCommitting = false;
      if (this.#queued.length > 0) this.#setTimer();
    };
    this.#hooks.whenDurable().then(next, next);
  }
}
