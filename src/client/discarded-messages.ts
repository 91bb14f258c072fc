// Failed messages that the user has removed from a conversation, and the list of conversations: none of them is a last
// message. It knows records and where they are read.
import type { Listed, LogState } from "./apply-frames.ts";
import type { Entry, Store } from "./store.ts";
import type { ReadPage } from "./thread.ts";

/** Messages before a discarded one among which one that is shown is looked for. */
const DISCARDED_IN_A_ROW = 20;

/** Where the last message of a conversation was discarded, the one before it takes its place in the list. */
export async function replaceDiscarded(log: LogState, readPage: ReadPage): Promise<void> {
  for (const last of log.discarded) {
    try {
      const { entries } = await readPage(last.peer, last.seq, DISCARDED_IN_A_ROW);
      const isShown = ({ seq, failed }: Entry) => failed?.isDiscarded !== true && !log.hasRemoved(last.peer, seq);
      log.replaceLast(last, entries.findLast(isShown) ?? null);
    } catch {
      // Read again on the next connection.
    }
  }
}

/** A conversation as the mailbox lists it: whether its last message was discarded here only the store knows. */
export async function withStoredLast(one: Listed, store: Store): Promise<Listed> {
  if (one.last?.failed === undefined) return one;
  const { entries } = await store.piece(one.peer, one.last.seq + 1, 1);
  return entries[0]?.seq === one.last.seq ? { ...one, last: entries[0] } : one;
}
