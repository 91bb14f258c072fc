// The state of a SQLite file, read without SQLite and without a lock: so a look at it never delays the server. Equal
// states mean equal content, because SQLite numbers and checksums what it appends to its log (the file FILE-wal).
// https://www.sqlite.org/walformat.html, read 2026-11.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Bytes of the log's header, and of the header of each frame in it. */
const LOG_HEADER = 32;
const FRAME_HEADER = 24;
/** Where the database's header has its change counter: bytes 24 to 27. */
const CHANGE_COUNTER = 24;

export interface DatabaseState {
  /** Of the database file: its inode, size, times in ns, and change counter. */
  readonly file: string;
  /** Which log it is: its inode and its two salts, which SQLite changes whenever it begins the log anew; null: none. */
  readonly log: string | null;
  /** What names the content: another content has another text. */
  readonly content: string;
}

/** The state of the database at `path`, or null if there is none. */
export function stateOf(path: string): DatabaseState | null {
  const file = withFile(path, (fd) => {
    const { ino, size, mtimeNs, ctimeNs } = fstatSync(fd, { bigint: true });
    const counter = size < 100n ? "" : bytesAt(fd, CHANGE_COUNTER, 4).toString("hex");
    return { ino, text: `${ino} ${size} ${mtimeNs} ${ctimeNs} ${counter}` };
  });
  if (file === null) return null;
  const log = withFile(`${path}-wal`, logOf);
  if (log === null) return { file: file.text, log: null, content: file.text };
  // Frames are copied into the file later. That changes its times, and not what the two are together.
  return {
    file: file.text,
    log: log.name,
    content: log.last === "" ? file.text : `${file.ino} ${log.name} ${log.last}`,
  };
}

/** Whether what was read between two looks belongs together: nothing was copied from the log and then overwritten. */
export function isSameLog(before: DatabaseState, after: DatabaseState | null): boolean {
  if (after === null) return false;
  return before.log === null ? after.file === before.file : after.log === before.log;
}

/** The log's name, and `last`: the number and the checksum of its last frame, empty without one. */
function logOf(fd: number): { readonly name: string; readonly last: string } | null {
  const { ino, size } = fstatSync(fd, { bigint: true });
  if (size < BigInt(LOG_HEADER)) return null;
  const header = bytesAt(fd, 0, LOG_HEADER);
  const salts = header.subarray(16, 24);
  const frameBytes = FRAME_HEADER + header.readUInt32BE(8);
  const frame = (i: number) => bytesAt(fd, LOG_HEADER + i * frameBytes, FRAME_HEADER);
  // Frames of this log are first; behind them are those of earlier ones, with other salts.
  let [present, end] = [0, Math.floor((Number(size) - LOG_HEADER) / frameBytes)];
  while (present < end) {
    const middle = Math.floor((present + end) / 2);
    if (frame(middle).subarray(8, 16).equals(salts)) present = middle + 1;
    else end = middle;
  }
  // The checksum of a frame covers all frames before it.
  const last = present === 0 ? "" : `${present} ${frame(present - 1).toString("hex", 16, 24)}`;
  return { name: `${ino} ${salts.toString("hex")}`, last };
}

function bytesAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  readSync(fd, bytes, 0, length, position);
  return bytes;
}

function withFile<T>(path: string, read: (fd: number) => T): T | null {
  let fd;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    return read(fd);
  } finally {
    closeSync(fd);
  }
}
