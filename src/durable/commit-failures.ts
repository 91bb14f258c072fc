// Tracks the commits under way of all mailboxes in this isolate. When the disk is full, a commit fails after the reply
// was built: the object is reset, and its sockets break without an error. Its next instance finds the unfinished commit
// here, and refuses what it can't store.
import { BrokenMailboxes, brokenMailboxes } from "../protocol/broken-mailboxes.ts";

/** How long a mailbox whose commits failed refuses writes; then it tries again. */
const REFUSE_MS = 5_000;
/** Instances in a row that ended in a commit. A single one may have ended so by chance. */
const FAILURES_IN_A_ROW = 2;

export class CommitFailures {
  readonly #broken: BrokenMailboxes;
  /** When each user's commit began, ms since 1970. */
  readonly #underWay = new Map<string, number>();
  /** Instances of each user's that ended in a commit, since the last commit that was done. */
  readonly #failed = new Map<string, number>();

  constructor(broken = new BrokenMailboxes()) {
    this.#broken = broken;
  }

  /** Tracks a commit of this user's mailbox until it is done. */
  async track(user: string, commit: Promise<void>): Promise<void> {
    this.#underWay.set(user, Date.now());
    await commit;
    this.#underWay.delete(user);
    this.#failed.delete(user);
    this.#broken.clear();
  }

  /** Until when a mailbox that wakes refuses writes, ms since 1970; 0: its commits have not failed. */
  refuseWritesUntil(user: string): number {
    const began = this.#underWay.get(user);
    if (began === undefined) return 0;
    const failures = (this.#failed.get(user) ?? 0) + 1;
    this.#underWay.delete(user);
    this.#failed.set(user, failures);
    if (failures >= FAILURES_IN_A_ROW) this.#broken.add(user);
    return failures < FAILURES_IN_A_ROW ? 0 : began + REFUSE_MS;
  }
}

export const commitFailures = new CommitFailures(brokenMailboxes);
