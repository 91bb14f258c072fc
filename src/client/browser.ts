// The store of a browser: IndexedDB, which all tabs share. A lock decides which tab connects; a channel carries
// messages between them. It knows records and nothing of their meaning.
import type { IDBPDatabase, IDBPTransaction } from "idb";
import {
  DELETED_TERM,
  deleteDatabase,
  openDatabase,
  pause,
  PAUSES_MS,
  POSITION_KEY,
  type Schema,
  STORES,
  TERM_KEY,
} from "./database.ts";
import { Computed } from "./live-value.ts";
import { MemoryStore } from "./memory.ts";
import { newDevice } from "./random-ids.ts";
import { DURABLE, isFinal, isOutdated, memoryReason, type StorageState } from "./storage-state.ts";
import type { Commit, Entry, Kept, Past, Piece, Position, Shared, Store } from "./store.ts";
import { Tabs } from "./tabs.ts";

/** Object stores whose records a commit has under the same name. */
const SAME_NAME = ["rows", "entries", "drafts", "reads"] as const;

/** Whether this runtime has everything that the store of a browser needs. */
function isSupported(): boolean {
  const { indexedDB, BroadcastChannel, navigator } = globalThis;
  return Boolean(indexedDB && BroadcastChannel && navigator?.locks);
}

/** A store that outlives the page, one for all tabs of this origin. Where there is none, it is in memory: see `storage`. */
export function browserStore(): Store {
  return isSupported() ? new BrowserStore() : new MemoryStore("unsupported");
}

/** The records are not those of the last transaction: deleted by the browser, or another tab leads. */
class Superseded extends Error {}

class BrowserStore implements Store {
  readonly storage = new Computed(() => this.#state);
  #name = "";
  #db: IDBPDatabase<Schema> | null = null;
  #opening: Promise<IDBPDatabase<Schema>> | null = null;
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
      return await this.#transact((db) => {
        this.#tabs ??= new Tabs(name);
        return readRecords(db, this.#tabs, first, last);
      });
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
      if (!(error instanceof Superseded)) this.#failure = error;
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

  /** Does it, and again where the browser has closed the database, which may say so in the next transaction only. */
  async #transact<T>(work: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await work(this.#db ?? (await this.#open()));
      } catch (error) {
        const ms = PAUSES_MS[attempt];
        if (ms === undefined || this.#hasEnded || error instanceof Superseded || isFinal(error)) throw error;
        this.#closeDatabase();
        await pause(ms);
      }
    }
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    this.#opening ??= this.#openOnce().finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #openOnce(): Promise<IDBPDatabase<Schema>> {
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

  async #write(db: IDBPDatabase<Schema>, commit: Commit, term: number | null): Promise<void> {
    const tx = db.transaction(STORES, "readwrite", { durability: "strict" });
    const checked = tx.objectStore("about").get(TERM_KEY);
    const writes: Promise<unknown>[] = [
      checked.then((found) => this.#checkTerm(tx, term, found as number | undefined)),
    ];
    if (commit.position) writes.push(tx.objectStore("about").put(commit.position, POSITION_KEY));
    for (const name of SAME_NAME)
      for (const record of commit[name] ?? []) writes.push(tx.objectStore(name).put(record as never));
    for (const key of commit.settled ?? []) writes.push(tx.objectStore("drafts").delete(key));
    for (const peer of commit.told ?? []) writes.push(tx.objectStore("reads").delete(peer));
    if (commit.past) writes.push(this.#putPast(tx, commit.past));
    for (const { seq, ...failed } of commit.failures ?? []) {
      const entries = tx.objectStore("entries");
      const found = entries.index("seq").get(seq);
      writes.push(found.then((entry) => entry && entries.put({ ...entry, failed })));
    }
    await Promise.all([...writes, tx.done]);
  }

  /** In each transaction that writes: another tab may lead since, or the records may be gone. */
  #checkTerm(tx: WriteTransaction, term: number | null, found: Position | number | undefined): void {
    const isDeleted = found === undefined || found === DELETED_TERM;
    const isOfThisTerm = term === this.#tabs?.term;
    if (!isDeleted && (term === null || (term === found && isOfThisTerm))) return;
    tx.abort();
    if (found === DELETED_TERM) this.#tabs?.notify({ ended: "signed_out" });
    else if (term !== null && !isDeleted && isOfThisTerm) this.#tabs?.stepDown();
    throw new Superseded("the store has other records by now");
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

  async #putPast(tx: WriteTransaction, { peer, from, entries }: Past): Promise<void> {
    const store = tx.objectStore("entries");
    for (const entry of entries) {
      const known = await store.getKey([peer, entry.seq]);
      if (known === undefined) await store.put(entry);
    }
    await tx.objectStore("past").put({ peer, from });
  }
}

type WriteTransaction = IDBPTransaction<Schema, typeof STORES, "readwrite">;

/**
 * Reads all records but entries. A leader begins its term, and where the records are gone, stores those that it had
 * shown.
 */
async function readRecords(
  db: IDBPDatabase<Schema>,
  tabs: Tabs,
  first: Position,
  last: Kept | undefined,
): Promise<Kept> {
  const tx = db.transaction(STORES, "readwrite");
  const about = tx.objectStore("about");
  let position = (await about.get(POSITION_KEY)) as Position | undefined;
  let term = Math.max(((await about.get(TERM_KEY)) as number | undefined) ?? 0, 0);
  if (tabs.isLeading) {
    tabs.term = ++term;
    if (last !== undefined && (position?.epoch ?? null) === null && last.position.epoch !== null) {
      position = withoutEntries(last.position);
      for (const row of last.rows) void tx.objectStore("rows").put(row);
      for (const draft of last.drafts) void tx.objectStore("drafts").put(draft);
    }
  }
  position ??= first;
  await Promise.all([about.put(position, POSITION_KEY), about.put(term, TERM_KEY)]);
  const [rows, drafts, reads] = await Promise.all([
    tx.objectStore("rows").getAll(),
    tx.objectStore("drafts").getAll(),
    tx.objectStore("reads").getAll(),
  ]);
  await tx.done;
  return { position, rows, drafts, reads };
}

async function readPiece(db: IDBPDatabase<Schema>, peer: string, before: number, limit: number): Promise<Piece> {
  const tx = db.transaction(["about", "entries", "past"]);
  const past = await tx.objectStore("past").get(peer);
  const position = (await tx.objectStore("about").get(POSITION_KEY)) as Position | undefined;
  const from = past?.from ?? position?.base ?? Infinity;
  const entries: Entry[] = [];
  if (from < before) {
    const range = IDBKeyRange.bound([peer, from], [peer, before], false, true);
    let cursor = await tx.objectStore("entries").openCursor(range, "prev");
    while (cursor !== null && entries.length < limit) {
      entries.push(cursor.value);
      cursor = await cursor.continue();
    }
  }
  return { entries: entries.toReversed(), from };
}

/** The position of a device that lost its entries: those up to the cursor are only in the mailbox. */
function withoutEntries(position: Position): Position {
  const { cursor, base } = position;
  return { ...position, base: cursor === null ? base : cursor + 1 };
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
