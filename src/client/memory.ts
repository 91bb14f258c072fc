// The store that ends with the process: where nothing is to be kept, and in tests. Of each conversation it holds the latest
// messages only; older ones are read from the mailbox again. It knows records and nothing of what they mean.
import { OrderedQueue } from "./ordered-queue.ts";
import type { Commit, Draft, Entry, Kept, Piece, Position, Read, Row, Store } from "./store.ts";

/** Messages of one conversation that are held. */
const HELD = 500;

/** A store in memory. */
export function memoryStore(): Store {
  return new MemoryStore();
}

class MemoryStore implements Store {
  readonly lasting = false;
  #position: Position | null = null;
  readonly #rows = new Map<string, Row>();
  readonly #drafts = new OrderedQueue<Draft>();
  readonly #reads = new Map<string, Read>();
  /** By peer, in the order of their seqs. */
  readonly #entries = new Map<string, Entry[]>();
  /** By peer: from where on nothing is missing. */
  readonly #from = new Map<string, number>();

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
    const held = this.#entries.get(entry.peer) ?? [];
    if (held.length === 0) this.#entries.set(entry.peer, held);
    // Mostly it is the newest, or comes in shortly before what was just sent.
    let at = held.length;
    while (at > 0 && (held[at - 1] as Entry).seq >= entry.seq) at--;
    if (at === held.length) held.push(entry);
    else held.splice(at, held[at]?.seq === entry.seq ? 1 : 0, entry);
    if (held.length <= HELD * 2) return;
    held.splice(0, held.length - HELD);
    this.#from.set(entry.peer, held[0]?.seq ?? 0);
  }

  #fail(seq: number, failed: Entry["failed"] & object): void {
    for (const held of this.#entries.values()) {
      const at = held.findIndex((entry) => entry.seq === seq);
      const entry = held[at];
      if (entry !== undefined) held[at] = { ...entry, failed };
    }
  }
}
