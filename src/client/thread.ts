// One conversation as it is shown: the latest messages, and older ones on request, first from the store, then from the
// mailbox's history. It knows records; no socket, and no frame.
import type { CheckBody } from "./body-schema.ts";
import { Computed, stableList } from "./live-value.ts";
import { isSameState, type Message, ofDraft, ofEntry } from "./message.ts";
import type { RemovedMessages } from "./removed-messages.ts";
import type { Commit, Draft, Entry, Failure, Piece, Removed, Row } from "./store.ts";
import { waitFor, type WaitOptions } from "./wait.ts";

/** Messages that a conversation begins with, and that `older` adds; and the most that the mailbox gives at once. */
const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200;
/** Messages of one conversation that are shown late, at most; older ones are in the conversation. */
export const MAX_MISSED = 1_000;

/** What a thread needs of its client's view. */
interface ThreadSource {
  readonly user: string;
  readonly check: CheckBody | null;
  readonly threads: Set<Thread>;
  readonly discarded: ReadonlySet<number>;
  readonly removed: RemovedMessages;
  row(peer: string): Row | undefined;
  drafts(): readonly Draft[];
}

/**
 * Reads a page of the messages of a conversation before a seq: at most `limit`, the latest ones, which are stored on this
 * device then. `from` is 0 at the beginning. Rejects where only the mailbox has them, and it can't be asked.
 */
export type ReadPage = (peer: string, before: number, limit: number) => Promise<Piece>;

/** The messages of one conversation, oldest first; drafts last. */
export class Thread extends Computed<readonly Message[]> {
  readonly peer: string;
  readonly #source: ThreadSource;
  readonly #readPage: ReadPage;
  readonly #pageSize: number;
  #entries: readonly Entry[] = [];
  /** The messages as they were shown last, by key. Updated in place, because a conversation may have many messages. */
  readonly #shown = new Map<string, Message>();
  /** The value that was computed last. */
  #last: readonly Message[] = [];
  #reading: Promise<boolean> | null = null;
  #isLoading = true;
  #error: Error | null = null;
  #hasMore = true;

