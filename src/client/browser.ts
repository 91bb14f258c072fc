// The store of a browser: IndexedDB, which all tabs share. A lock decides which tab connects; a channel carries
// messages between them. It knows records and nothing of their meaning.
import { deleteDatabase, openDatabase, pause, PAUSES_MS } from "./database.ts";
import { readPiece, readRecords, Superseded, withoutEntries, writeCommit } from "./database-records.ts";
import { Computed } from "./live-value.ts";
import { MemoryStore } from "./memory.ts";
import { newDevice } from "./random-ids.ts";
import { DURABLE, isFinal, isFull, isOutdated, memoryReason, type StorageState } from "./storage-state.ts";
import type { Commit, Kept, Piece, Position, Shared, Store } from "./store.ts";
import { Tabs } from "./tabs.ts";

/** Whether this runtime has everything that the store of a browser needs. */
function isSupported(): boolean {
  const { indexedDB, BroadcastChannel, navigator } = globalThis;
  return Boolean(indexedDB && BroadcastChannel && navigator?.locks);
}

/** A store that outlives the page, one for all tabs of this origin. Where there is none, it is in memory: see `storage`. */
export function browserStore(): Store {
  return isSupported() ? new BrowserStore() : new MemoryStore("unsupported");
}

class BrowserStore implements Store {
  readonly storage = new Computed(() => this.#state);
  #name = "";
  #db: IDBDatabase | null = null;
  #opening: Promise<IDBDatabase> | null = null;
  #tabs: Tabs | null = null;
  /** Takes the place of the database where that is not available. */
  #memory: Store | null = null;
  #state: StorageState = DURABLE;
  /** Why nothing could be written: the database is not opened again. */
  #failure: unknown = null;
  #hasEnded = false;

  get lasting(): boolean {
    return this.#memory === null;
  }

  get shared(): Shared | undefined {
    return this.#tabs ?? undefined;
  }

  async open(name: string, first: Position, last?: Kept): Promise<Kept> {
    this.#name = name;
    if (this.#memory !== null) return this.#memory.open(name, first);
    try {
      if (this.#failure !== null) throw this.#failure;
      return await this.#transact((db) => this.#read(db, first, last));
    } catch (error) {
      if (isOutdated(error) || this.#hasEnded) throw error;
      return this.#fallBack(first, last, error);
    }
  }

  async write(commit: Commit): Promise<void> {
    if (this.#memory !== null) return this.#memory.write(commit);
    const term = this.#tabs?.term ?? null;
    try {
      await this.#transact((db) => this.#write(db, commit, term));
    } catch (error) {
      // Older messages are a cache: the mailbox has them too.
      if (!(error instanceof Superseded) && commit.past === undefined) this.#failure = error;
      throw error;
    }
  }

  piece(peer: string, before: number, limit: number): Promise<Piece> {
    if (this.#memory !== null) return this.#memory.piece(peer, before, limit);
    return this.#transact((db) => readPiece(db, peer, before, limit));
  }

  async close(forget = false): Promise<void> {
    this.#hasEnded = true;
    this.#tabs?.close();
    this.storage.end();
    if (forget) await deleteDatabase(this.#name, this.#db).catch(() => undefined);
    this.#closeDatabase();
  }

  /**
   * Does it, and again where the browser has closed the database, which may say so in the next transaction only. A full
   * disk stays the reason where the database can't be opened again.
   */
  async #transact<T>(work: (db: IDBDatabase) => Promise<T>): Promise<T> {
    let full: unknown = null;
    for (let attempt = 0; ; attempt++) {
      let isOpen = false;
      try {
        const db = this.#db ?? (await this.#open());
        isOpen = true;
        return await work(db);
      } catch (error) {
        const ms = PAUSES_MS[attempt];
        if (this.#hasEnded || error instanceof Superseded || isOutdated(error)) throw error;
        if (isOpen) full = isFull(error) ? error : null;
        if (ms === undefined || isFinal(error)) throw full ?? error;
        this.#closeDatabase();
        await pause(ms);
      }
    }
  }

  #open(): Promise<IDBDatabase> {
    this.#opening ??= this.#openOnce().finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #openOnce(): Promise<IDBDatabase> {
    if (this.#hasEnded) throw new Error("the store is closed");
    const db = await openDatabase(this.#name, {
      lost: () => {
        this.#closeDatabase();
        this.#tabs?.notify({ lost: true });
      },
      ended: (why) => {
        this.#hasEnded = true;
        this.#tabs?.notify({ ended: why });
      },
    });
    // Closed meanwhile.
    if (this.#hasEnded) db.close();
    else this.#db = db;
    return db;
  }

  #closeDatabase(): void {
    this.#db?.close();
    this.#db = null;
  }

  async #read(db: IDBDatabase, first: Position, last: Kept | undefined): Promise<Kept> {
    const tabs = (this.#tabs ??= new Tabs(this.#name));
    const { isLeading } = tabs;
    const { term, ...kept } = await readRecords(db, first, last, isLeading);
    if (isLeading && tabs.isLeading) tabs.term = term;
    return kept;
  }

  async #write(db: IDBDatabase, commit: Commit, term: number | null): Promise<void> {
    // The store was opened again since: the leader of that time writes nothing more.
    if (term !== null && term !== this.#tabs?.term) throw new Superseded("other");
    try {
      await writeCommit(db, commit, term);
    } catch (error) {
      const found = error instanceof Superseded && error.found;
      if (found === "deleted") this.#tabs?.notify({ ended: "signed_out" });
      else if (found === "other" && term === this.#tabs?.term) this.#tabs?.stepDown();
      throw error;
    }
  }

  /** From now on the records are in memory, of a new device: the one in the database has drafts, with ids. */
  async #fallBack(first: Position, last: Kept | undefined, error: unknown): Promise<Kept> {
    this.#tabs?.close();
    this.#tabs = null;
    this.#closeDatabase();
    const memory = new MemoryStore("chosen");
    await memory.write({ rows: last?.rows ?? [] });
    this.#memory = memory;
    this.#state = { is: "memory", reason: memoryReason(error) };
    this.storage.changed();
    return memory.open(this.#name, { ...withoutEntries(last?.position ?? first), device: newDevice() });
  }
}

/** In a browser: calls when the network or the visibility of the page changes. Other runtimes have no such event. */
export function onNetwork(changed: () => void): () => void {
  if (!("ononline" in globalThis)) return () => undefined;
  const events = ["online", "offline", "visibilitychange", "pageshow"];
  for (const event of events) addEventListener(event, changed);
  return () => {
    for (const event of events) removeEventListener(event, changed);
  };
}
