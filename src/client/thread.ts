// One conversation as it is shown: the latest messages, and older ones when somebody asks; first from the store, then from the
// mailbox's history. It knows records; no socket, and no frame.
import { Computed } from "./live-value.ts";
import { type Message, ofDraft, ofEntry } from "./message.ts";
import type { Commit, Draft, Entry, Piece, Row, Why } from "./store.ts";

/** Messages that a conversation begins with, and that `older` adds. */
const PIECE = 50;

/** What a thread needs of its client's view. */
export interface ThreadSource {
  readonly user: string;
  readonly threads: Set<Thread>;
  row(peer: string): Row | undefined;
  drafts(): readonly Draft[];
}

/** The messages of a conversation that lie before a seq: at most `limit`, the latest ones. */
type Read = (peer: string, before: number, limit: number) => Promise<Piece>;

/** Where a thread reads. */
export interface PageStore {
  /** What is kept here. */
  readonly piece: Read;
  /** What the mailbox still has, `from` 0 where nothing lies before. It is kept here from then on. Throws without a connection. */
  readonly past: Read;
}

/** The messages of one conversation, oldest first; those without an answer last. */
export class Thread extends Computed<readonly Message[]> {
  readonly peer: string;
  readonly #source: ThreadSource;
  readonly #shelf: PageStore;
  #entries: readonly Entry[] = [];
  #shown = new Map<string, Message>();
  #asked: Promise<boolean> | null = null;
  #more = true;

  constructor(peer: string, source: ThreadSource, shelf: PageStore) {
    super(() => this.#show());
    this.peer = peer;
    this.#source = source;
    this.#shelf = shelf;
    source.threads.add(this);
    this.older().catch(() => undefined);
  }

  /** Whether there may be older messages than those that are here. */
  get more(): boolean {
    return this.#more;
  }

  /**
   * Adds the messages that lie before. Resolves with whether there are more; rejects where the mailbox would have to be asked
   * and can't be.
   */
  older(): Promise<boolean> {
    this.#asked ??= this.#older().finally(() => (this.#asked = null));
    return this.#asked;
  }

  /** Shows nothing new any more. */
  close(): void {
    this.end();
    this.#source.threads.delete(this);
  }

  /** Something was kept, somewhere: of this conversation or not. */
  apply(commit: Commit): void {
    const entries = (commit.entries ?? []).filter(({ peer }) => peer === this.peer);
    const failures = new Map((commit.failures ?? []).map(({ seq, code, message }) => [seq, { code, message }]));
    const fails = failures.size > 0 && this.#entries.some(({ seq }) => failures.has(seq));
    if (entries.length > 0) this.#merge(entries);
    if (failures.size > 0) this.#entries = this.#entries.map((entry) => fail(entry, failures.get(entry.seq)));
    const touched = [...(commit.rows ?? []), ...(commit.drafts ?? [])].some(({ peer }) => peer === this.peer);
    if (entries.length > 0 || fails || touched || (commit.settled ?? []).length > 0) this.changed();
  }

  async #older(): Promise<boolean> {
    const first = this.#entries[0]?.seq ?? Infinity;
    let piece = await this.#shelf.piece(this.peer, first, PIECE);
    if (piece.entries.length === 0 && piece.from > 0) piece = await this.#shelf.past(this.peer, first, PIECE);
    this.#more = piece.from > 0 || piece.entries.length === PIECE;
    if (piece.entries.length > 0) this.#merge(piece.entries);
    this.changed();
    return this.#more;
  }

  /** By seq; of two with the same one, what is here stays, because its key is the one that was shown. */
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
  #show(): readonly Message[] {
    const { user } = this.#source;
    const row = this.#source.row(this.peer);
    const kept = new Set(this.#entries.map(({ key }) => key));
    const drafts = this.#source.drafts().filter(({ key, peer }) => peer === this.peer && !kept.has(key));
    const made = [
      ...this.#entries.map((entry) => ofEntry(entry, user, row)),
      ...drafts.map((draft) => ofDraft(draft, user)),
    ];
    const shown = made.map((message) => {
      const before = this.#shown.get(message.key);
      return before?.state?.is === message.state?.is && before?.seq === message.seq ? (before ?? message) : message;
    });
    this.#shown = new Map(shown.map((message) => [message.key, message]));
    return shown;
  }
}

function fail(entry: Entry, failed: Why | undefined): Entry {
  return failed === undefined ? entry : { ...entry, failed };
}