  constructor(peer: string, source: ThreadSource, readPage: ReadPage, pageSize = PAGE_SIZE) {
    super(() => this.#messages());
    this.peer = peer;
    this.#source = source;
    this.#readPage = readPage;
    this.#pageSize = Math.min(Math.max(Math.trunc(pageSize) || 1, 1), MAX_PAGE_SIZE);
    source.threads.add(this);
    this.older().catch(() => undefined);
  }

  /** Whether there may be older messages than those that are here. */
  get more(): boolean {
    return this.#hasMore;
  }

  /** Whether messages are being read. */
  get loading(): boolean {
    return this.#isLoading;
  }

  /** Why the last reading failed; null where it did not. */
  get error(): Error | null {
    return this.#error;
  }

  /**
   * Adds a page of older messages. Resolves with whether there are more; rejects where only the mailbox has them and
   * there is no connection.
   */
  older(wait: WaitOptions = {}): Promise<boolean> {
    return waitFor(() => (this.#reading ??= this.#older()), wait);
  }

  /** A connection is open: what could not be read without one is read again. */
  retry(): void {
    const again = () => {
      if (this.#error !== null) this.older().catch(() => undefined);
    };
    if (this.#reading === null) again();
    else this.#reading.then(again, again);
  }

  /** The thread changes no more. */
  close(): void {
    this.end();
    this.#source.threads.delete(this);
  }

  /** The store has this commit, of this conversation or of others. */
  apply(commit: Commit): void {
    const entries = (commit.entries ?? []).filter(({ peer }) => peer === this.peer);
    const failures = new Map((commit.failures ?? []).map(({ seq, ...failed }) => [seq, failed]));
    const hasFailures = failures.size > 0 && this.#entries.some(({ seq }) => failures.has(seq));
    if (entries.length > 0) this.#merge(entries);
    const hasRemoved = this.#dropRemoved(commit.removed ?? []);
    if (failures.size > 0) this.#entries = this.#entries.map((entry) => withFailure(entry, failures.get(entry.seq)));
    const hasChanged = [...(commit.rows ?? []), ...(commit.drafts ?? [])].some(({ peer }) => peer === this.peer);
    const settled = (commit.settled ?? []).filter((key) => this.#shown.delete(key));
    if (entries.length + settled.length > 0 || hasRemoved || hasFailures || hasChanged) this.changed();
  }

  /**
   * The latest messages in the store, MAX_MISSED at most: what is shown of them, up to the seq `upTo`, and is not there
   * any more was removed while this client did not run.
   */
  keep({ entries, from }: Piece, upTo: number): void {
    const seqs = entries.map(({ seq }) => seq);
    const first = seqs.at(-MAX_MISSED) ?? from;
    this.#entries = this.#entries.filter(({ seq }) => seq < first || seq > upTo || seqs.includes(seq));
    this.changed();
  }

  /** Of a conversation that was removed while this client did not run the row alone says so. */
  #dropRemoved(removed: readonly Removed[]): boolean {
    const { removed: known } = this.#source;
    const isFirst = known.hasAllUpTo(this.peer, this.#entries[0]?.seq ?? 0);
    if (!isFirst && !removed.some(({ peer }) => peer === this.peer)) return false;
    this.#entries = this.#entries.filter(({ seq, key }) => {
      const isRemoved = known.has(this.peer, seq);
      if (isRemoved) this.#shown.delete(key);
      return !isRemoved;
    });
    return true;
  }

  async #older(): Promise<boolean> {
    // A listener of the change may ask for older messages: then this reading is known.
    await Promise.resolve();
    this.#setLoading(true, null);
    let error: Error | null = null;
    try {
      const page = await this.#readPage(this.peer, this.#entries[0]?.seq ?? Infinity, this.#pageSize);
      this.#hasMore = page.from > 0 || page.entries.length === this.#pageSize;
      this.#merge(page.entries);
      return this.#hasMore;
    } catch (thrown) {
      error = thrown instanceof Error ? thrown : new Error(String(thrown));
      throw error;
    } finally {
      this.#reading = null;
      this.#setLoading(false, error);
    }
  }

  /** Listeners that compare values see this change too: the value is another array. */
  #setLoading(isLoading: boolean, error: Error | null): void {
    if (isLoading === this.#isLoading && error === this.#error) return;
    this.#isLoading = isLoading;
    this.#error = error;
    this.#last = [];
    this.changed();
  }

  /** Sorts by seq. Of two entries with the same seq the one that is here stays, because its key was shown. */
  #merge(entries: readonly Entry[]): void {
    const isOlder = (entries.at(-1)?.seq ?? 0) < (this.#entries[0]?.seq ?? 0);
    const all = isOlder ? [...entries, ...this.#entries] : [...this.#entries, ...entries];
    const isSorted = all.every(({ seq }, i) => seq > (all[i - 1]?.seq ?? 0));
    this.#entries = all;
    // A long conversation is not sorted again for each new message and each page of older ones.
    if (isSorted) return;
    const bySeq = new Map(all.toReversed().map((entry) => [entry.seq, entry]));
    this.#entries = [...bySeq.values()].toSorted((a, b) => a.seq - b.seq);
  }

  /** A message that has not changed stays the same object; so does the list. */
  #messages(): readonly Message[] {
    const { user, discarded, check } = this.#source;
    const row = this.#source.row(this.peer);
    const unsent = this.#source.drafts().filter(({ peer }) => peer === this.peer);
    const stored = new Set(unsent.length > 0 ? this.#entries.map(({ key }) => key) : []);
    const drafts = unsent.filter(({ key }) => !stored.has(key));
    const entries = this.#entries.filter(({ seq, failed }) => failed?.isDiscarded !== true && !discarded.has(seq));
    const all = [
      ...entries.map((entry) => ofEntry(entry, user, row, check)),
      ...drafts.map((draft) => ofDraft(draft, user)),
    ];
    const shown = all.map((message) => {
      const last = this.#shown.get(message.key);
      if (last !== undefined && isSameState(last.state, message.state) && last.seq === message.seq) return last;
      this.#shown.set(message.key, message);
      return message;
    });
    this.#last = stableList(this.#last, shown);
    return this.#last;
  }
}

function withFailure(entry: Entry, failed: Failure | undefined): Entry {
  return failed === undefined ? entry : { ...entry, failed };
}
