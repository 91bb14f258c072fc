// The file of a store: opened with a lock, checked, and set up. It knows SQLite; no record.
import process from "node:process";
import type { DatabaseSync } from "node:sqlite";

/** The format of the file. A later one may only be read by a later SDK. */
const FORMAT = 1;
/** Marks the file as a store of this SDK, in its header: "rst1". */
const APPLICATION_ID = 0x72737431;
/** SQLite's codes for a file that another connection has locked, that can't be opened, and that is no database. */
const SQLITE_BUSY = 5;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

const TABLES = `
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rows (peer TEXT PRIMARY KEY, record TEXT NOT NULL);
-- In the order of writing.
CREATE TABLE drafts (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, record TEXT NOT NULL);
CREATE TABLE reads (peer TEXT PRIMARY KEY, seq INTEGER NOT NULL);
CREATE TABLE past (peer TEXT PRIMARY KEY, first INTEGER NOT NULL);
-- A number is never used again. is_arrival: it came with the log, from the peer.
CREATE TABLE entries (
  number INTEGER PRIMARY KEY AUTOINCREMENT, peer TEXT NOT NULL, seq INTEGER NOT NULL, is_arrival INTEGER NOT NULL,
  sender TEXT NOT NULL, key TEXT NOT NULL, at REAL NOT NULL, body TEXT, failed TEXT, send_key TEXT,
  UNIQUE (peer, seq)
);
CREATE INDEX entries_by_seq ON entries (seq);
-- seq: of the entry; state: where the mailbox accepted the message without its seq.
CREATE TABLE send_keys (
  number INTEGER PRIMARY KEY AUTOINCREMENT, send_key TEXT NOT NULL UNIQUE, key TEXT NOT NULL, peer TEXT NOT NULL,
  at REAL NOT NULL, seq INTEGER, state TEXT
);
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${FORMAT};
`;

/**
 * Opens the file, which no other process can open until it is closed or this process ends. Throws where another one has
 * it, and where it is no store or one of a later format.
 */
export function openDatabase(file: string): DatabaseSync {
  const { DatabaseSync } = sqlite();
  let opened: DatabaseSync | undefined;
  try {
    const db = (opened = new DatabaseSync(file));
    // The lock of the first transaction stays. So no process needs shared memory, and SQLite makes no -shm file.
    db.exec("PRAGMA locking_mode = EXCLUSIVE");
    check(db, file);
    // What a user removes is overwritten in the file; `emptyLog` does the rest.
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
    transaction(db, () => {
      if (numberOf(db, "user_version") === 0) db.exec(TABLES);
    });
    // A process that was killed may have removed something.
    emptyLog(db);
    return db;
  } catch (error) {
    opened?.close();
    const sentence = sentenceOf(error, file);
    throw sentence === null ? error : new Error(sentence, { cause: error });
  }
}

/** Imported when it is needed: an import of what is not there would say neither why, nor which version has it. */
export function sqlite(): typeof import("node:sqlite") {
  // The types have no Node.js before 22.3.
  const load = process.getBuiltinModule as typeof process.getBuiltinModule | undefined;
  const module = load?.("node:sqlite") as typeof import("node:sqlite") | undefined;
  if (module !== undefined) return module;
  throw new Error(`nodeStore needs node:sqlite, of Node.js 22.13, 23.4 or newer. This is ${process.version}.`);
}

/** What SQLite's own sentences leave out: the file, and what to do. */
function sentenceOf(error: unknown, file: string): string | null {
  // The low byte: the others say why in more detail.
  switch (((error as { errcode?: number }).errcode ?? 0) % 256) {
    case SQLITE_BUSY:
      return `${file} is open in another process, and one device has one process.`;
    case SQLITE_CANTOPEN:
      return `${file} can't be opened or made. Its folder has to exist, and to be writable.`;
    case SQLITE_NOTADB:
      return `${file} is no store of Restante.`;
    default:
      return null;
  }
}

/** All of it or nothing. */
export function transaction<T>(db: DatabaseSync, run: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = run();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    try {
      db.exec("ROLLBACK");
    } catch {
      // A full disk has ended the transaction already. (Node.js up to 22.15 can't be asked whether there is one.)
    }
    throw error;
  }
}

/**
 * Takes the write-ahead log into the file, and cuts it to nothing. Answers: removed messages that can be read in the log.
 * What fails is done by the next call: the commit is on the disk already.
 */
export function emptyLog(db: DatabaseSync): void {
  try {
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // A full disk.
  }
}

/** Before anything is written to it. */
function check(db: DatabaseSync, file: string): void {
  const format = numberOf(db, "user_version");
  if (format === 0 && numberOf(db, "schema_version") === 0) return;
  if (numberOf(db, "application_id") !== APPLICATION_ID) throw new Error(`${file} is no store of Restante.`);
  if (format > FORMAT)
    throw new Error(`${file} has the format ${format} of a later version; this one reads up to ${FORMAT}.`);
}

function numberOf(db: DatabaseSync, pragma: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
}
