// The users of this isolate whose mailboxes broke since the last commit of any mailbox that succeeded. GET /api/health
// reads whether they are several: then the fault is in the code or the disk, not in one mailbox.

/** Users that have to break. Answers: one broken mailbox that takes a whole server out of service. */
const MIN_USERS = 2;
/** Ms after the last one that broke in which they count. */
const WINDOW_MS = 60_000;
/** Names in memory. Answers: a fault of all mailboxes that fills the memory. */
const MAX_USERS = 16;

export class BrokenMailboxes {
  readonly #users = new Set<string>();
  #lastAt = 0;

  /** The mailbox could not be opened, or could not commit. */
  add(user: string, now = Date.now()): void {
    if (this.#users.size < MAX_USERS) this.#users.add(user);
    this.#lastAt = now;
  }

  /** A mailbox has committed. */
  clear(): void {
    if (this.#users.size > 0) this.#users.clear();
  }

  /** Whether several users' mailboxes broke in the last minute, and none has committed since. */
  areSeveral(now = Date.now()): boolean {
    return this.#users.size >= MIN_USERS && now - this.#lastAt < WINDOW_MS;
  }
}

/** Those of this isolate. */
export const brokenMailboxes = new BrokenMailboxes();
