// The store that ends with the process, for runtimes without IndexedDB and for tests. It holds only the latest messages
// of each conversation; older ones are read from the mailbox again. It knows records and nothing of their meaning.
import { Computed, type Live } from "./live-value.ts";
import { OrderedQueue } from "./ordered-queue.ts";
import { isRemoved } from "./rows.ts";
import type { MemoryReason, StorageState } from "./storage-state.ts";
import type { Commit, Draft, Entry, Kept, Piece, Position, Read, Row, Store } from "./store.ts";

/** Messages of one conversation that are held at least; at twice as many the oldest are evicted. */
const MAX_ENTRIES = 500;

/** A store in memory. */
export function memoryStore(): Store {
  return new MemoryStore("chosen");
}

export class MemoryStore implements Store {
  readonly lasting = false;
  readonly storage: Live<StorageState>;
  #position: Position | null = null;
  readonly #rows = new Map<string, Row>();
  readonly #drafts = new OrderedQueue<Draft>();
  readonly #reads = new Map<string, Read>();
  /** By peer, in the order of their seqs. */
  readonly #entries = new Map<string, Entry[]>();
  /** By peer: the seq from which on nothing is missing. */
  readonly #from = new Map<string, number>();

  constructor(reason: MemoryReason) {
    this.storage = new Computed(() => ({ is: "memory", reason }));
  }

  async open(_name: string, first: Position): Promise<Kept> {
    const position = (this.#position ??= first);
    return {
      position,
      rows: [...this.#rows.values()],
      drafts: this.#drafts.values(),
      reads: [...this.#reads.values()],
    };
  }

  async write(commit: Commit): Promise<void> {
    this.#position = commit.position ?? this.#position;
    for (const row of commit.rows ?? []) this.#rows.set(row.peer, row);
    for (const entry of commit.entries ?? []) this.#put(entry);
    for (const removed of commit.removed ?? []) {
      const entries = this.#entries.get(removed.peer)?.filter(({ seq }) => !isRemoved(removed, seq));
      if (entries !== undefined) this.#entries.set(removed.peer, entries);
    }
    for (const { seq, ...failed } of commit.failures ?? []) this.#fail(seq, failed);
    for (const draft of commit.drafts ?? []) this.#drafts.set(draft);
    for (const key of commit.settled ?? []) this.#drafts.take(key);
    for (const read of commit.reads ?? []) this.#reads.set(read.peer, read);
    for (const peer of commit.told ?? []) this.#reads.delete(peer);
  }

  async piece(peer: string, before: number, limit: number): Promise<Piece> {
    const from = this.#from.get(peer) ?? this.#position?.base ?? Infinity;
    const entries = (this.#entries.get(peer) ?? []).filter(({ seq }) => seq >= from && seq < before);
    return { entries: entries.slice(-limit), from };
  }

  async close(): Promise<void> {}

  #put(entry: Entry): void {
    const entries = this.#entries.get(entry.peer) ?? [];
    if (entries.length === 0) this.#entries.set(entry.peer, entries);
    // The search begins at the end: a new entry is the newest one, or lies shortly before the messages that were just
    // sent.
    let at = entries.length;
    while (at > 0 && (entries[at - 1] as Entry).seq >= entry.seq) at--;
    if (at === entries.length) entries.push(entry);
    else entries.splice(at, entries[at]?.seq === entry.seq ? 1 : 0, entry);
    if (entries.length <= MAX_ENTRIES * 2) return;
    entries.splice(0, entries.length - MAX_ENTRIES);
    this.#from.set(entry.peer, entries[0]?.seq ?? 0);
  }

  #fail(seq: number, failed: Entry["failed"] & object): void {
    for (const entries of this.#entries.values()) {
      const at = entries.findIndex((entry) => entry.seq === seq);
      const entry = entries[at];
      if (entry !== undefined) entries[at] = { ...entry, failed };
    }
  }
}
