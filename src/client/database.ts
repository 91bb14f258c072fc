// The database of a browser: its object stores, and how it is opened and deleted in bounded time. Other tabs may hold it
// open, and the browser may close it. It knows no record.
import type { Ending } from "./tab-messages.ts";

/** The object stores, with the keys of their records; `entries` are also found by seq alone. */
const KEY_PATHS = {
  about: null,
  rows: "peer",
  entries: ["peer", "seq"],
  drafts: "key",
  reads: "peer",
  past: "peer",
} as const;
export const STORES = Object.keys(KEY_PATHS) as readonly (keyof typeof KEY_PATHS)[];
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

interface DatabaseEvents {
  /** The browser has closed it, as when the data of a site is deleted. */
  lost(): void;
  /** Another tab deletes it, or opens it with a later version. It is closed here. */
  ended(why: Ending): void;
}

/** Opens it, and makes it where there is none. */
export async function openDatabase(name: string, events: DatabaseEvents): Promise<IDBDatabase> {
  const request = indexedDB.open(name, VERSION);
  request.addEventListener("upgradeneeded", () => {
    for (const store of STORES) request.result.createObjectStore(store, { keyPath: KEY_PATHS[store] as never });
    request.transaction?.objectStore("entries").createIndex("seq", "seq");
  });
  let isLate = false;
  const opening = resultOf(request).then((db) => {
    if (isLate) db.close();
    db.addEventListener("close", () => events.lost());
    db.addEventListener("versionchange", ({ newVersion }) => {
      db.close();
      events.ended(newVersion === null ? "signed_out" : "outdated");
    });
    return db;
  });
  const db = await Promise.race([opening, pause(LIMIT_MS)]);
  if (db !== undefined) return db;
  isLate = true;
  throw new DOMException("another tab holds the database open", "TimeoutError");
}

/** Deletes all records, then the database. Where another tab holds it open, the browser deletes it later. */
export async function deleteDatabase(name: string, db: IDBDatabase | null): Promise<void> {
  if (db !== null) await Promise.race([deleteRecords(db).catch(() => undefined), pause(LIMIT_MS)]);
  db?.close();
  await Promise.race([resultOf(indexedDB.deleteDatabase(name)), pause(LIMIT_MS)]);
}

async function deleteRecords(db: IDBDatabase): Promise<void> {
  const tx = db.transaction(STORES, "readwrite");
  for (const store of STORES) tx.objectStore(store).clear();
  tx.objectStore("about").put(DELETED_TERM, TERM_KEY);
  await endOf(tx);
}

/** The next result of a request: that of a cursor has another one each time that the cursor goes on. */
export function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, fail) => {
    request.addEventListener("success", () => done(request.result), { once: true });
    request.addEventListener("error", () => fail(request.error as DOMException), { once: true });
  });
}

/** Resolves when a transaction is stored; rejects with the reason when it is not. */
export function endOf(tx: IDBTransaction): Promise<void> {
  return new Promise((done, fail) => {
    tx.addEventListener("complete", () => done());
    tx.addEventListener("abort", () => fail(tx.error ?? new DOMException("the transaction was aborted", "AbortError")));
  });
}

export function pause(ms: number): Promise<undefined> {
  return new Promise((done) => setTimeout(done, ms, undefined));
}
