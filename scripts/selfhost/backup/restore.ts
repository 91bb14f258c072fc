// Restores a backup into the state folder of a server that has no mailboxes yet. Everything is checked and complete
// beside its place before one rename puts it there.
import {
  chownSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
} from "node:fs";
import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { STORAGE_FORMAT } from "../../../src/protocol/storage-format.ts";
import { writeMark } from "../format.ts";
import { lock } from "../lock.mjs";
import { hashOf } from "./backup.ts";
import { type Backup, backupsIn, type Entry, readBackup } from "./catalogue.ts";
import { Progress, sizeText } from "./progress.ts";
import { loadSqlite, type Sqlite } from "./sqlite.ts";
import { syncAll } from "./sync.ts";

export interface RestoreFlags {
  readonly state: string;
  /** The name of a backup; undefined: the newest. */
  readonly at?: string | undefined;
  /** Whether to check the backup only. */
  readonly check: boolean;
}

/** What an empty state folder may have: what a server that was started once, or a failed restore, leaves. */
const LEFT = new Set([".lock", ".format"]);

/** Restores one backup; returns the exit code: 0 done, 1 refused or damaged. */
export async function restore(folder: string, flags: RestoreFlags): Promise<number> {
  const root = resolve(folder);
  const name = flags.at ?? backupsIn(root).at(-1);
  if (name === undefined) return fail(`${root} has no complete backup.`);
  const backup = readBackup(root, name);
  if (typeof backup === "string") return fail(backup);
  if ((backup.format ?? 0) > STORAGE_FORMAT.reads) {
    return fail(
      `The mailboxes of ${name} were written by version ${backup.version}, in format ${backup.format}; this version ` +
        `reads formats up to ${STORAGE_FORMAT.reads}. Restore with version ${backup.version} or a newer one.`,
    );
  }
  for (const problem of backup.problems)
    console.warn(`This backup has an older copy or none, because of damage: ${problem}`);
  if (flags.check) return check(root, name, backup) ? 0 : 1;
  const sqlite = await loadSqlite();
  if (sqlite === null) return 1;
  const mailboxes = join(resolve(flags.state), "mailboxes");
  mkdirSync(mailboxes, { recursive: true, mode: 0o700 });
  const { holder } = lock(mailboxes);
  if (holder !== undefined) return fail(`Process ${holder} serves ${resolve(flags.state)}: stop it first.`);
  if (!isVacant(mailboxes)) {
    return fail(`${mailboxes} has mailboxes. Move it away, or name another folder with --state; none was changed.`);
  }
  const made = `${mailboxes}.restoring`;
  try {
    rmSync(made, { recursive: true, force: true });
    if (!(await fill(sqlite, root, name, backup, made))) return 1;
    for (const left of LEFT) rmSync(join(mailboxes, left), { force: true });
    for (const kind of readdirSync(mailboxes)) rmdirSync(join(mailboxes, kind));
    renameSync(made, mailboxes);
    await syncAll([dirname(mailboxes)]);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  console.log(`Restored ${name}, ${backup.count} databases, ${sizeText(backup.bytes)}, into ${resolve(flags.state)}.`);
  return 0;
}

function isVacant(mailboxes: string): boolean {
  return readdirSync(mailboxes, { withFileTypes: true }).every(
    (entry) => LEFT.has(entry.name) || (entry.isDirectory() && readdirSync(join(mailboxes, entry.name)).length === 0),
  );
}

/** Compares every file with its checksum; returns whether all are as they were. */
function check(root: string, name: string, { entries, count, bytes }: Backup): boolean {
  const progress = new Progress("Checking", count);
  const wrong = entries.filter((entry) => {
    progress.step();
    return !isIntact(join(root, entry.file), entry);
  });
  progress.end();
  for (const { file } of wrong) console.error(`${file} is missing or has changed.`);
  if (wrong.length === 0) console.log(`Backup ${name} is intact: ${count} databases, ${sizeText(bytes)}.`);
  return wrong.length === 0;
}

function isIntact(path: string, { bytes, sha256 }: Entry): boolean {
  return statSync(path, { throwIfNoEntry: false })?.size === bytes && hashOf(path) === sha256;
}

/** Makes the folder of the mailboxes at `made`; what is checked is the copies themselves. */
async function fill(sqlite: Sqlite, root: string, name: string, backup: Backup, made: string): Promise<boolean> {
  process.umask(0o077);
  const progress = new Progress("Restoring", backup.count);
  const owner = statSync(dirname(made));
  const own = (path: string) => {
    // Run as root, it is for the user who serves this folder.
    if (process.getuid?.() === 0) chownSync(path, owner.uid, owner.gid);
  };
  mkdirSync(made);
  for (const kind of new Set(backup.entries.map((entry) => entry.kind))) mkdirSync(join(made, kind));
  for (const entry of backup.entries) {
    const path = join(made, entry.kind, `${entry.id}.sqlite`);
    if (existsSync(join(root, entry.file))) copyFileSync(join(root, entry.file), path, constants.COPYFILE_FICLONE);
    if (!isIntact(path, entry)) {
      console.error(`${entry.file} of backup ${name} is missing or has changed. Nothing was restored.`);
      return false;
    }
    if (entry.id === "metadata")
      setAlarms(
        sqlite,
        path,
        backup.entries.filter(({ kind }) => kind === entry.kind),
      );
    own(path);
    progress.step();
  }
  progress.end();
  if (backup.format !== null) writeMark(made, { format: backup.format, version: backup.version ?? "unknown" });
  for (const path of ["", ...readdirSync(made)]) own(join(made, path));
  await syncAll(["", ...readdirSync(made, { recursive: true, encoding: "utf8" })].map((path) => join(made, path)));
  return true;
}

/**
 * Sets the alarms that the objects' own copies have. The list was copied at another time than the objects: without
 * this, an object whose alarm rang between the two would sleep with messages to send.
 */
function setAlarms(sqlite: Sqlite, path: string, entries: readonly Entry[]): void {
  const database = new sqlite.DatabaseSync(path);
  try {
    const table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_cf_ALARM'";
    if (database.prepare(table).get() === undefined) return;
    database.exec("BEGIN");
    const due = new Map(entries.flatMap(({ id, alarm }) => (alarm === null ? [] : [[id, BigInt(alarm)] as const])));
    const remove = database.prepare("DELETE FROM _cf_ALARM WHERE actor_id = ?");
    for (const { actor_id: id } of database.prepare("SELECT actor_id FROM _cf_ALARM").all())
      if (!due.has(String(id))) remove.run(String(id));
    const add = database.prepare(
      "INSERT INTO _cf_ALARM (actor_id, scheduled_time) VALUES (?, ?) " +
        "ON CONFLICT (actor_id) DO UPDATE SET scheduled_time = excluded.scheduled_time",
    );
    for (const [id, at] of due) add.run(id, at);
    database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
}

function fail(why: string): number {
  console.error(why);
  return 1;
}
