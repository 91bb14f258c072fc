// Last messages of conversations that are not shown any more, because the user has removed or discarded them: the ones
// before them take their places. It knows records and where they are read.
import type { LogState } from "./apply-frames.ts";
import type { Listed } from "./listed.ts";
import { isReplaced } from "./rows.ts";
import type { Entry, Store } from "./store.ts";
import type { ReadPage } from "./thread.ts";

/** Messages among which one that is shown is looked for at once. */
const PAGE_SIZE = 20;

export class DiscardedMessages {
  readonly #log: LogState;
  readonly #readPage: ReadPage;
  readonly #replaced: () => void;
  /** Calls of `replace` since no run was under way. */
  #calls = 0;

  constructor(log: LogState, readPage: ReadPage, replaced: () => void) {
    this.#log = log;
    this.#readPage = readPage;
    this.#replaced = replaced;
  }

  /** To be called when the store has the removals. One run at a time, however many messages are removed. */
  async replace(): Promise<void> {
    if (this.#calls++ > 0) return;
    for (let seen = 0; seen < this.#calls;) {
      seen = this.#calls;
      for (const last of this.#log.discarded) {
        // What can't be read is read again on the next connection.
        const before = await shownBefore(last, this.#readPage).catch(() => undefined);
        if (before !== undefined) this.#log.replaceLast(last, before);
      }
      this.#replaced();
    }
    this.#calls = 0;
  }
}

async function shownBefore({ peer, seq }: Entry, readPage: ReadPage): Promise<Entry | null> {
  for (let before = seq; before > 0;) {
    const { entries, from } = await readPage(peer, before, PAGE_SIZE);
    const shown = entries.findLast((entry) => !isReplaced(entry));
    if (shown) return shown;
    before = from;
  }
  return null;
}

/** A conversation as the mailbox lists it: whether its last message was discarded here only the store knows. */
export async function withStoredLast(one: Listed, store: Store): Promise<Listed> {
  if (one.last?.failed === undefined) return one;
  const { entries } = await store.piece(one.peer, one.last.seq + 1, 1);
  return entries[0]?.seq === one.last.seq ? { ...one, last: entries[0] } : one;
}
