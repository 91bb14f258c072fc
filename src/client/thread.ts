// One conversation as it is shown: the latest messages, and older ones on request, first from the store, then from the
// mailbox's history. It knows records; no socket, and no frame.
import { Computed } from "./live-value.ts";
import { type Message, ofDraft, ofEntry } from "./message.ts";
import type { Commit, Draft, Entry, Piece, Row, Why } from "./store.ts";

/** Messages that a conversation begins with, and that `older` adds. */
const PAGE_SIZE = 50;

/** What a thread needs of its client's view. */
export interface ThreadSource {
  readonly user: string;
  readonly threads: Set<Thread>;
  row(peer: string): Row | undefined;
  drafts(): readonly Draft[];
}

/** Reads a page of the messages of a conversation before a seq: at most `limit`, the latest ones. */
type ReadPage = (peer: string, before: number, limit: number) => Promise<Piece>;

/** Where a thread reads its pages. */
export interface PageStore {
  /** The messages that this device has. */
  readonly local: ReadPage;
  /**
   * The messages that the mailbox has; they are stored on this device too. `from` is 0 at the beginning. Rejects
   * without a connection.
   */
  readonly remote: ReadPage;
}

/** The messages of one conversation, oldest first; drafts last. */
export class Thread extends Computed<readonly Message[]> {
  readonly peer: string;
  readonly #source: ThreadSource;
  readonly #pages: PageStore;
  #entries: readonly Entry[] = [];
  #shown = new Map<string, Message>();
  #reading: Promise<boolean> | null = null;
  #hasMore = true;

  constructor(peer: string, source: ThreadSource, pages: PageStore) {
    super(() => this.#messages());
    this.peer = peer;
    this.#source = source;
    this.#pages = pages;
    source.threads.add(this);
    this.older().catch(() => undefined);
  }

  /** Whether there may be older messages than those that are here. */
  get more(): boolean {
    return this.#hasMore;
  }

  /**
   * Adds a page of older messages. Resolves with whether there are more; rejects where only the mailbox has them and
   * there is no connection.
   */
  older(): Promise<boolean> {
    this.#reading ??= this.#older().finally(() => (this.#reading = null));
    return this.#reading;
  }

  /** The thread changes no more. */
  close(): void {
    this.end();
    this.#source.threads.delete(this);
  }

  /** The store has this commit, of this conversation or of others. */
  apply(commit: Commit): void {
    const entries = (commit.entries ?? []).filter(({ peer }) => peer === this.peer);
    const failures = new Map((commit.failures ?? []).map(({ seq, code, message }) => [seq, { code, message }]));
    const hasFailures = failures.size > 0 && this.#entries.some(({ seq }) => failures.has(seq));
    if (entries.length > 0) this.#merge(entries);
    if (failures.size > 0) this.#entries = this.#entries.map((entry) => withFailure(entry, failures.get(entry.seq)));
    const hasChanged = [...(commit.rows ?? []), ...(commit.drafts ?? [])].some(({ peer }) => peer === this.peer);
    if (entries.length > 0 || hasFailures || hasChanged || (commit.settled ?? []).length > 0) this.changed();
  }

  async #older(): Promise<boolean> {
    const first = this.#entries[0]?.seq ?? Infinity;
    let page = await this.#pages.local(this.peer, first, PAGE_SIZE);
    if (page.entries.length === 0 && page.from > 0) page = await this.#pages.remote(this.peer, first, PAGE_SIZE);
    this.#hasMore = page.from > 0 || page.entries.length === PAGE_SIZE;
    if (page.entries.length > 0) this.#merge(page.entries);
    this.changed();
    return this.#hasMore;
  }

  /** Sorts by seq. Of two entries with the same seq the one that is here stays, because its key was shown. */
  #merge(entries: readonly Entry[]): void {
    const last = this.#entries.at(-1)?.seq ?? 0;
    if (entries.every(({ seq }, i) => seq > (entries[i - 1]?.seq ?? last))) {
      this.#entries = [...this.#entries, ...entries];
      return;
    }
    const all = new Map([...entries, ...this.#entries].map((entry) => [entry.seq, entry]));
    this.#entries = [...all.values()].toSorted((a, b) => a.seq - b.seq);
  }

  /** A message that has not changed stays the same object. */
  #messages(): readonly Message[] {
    const { user } = this.#source;
    const row = this.#source.row(this.peer);
    const stored = new Set(this.#entries.map(({ key }) => key));
    const drafts = this.#source.drafts().filter(({ key, peer }) => peer === this.peer && !stored.has(key));
    const all = [
      ...this.#entries.map((entry) => ofEntry(entry, user, row)),
      ...drafts.map((draft) => ofDraft(draft, user)),
    ];
    const shown = all.map((message) => {
      const last = this.#shown.get(message.key);
      return last?.state?.is === message.state?.is && last?.seq === message.seq ? (last ?? message) : message;
    });
    this.#shown = new Map(shown.map((message) => [message.key, message]));
    return shown;
  }
}

function withFailure(entry: Entry, failed: Why | undefined): Entry {
  return failed === undefined ? entry : { ...entry, failed };
}
