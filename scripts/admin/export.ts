// Writes a user's export as it arrives: to a file, which gets its name only when it is complete, or to standard output.
import { createWriteStream, existsSync, renameSync } from "node:fs";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TruncatedError } from "./deployment.ts";
import { bytes } from "./table.ts";

type Pieces = AsyncIterable<Uint8Array>;

/** Ms between two lines of progress. */
const PROGRESS_MS = 5_000;

/** Bytes that contain the last line. */
const TAIL_BYTES = 256;

/** Writes the export to a file. Returns a sentence on a problem with the file, or null. */
export async function exportTo(file: string, open: () => Promise<Pieces>): Promise<string | null> {
  if (existsSync(file)) return `--out ${file}: EEXIST: it exists already.`;
  const part = `${file}.part`;
  const pieces = await open();
  try {
    await pipeline(checked(pieces), createWriteStream(part, { flags: "w", mode: 0o600 }));
  } catch (error) {
    if (error instanceof TruncatedError)
      throw new TruncatedError(`${error.message} The part that arrived is in ${part}.`);
    return `--out ${file}: ${error instanceof Error ? error.message : ""}.`;
  }
  renameSync(part, file);
  return null;
}

/** Writes the export to standard output. A reader that closes the pipe is no error. */
export async function exportOut(pieces: Pieces, out: Writable): Promise<void> {
  try {
    await pipeline(checked(pieces), out, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}

/** The whole export as values, without the last line. */
export async function exportValues(pieces: Pieces): Promise<unknown[]> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of checked(pieces)) text += decoder.decode(piece, { stream: true });
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as unknown);
}

/**
 * Passes the pieces on. Reports progress on standard error, and throws if the last line is missing or its count
 * differs.
 */
async function* checked(pieces: Pieces): AsyncGenerator<Uint8Array> {
  let [size, lines] = [0, 0];
  let tail = Buffer.alloc(0);
  let next = Date.now() + PROGRESS_MS;
  for await (const piece of pieces) {
    size += piece.length;
    for (const byte of piece) if (byte === 0x0a) lines++;
    tail = Buffer.concat([tail, piece]).subarray(-TAIL_BYTES);
    if (Date.now() >= next) {
      console.error(`${bytes(size)} so far`);
      next = Date.now() + PROGRESS_MS;
    }
    yield piece;
  }
  const count = /(?:^|\n)\{"type":"end","lines":(\d+)\}\n$/.exec(tail.toString())?.[1];
  if (count === undefined)
    throw new TruncatedError(
      "The export ended without its last line: it was cut off, or the server is of an older version.",
    );
  if (Number(count) !== lines - 1)
    throw new TruncatedError(`The export has ${lines - 1} lines, and its last one says ${count}.`);
}
