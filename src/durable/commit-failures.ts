// Commits that are under way, over all mailboxes of this isolate. Where the disk is full, a commit fails after everything that could say so:
// the object ends and its sockets break without a word. Its next life finds here that the last ones did not finish, and says it.

/** For so long, ms, a mailbox whose commits failed says so; then it tries again. */
const REFUSE_MS = 5_000;
/** Lives that ended in a commit, one after the other: a single one may have ended so by chance. */
const FAILURES_IN_A_ROW = 2;

export class CommitFailures {
  /** By mailbox: when its commit began, ms since 1970; and how many lives ended in one since the last that was done. */
  readonly #underWay = new Map<string, number>();
  readonly #failed = new Map<string, number>();

  /** Notes that a commit of this mailbox has begun, until it is done. */
  async track(user: string, commit: Promise<void>): Promise<void> {
    this.#underWay.set(user, Date.now());
    await commit;
    this.#underWay.delete(user);
    this.#failed.delete(user);
  }

  /** Until when a mailbox that wakes is to say that it can't store, ms since 1970; 0 where nothing speaks for it. */
  refuseWritesUntil(user: string): number {
    const began = this.#underWay.get(user);
    if (began === undefined) return 0;
    const lives = (this.#failed.get(user) ?? 0) + 1;
    this.#underWay.delete(user);
    this.#failed.set(user, lives);
    return lives < FAILURES_IN_A_ROW ? 0 : began + REFUSE_MS;
  }
}

export const commitFailures = new CommitFailures();
