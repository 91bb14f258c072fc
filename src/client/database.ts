// The database of a browser: its object stores, and how it is opened and deleted in bounded time. Other tabs may hold it
// open, and the browser may close it. It knows no record.
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from "idb";
import type { Draft, Entry, Position, Read, Row } from "./store.ts";
import type { Ending } from "./tab-messages.ts";

export interface Schema extends DBSchema {
  /** The position, and the number of the term: see `TERM_KEY`. */
  about: { key: string; value: Position | number };
  rows: { key: string; value: Row };
  /** By conversation, and by seq alone. */
  entries: { key: [string, number]; value: Entry; indexes: { seq: number } };
  drafts: { key: string; value: Draft };
  reads: { key: string; value: Read };
  /** By peer: the seq from which on nothing is missing. */
  past: { key: string; value: { readonly peer: string; readonly from: number } };
}

export const STORES = ["about", "rows", "entries", "drafts", "reads", "past"] as const;
export const POSITION_KEY = "position";
/** A number that each leader raises when it begins: a former one, which the browser had stopped, writes nothing. */
export const TERM_KEY = "term";
/** The term of records that were deleted, until the database is. */
export const DELETED_TERM = -1;

/** A later version stops clients of this one. */
const VERSION = 1;
/** An attempt to open or delete that takes longer is given up: a tab that does not run may hold the database open. */
const LIMIT_MS = 4_000;
/** Ms before each further attempt to open it or to write. */
export const PAUSES_MS = [100, 400, 1_600] as const;

export interface DatabaseEvents {
  /** The browser has closed it, as when the data of a site is deleted. */
  lost(): void;
  /** Another tab deletes it, or opens it with a later version. It is closed here. */
  ended(why: Ending): void;
}

/** Opens it, and makes it where there is none. */
export async function openDatabase(name: string, events: DatabaseEvents): Promise<IDBPDatabase<Schema>> {
  const opening = openDB<Schema>(name, VERSION, {
    upgrade(db) {
      db.createObjectStore("about");
      db.createObjectStore("rows", { keyPath: "peer" });
      db.createObjectStore("entries", { keyPath: ["peer", "seq"] }).createIndex("seq", "seq");
      db.createObjectStore("drafts", { keyPath: "key" });
      db.createObjectStore("reads", { keyPath: "peer" });
      db.createObjectStore("past", { keyPath: "peer" });
    },
    blocking: (_current, next, event) => {
      (event.target as IDBDatabase).close();
      events.ended(next === null ? "signed_out" : "outdated");
    },
    terminated: () => events.lost(),
  });
  let isLate = false;
  opening.then(
    (db) => isLate && db.close(),
    () => undefined,
  );
  const db = await Promise.race([opening, pause(LIMIT_MS)]);
  if (db !== undefined) return db;
  isLate = true;
  throw new DOMException("another tab holds the database open", "TimeoutError");
}

/** Deletes all records, then the database. Where another tab holds it open, the browser deletes it later. */
export async function deleteDatabase(name: string, db: IDBPDatabase<Schema> | null): Promise<void> {
  const deleting = async () => {
    if (db !== null) {
      const tx = db.transaction(STORES, "readwrite");
      const cleared = STORES.map((store) => tx.objectStore(store).clear());
      await Promise.all([...cleared, tx.objectStore("about").put(DELETED_TERM, TERM_KEY), tx.done]);
    }
  };
  await Promise.race([deleting().catch(() => undefined), pause(LIMIT_MS)]);
  db?.close();
  await Promise.race([deleteDB(name), pause(LIMIT_MS)]);
}

export function pause(ms: number): Promise<undefined> {
  return new Promise((done) => setTimeout(done, ms, undefined));
}
