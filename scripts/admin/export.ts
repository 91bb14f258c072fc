// A user's export, piece by piece as it comes: into a file that has its name only when it is whole, or to standard output.
import { createWriteStream, existsSync, renameSync } from "node:fs";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BrokenOff } from "./deployment.ts";
import { bytes } from "./table.ts";

type Pieces = AsyncIterable<Uint8Array>;

/** Ms between two words about how far it is. */
const PROGRESS_MS = 5_000;

/** Bytes in which the last line is. */
const TAIL = 256;

/** Writes it to a file. What is wrong with the file, in a sentence, or null. */
export async function exportTo(file: string, asked: () => Promise<Pieces>): Promise<string | null> {
  if (existsSync(file)) return `--out ${file}: EEXIST: it exists already.`;
  const part = `${file}.part`;
  const pieces = await asked();
  try {
    await pipeline(watched(pieces), createWriteStream(part, { flags: "w", mode: 0o600 }));
  } catch (error) {
    if (error instanceof BrokenOff) throw new BrokenOff(`${error.message} What came of it is in ${part}.`);
    return `--out ${file}: ${error instanceof Error ? error.message : ""}.`;
  }
  renameSync(part, file);
  return null;
}

/** Writes it to standard output, as far as somebody reads that. */
export async function exportOut(pieces: Pieces, out: Writable): Promise<void> {
  try {
    await pipeline(watched(pieces), out, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}

/** All of it as values, without the last line. */
export async function exportValues(pieces: Pieces): Promise<unknown[]> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of watched(pieces)) text += decoder.decode(piece, { stream: true });
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as unknown);
}

/** The same pieces. Says on standard error how far it is, and breaks off where the last line is missing or counts other lines. */
async function* watched(pieces: Pieces): AsyncGenerator<Uint8Array> {
  let [size, lines] = [0, 0];
  let tail = Buffer.alloc(0);
  let next = Date.now() + PROGRESS_MS;
  for await (const piece of pieces) {
    size += piece.length;
    for (const byte of piece) if (byte === 0x0a) lines++;
    tail = Buffer.concat([tail, piece]).subarray(-TAIL);
    if (Date.now() >= next) {
      console.error(`${bytes(size)} so far`);
      next = Date.now() + PROGRESS_MS;
    }
    yield piece;
  }
  const count = /(?:^|\n)\{"type":"end","lines":(\d+)\}\n$/.exec(tail.toString())?.[1];
  if (count === undefined)
    throw new BrokenOff(
      "The export ended without its last line: it was cut off, or the server is of an older version.",
    );
  if (Number(count) !== lines - 1)
    throw new BrokenOff(`The export has ${lines - 1} lines, and its last one says ${count}.`);
}
