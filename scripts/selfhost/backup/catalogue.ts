// What is in a backup folder. backups/TIME.json describes one backup: every object with its file in objects/, which
// never changes. A backup of an unchanged object names the file of the backup before. A description is written last.
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { syncAll } from "./sync.ts";

/** The form of this description. A later one that this code can't read has a higher number. */
export const BACKUP_FORM = 1;

/** One database: an object, or workerd's list of alarms, whose id is `metadata`. */
export interface Entry {
  /** The folder in `mailboxes`, such as restante-Mailbox. */
  readonly kind: string;
  readonly id: string;
  /** Its path in the backup folder. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What the database was like when it was copied: see database-state.ts. */
  readonly content: string;
  /** For when the object's alarm is set, in ns since 1970; null for none. */
  readonly alarm: string | null;
}

export interface Backup {
  readonly form: number;
  /** ISO times. Everything that was accepted before `began` is in the backup. */
  readonly began: string;
  readonly ended: string;
  /** The format of the mailboxes, and the version of the server that wrote them; null: 0.3.0 or older. */
  readonly format: number | null;
  readonly version: string | null;
  readonly count: number;
  readonly bytes: number;
  /** Databases that could not be copied, each with the reason. Those that an earlier backup has are of that one. */
  readonly problems: readonly string[];
  readonly entries: readonly Entry[];
}

const FOLDER = "backups";
const PARTIAL = "partial.jsonl";

export const keyOf = ({ kind, id }: Pick<Entry, "kind" | "id">) => `${kind}/${id}`;

/** Names of the backups, oldest first. */
export function backupsIn(root: string): string[] {
  try {
    const names = readdirSync(join(root, FOLDER)).filter((name) => /^\d{4}-.*Z\.json$/.test(name));
    return names.map((name) => name.slice(0, -".json".length)).toSorted();
  } catch {
    return [];
  }
}

/** The description, or why there is none that this version can use. */
export function readBackup(root: string, name: string): Backup | string {
  try {
    const backup = JSON.parse(readFileSync(join(root, FOLDER, `${name}.json`), "utf8")) as Backup;
    if (backup.form > BACKUP_FORM) return `${name} was made by a newer version, which alone can read it.`;
    return backup.count === backup.entries.length ? backup : `${name} is not complete.`;
  } catch (error) {
    return `${name} can't be read: ${(error as Error).message}`;
  }
}

/** Writes the description, when all of its files are on the disk, and returns its name. */
export async function writeBackup(root: string, backup: Backup): Promise<string> {
  const name = backup.began.replaceAll(":", "-");
  const file = join(root, FOLDER, `${name}.json`);
  mkdirSync(dirname(file), { recursive: true });
  const { entries, ...about } = backup;
  const lines = entries.map((entry) => `  ${JSON.stringify(entry)}`).join(",\n");
  const head = JSON.stringify(about, null, 1).slice(0, -2);
  writeFileSync(`${file}.part`, `${head},\n "entries": [\n${lines}\n ]\n}\n`);
  await syncAll([`${file}.part`]);
  renameSync(`${file}.part`, file);
  await syncAll([dirname(file)]);
  rmSync(join(root, PARTIAL), { force: true });
  return name;
}

/** Remembers a copy, so that a backup that is interrupted does not make it again. */
export function notePartial(root: string, entry: Entry): void {
  appendFileSync(join(root, PARTIAL), `${JSON.stringify(entry)}\n`);
}

/** The copies that the newest readable backup and an interrupted one have, by key. */
export function knownEntries(root: string): Map<string, Entry> {
  const newest = backupsIn(root)
    .toReversed()
    .map((name) => readBackup(root, name))
    .find((backup) => typeof backup !== "string");
  const entries = [...(newest?.entries ?? []), ...partialEntries(root)];
  return new Map(entries.filter((entry) => hasFile(root, entry)).map((entry) => [keyOf(entry), entry]));
}

/** Removes all backups but the newest `count`, and the files that no backup names. Returns how many backups. */
export function prune(root: string, count: number): number {
  const names = backupsIn(root);
  const removed = names.slice(0, Math.max(0, names.length - count));
  for (const name of removed) rmSync(join(root, FOLDER, `${name}.json`));
  const named = new Set<string>();
  for (const name of backupsIn(root)) {
    const backup = readBackup(root, name);
    // What an unreadable description names is unknown.
    if (typeof backup === "string") return removed.length;
    for (const { file } of backup.entries) named.add(file);
  }
  for (const file of filesIn(root)) if (!named.has(file)) rmSync(join(root, file));
  return removed.length;
}

function partialEntries(root: string): Entry[] {
  try {
    // The last line is cut where the writer was killed.
    const lines = readFileSync(join(root, PARTIAL), "utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Entry);
  } catch {
    return [];
  }
}

function hasFile(root: string, { file, bytes }: Entry): boolean {
  return statSync(join(root, file), { throwIfNoEntry: false })?.size === bytes;
}

function filesIn(root: string): string[] {
  const entries = readdirSync(join(root, "objects"), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(join(root, "/").length));
}
