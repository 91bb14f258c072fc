// Copies one SQLite database while a server writes to it: the copy is the database as of one commit, in one file. It
// takes no lock, so the server never waits or fails for it; only a database whose log begins anew during each of
// several tries is copied by SQLite.
import { constants, copyFileSync, existsSync, rmSync } from "node:fs";
import { isSameLog, stateOf } from "./database-state.ts";
import type { Sqlite } from "./sqlite.ts";

const TRIES = 4;
/** Ms that SQLite waits for a lock. */
const LOCK_MS = 10_000;

export interface Copied {
  /** The state that the copy has at least, as `content` of its DatabaseState. */
  readonly content: string;
  /** For when the object's alarm is set, in ns since 1970; null for none. */
  readonly alarm: string | null;
}

/** What SQLite found wrong with a copy, and so with the database. */
export class DamagedError extends Error {}

/** Copies `from` to `to`, which is replaced; null if `from` does not exist. */
export async function copyDatabase(sqlite: Sqlite, from: string, to: string): Promise<Copied | null> {
  for (let i = 0; i < TRIES; i++) {
    const before = stateOf(from);
    if (before === null) return null;
    if (!copyFiles(from, to) || !isSameLog(before, stateOf(from))) continue;
    return { content: before.content, alarm: finish(sqlite, to) };
  }
  const before = stateOf(from);
  if (before === null) return null;
  removeDatabase(to);
  const source = new sqlite.DatabaseSync(from, { readOnly: true, timeout: LOCK_MS });
  try {
    // A read transaction: all pages are of one commit.
    source.exec("BEGIN");
    source.prepare("SELECT count(*) FROM sqlite_schema").get();
    await sqlite.backup(source, to);
  } finally {
    source.close();
  }
  return { content: before.content, alarm: finish(sqlite, to) };
}

export function removeDatabase(path: string): void {
  for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(`${path}${end}`, { force: true });
}

/**
 * Copies the file and then its log. So what SQLite moves from the log into the file meanwhile is also in the copy of
 * the log, unless the log begins anew. Returns whether the files existed.
 */
function copyFiles(from: string, to: string): boolean {
  removeDatabase(to);
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
    if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`, constants.COPYFILE_FICLONE);
    return true;
  } catch (error) {
    // The object was erased, or its log was removed when it went to sleep.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** Moves the log into the file, and checks it. Returns the object's alarm. */
function finish(sqlite: Sqlite, path: string): string | null {
  const database = new sqlite.DatabaseSync(path);
  try {
    // Nobody else opens it, and the caller syncs it: so there is no index file, and no sync in between.
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA wal_checkpoint(TRUNCATE)");
    const found = database.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"];
    if (found !== "ok") throw new DamagedError(String(found));
    return alarmIn(database);
  } catch (error) {
    // SQLITE_CORRUPT and SQLITE_NOTADB: what the check can't even read.
    const { errcode } = error as { errcode?: number };
    if (errcode === 11 || errcode === 26) throw new DamagedError((error as Error).message, { cause: error });
    throw error;
  } finally {
    database.close();
  }
}

/** workerd stores an object's alarm in the object's own database, too (seen with workerd 1.20261023). */
function alarmIn(database: InstanceType<Sqlite["DatabaseSync"]>): string | null {
  const table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_cf_METADATA'";
  if (database.prepare(table).get() === undefined) return null;
  const row = database.prepare("SELECT CAST(value AS TEXT) AS alarm FROM _cf_METADATA WHERE key = 1").get();
  const alarm = row?.["alarm"];
  return typeof alarm === "string" && /^\d+$/.test(alarm) ? alarm : null;
}
