// Which format the mailboxes of a folder have. A server does not open what a much newer one wrote: its code would find
// every mailbox broken.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { STORAGE_FORMAT } from "../../src/protocol/storage-format.ts";

interface Mark {
  /** The newest format that a server wrote into this folder. */
  readonly format: number;
  /** The version of that server. */
  readonly version: string;
}

const nameOf = (mailboxes: string) => join(mailboxes, ".format");

/** Why this server must not open the folder, or null. Versions to 0.3 wrote no mark. */
export function formatProblem(mailboxes: string): string | null {
  const mark = readMark(mailboxes);
  if (mark === null || mark.format <= STORAGE_FORMAT.reads) return null;
  return (
    `The mailboxes were written by version ${mark.version}, in format ${mark.format}; this version reads formats up to ` +
    `${STORAGE_FORMAT.reads}. Nothing was changed. Start version ${mark.version} again, or restore a backup from ` +
    "before it: docs/RELEASES.md says how far one can go back."
  );
}

/** Marks the folder with the format that this server writes, unless a newer server marked it. */
export function writeFormat(mailboxes: string, version: string): void {
  if ((readMark(mailboxes)?.format ?? 0) >= STORAGE_FORMAT.writes) return;
  const part = `${nameOf(mailboxes)}.${process.pid}`;
  const mark: Mark = { format: STORAGE_FORMAT.writes, version };
  writeFileSync(part, `${JSON.stringify(mark)}\n`);
  renameSync(part, nameOf(mailboxes));
}

function readMark(mailboxes: string): Mark | null {
  try {
    return JSON.parse(readFileSync(nameOf(mailboxes), "utf8")) as Mark;
  } catch {
    return null;
  }
}
