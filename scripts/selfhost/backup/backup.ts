// Backs up the mailboxes of a state folder into a backup folder, also while a server serves them. It writes nothing
// into the state folder, and takes no lock there.
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readSync, realpathSync, renameSync } from "node:fs";
import { statSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import process from "node:process";
import { formatProblem, readMark } from "../format.ts";
import { lock } from "../lock.mjs";
import { isEmpty } from "../sweep.mjs";
import { BACKUP_FORM, type Entry, keyOf, knownEntries, notePartial, prune, writeBackup } from "./catalogue.ts";
import { copyDatabase, DamagedError, removeDatabase } from "./copy-database.ts";
import { stateOf } from "./database-state.ts";
import { Progress, sizeText } from "./progress.ts";
import { loadSqlite, type Sqlite } from "./sqlite.ts";
import { syncAll } from "./sync.ts";

export interface BackupFlags {
  readonly state: string;
  /** How many backups are kept; undefined: all. */
  readonly keep?: string | undefined;
}

/** An object's database, or workerd's list of alarms. */
const DATABASE = /^([0-9a-f]{64}|metadata)\.sqlite$/;
const CHUNK_BYTES = 1 << 20;

/** What is to be copied, where from and where to. */
interface Job {
  readonly root: string;
  readonly mailboxes: string;
  readonly sqlite: Sqlite;
  readonly known: ReadonlyMap<string, Entry>;
}

/** Makes one backup; returns the exit code: 0 complete, 1 not made or not complete, 2 wrong flags. */
export async function backup(folder: string, flags: BackupFlags): Promise<number> {
  const keep = flags.keep ?? "";
  if (!/^([1-9]\d{0,5})?$/.test(keep)) return fail(2, "--keep is a number from 1.");
  const mailboxes = join(resolve(flags.state), "mailboxes");
  if (!existsSync(mailboxes))
    return fail(1, `${resolve(flags.state)} has no mailboxes: --state DIR names another one.`);
  const wrong = formatProblem(mailboxes);
  if (wrong !== null) return fail(1, wrong);
  const sqlite = await loadSqlite();
  if (sqlite === null) return 1;
  // Mailboxes and secrets: for their owner alone.
  process.umask(0o077);
  const root = resolve(folder);
  mkdirSync(join(root, "objects"), { recursive: true });
  if (`${realpathSync(root)}${sep}`.startsWith(`${realpathSync(mailboxes)}${sep}`))
    return fail(1, "A backup folder in the folder of the mailboxes would be taken for mailboxes.");
  const { holder } = lock(root);
  if (holder !== undefined) return fail(1, `Process ${holder} writes a backup into ${root}.`);
  try {
    const done = await makeBackup({ root, mailboxes, sqlite, known: knownEntries(root) });
    if (keep !== "") console.log(`Removed backups: ${prune(root, Number(keep))}.`);
    return done ? 0 : 1;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return fail(1, `${(error as Error).message}\nThis backup is not complete; the next one continues it.`);
  }
}

/** Returns whether it is complete. */
async function makeBackup(job: Job): Promise<boolean> {
  const began = new Date().toISOString();
  const databases = databasesIn(job.mailboxes);
  const progress = new Progress("Backing up", databases.length);
  const [entries, problems]: [Entry[], string[]] = [[], []];
  let copied = 0;
  for (const database of databases) {
    const key = keyOf(database);
    const known = job.known.get(key);
    try {
      const entry = await entryOf(job, database);
      if (entry !== null && entry !== known) copied++;
      if (entry !== null) entries.push(entry);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      problems.push(`${key}: ${error.message}`);
      if (known !== undefined) entries.push(known);
    }
    progress.step();
  }
  progress.end();
  // Also those that an interrupted backup copied.
  const kinds = [...new Set(entries.map(({ kind }) => join("objects", kind)))];
  await syncAll([...entries.map(({ file }) => file), ...kinds].map((path) => join(job.root, path)));
  // A server that was replaced meanwhile may have written a newer format.
  const mark = readMark(job.mailboxes);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const [ended, count] = [new Date().toISOString(), entries.length];
  const about = { form: BACKUP_FORM, began, ended, format: mark?.format ?? null, version: mark?.version ?? null };
  const name = await writeBackup(job.root, { ...about, count, bytes, problems, entries });
  const text = `${count} databases, ${sizeText(bytes)}: ${copied} copied, ${count - copied} unchanged`;
  console.log(`Backup ${name} in ${job.root}: ${text}.`);
  for (const problem of problems) console.error(`Damaged, so the backup has no present copy: ${problem}`);
  return problems.length === 0;
}

/** The lists of alarms last: the objects' own alarms are what counts. */
function databasesIn(mailboxes: string): Pick<Entry, "kind" | "id">[] {
  const kinds = readdirSync(mailboxes, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const found = kinds.flatMap(({ name: kind }) => {
    const names = readdirSync(join(mailboxes, kind)).filter((name) => DATABASE.test(name));
    return names.map((name) => ({ kind, id: name.slice(0, -".sqlite".length) }));
  });
  const rank = ({ id }: Pick<Entry, "id">) => (id === "metadata" ? 1 : 0);
  return found.toSorted((a, b) => rank(a) - rank(b) || (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** The entry of a database: the known one if nothing has changed, null if there is nothing to copy. */
async function entryOf(job: Job, { kind, id }: Pick<Entry, "kind" | "id">): Promise<Entry | null> {
  const from = join(job.mailboxes, kind, `${id}.sqlite`);
  const known = job.known.get(keyOf({ kind, id }));
  const state = stateOf(from);
  // A name that somebody asked about and nobody has.
  if (state === null || (id !== "metadata" && isEmpty(from))) return null;
  if (known?.content === state.content) return known;
  const part = join(job.root, "objects", kind, `${id}.part`);
  mkdirSync(dirname(part), { recursive: true });
  try {
    const copied = await copyDatabase(job.sqlite, from, part);
    if (copied === null) return null;
    const sha256 = hashOf(part);
    const file = join("objects", kind, `${id}-${sha256.slice(0, 16)}.sqlite`);
    const bytes = statSync(part).size;
    renameSync(part, join(job.root, file));
    const entry = { kind, id, file, bytes, sha256, ...copied };
    notePartial(job.root, entry);
    return entry;
  } finally {
    removeDatabase(part);
  }
}

/** The SHA-256 of a file, in hex. */
export function hashOf(path: string): string {
  const [hash, chunk] = [createHash("sha256"), Buffer.alloc(CHUNK_BYTES)];
  const fd = openSync(path, "r");
  try {
    for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) hash.update(chunk.subarray(0, read));
    return hash.digest("hex");
  } finally {
    closeSync(fd);
  }
}

function fail(code: number, why: string): number {
  console.error(why);
  return code;
}
