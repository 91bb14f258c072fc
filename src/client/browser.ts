// The store of a browser: IndexedDB, which all tabs share. A lock decides which tab connects; a channel carries
// messages between them. It knows records and nothing of their meaning.
import { deleteDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import type { Commit, Draft, Entry, Kept, Past, Piece, Position, Read, Row, Shared, Store } from "./store.ts";

interface Schema extends DBSchema {
  about: { key: string; value: Position };
  rows: { key: string; value: Row };
  /** By conversation, and by seq alone. */
  entries: { key: [string, number]; value: Entry; indexes: { seq: number } };
  drafts: { key: string; value: Draft };
  reads: { key: string; value: Read };
  /** By peer: the seq from which on nothing is missing. */
  past: { key: string; value: { readonly peer: string; readonly from: number } };
}

const STORES = ["about", "rows", "entries", "drafts", "reads", "past"] as const;
/** Object stores whose records a commit has under the same name. */
const SAME_NAME = ["rows", "entries", "drafts", "reads"] as const;
const POSITION_KEY = "position";

/** Whether this runtime has everything that the store of a browser needs. */
export function isBrowser(): boolean {
  const { indexedDB, BroadcastChannel, navigator } = globalThis;
  return Boolean(indexedDB && BroadcastChannel && navigator?.locks);
}

/** A store that outlives the page, one for all tabs of this origin. */
export function browserStore(): Store {
  return new BrowserStore();
}

class BrowserStore implements Store {
  readonly lasting = true;
  #db: IDBPDatabase<Schema> | null = null;
  #tabs: Tabs | null = null;

  get shared(): Shared | undefined {
    return this.#tabs ?? undefined;
  }

  async open(name: string, first: Position): Promise<Kept> {
    this.#db ??= await openDB<Schema>(name, 1, {
      upgrade(db) {
        db.createObjectStore("about");
        db.createObjectStore("rows", { keyPath: "peer" });
        db.createObjectStore("entries", { keyPath: ["peer", "seq"] }).createIndex("seq", "seq");
        db.createObjectStore("drafts", { keyPath: "key" });
        db.createObjectStore("reads", { keyPath: "peer" });
        db.createObjectStore("past", { keyPath: "peer" });
      },
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    this.#tabs ??= new Tabs(name);
    const tx = this.#db.transaction(STORES, "readwrite");
    let position = await tx.objectStore("about").get(POSITION_KEY);
    if (position === undefined) {
      position = first;
      await tx.objectStore("about").put(first, POSITION_KEY);
    }
    const [rows, drafts, reads] = await Promise.all([
      tx.objectStore("rows").getAll(),
      tx.objectStore("drafts").getAll(),
      tx.objectStore("reads").getAll(),
    ]);
    await tx.done;
    return { position, rows, drafts, reads };
  }

  async write(commit: Commit): Promise<void> {
    const tx = this.#opened.transaction(STORES, "readwrite", { durability: "strict" });
    const writes: Promise<unknown>[] = [];
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

  async piece(peer: string, before: number, limit: number): Promise<Piece> {
    const tx = this.#opened.transaction(["about", "entries", "past"]);
    const past = await tx.objectStore("past").get(peer);
    const position = await tx.objectStore("about").get(POSITION_KEY);
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

  async close(forget = false): Promise<void> {
    const name = this.#db?.name;
    this.#tabs?.close();
    this.#db?.close();
    this.#db = null;
    // Other tabs close the database when it is to be deleted: see `blocking`.
    if (forget && name !== undefined) await deleteDB(name);
  }

  get #opened(): IDBPDatabase<Schema> {
    if (this.#db === null) throw new Error("the store is closed");
    return this.#db;
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

/** The tabs of one store: a lock decides which one connects, a channel carries messages to all others. */
class Tabs implements Shared {
  readonly #name: string;
  readonly #channel: BroadcastChannel;
  readonly #closed = new AbortController();
  #releaseLock: () => void = () => undefined;

  constructor(name: string) {
    this.#name = name;
    this.#channel = new BroadcastChannel(name);
  }

  lead(): Promise<void> {
    return new Promise((lead, fail) => {
      const holding = new Promise<void>((done) => (this.#releaseLock = done));
      const options = { signal: this.#closed.signal };
      navigator.locks
        .request(this.#name, options, () => {
          lead();
          return holding;
        })
        .catch(fail);
    });
  }

  say(message: unknown): void {
    if (this.#closed.signal.aborted) return;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A channel reaches its own origin alone.
    this.#channel.postMessage(message);
  }

  listen(listener: (message: unknown) => void): void {
    this.#channel.addEventListener("message", ({ data }) => listener(data));
  }

  close(): void {
    this.#closed.abort();
    this.#releaseLock();
    this.#channel.close();
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
