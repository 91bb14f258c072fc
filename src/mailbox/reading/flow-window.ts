// The flow window: how much of the log may be under way to a reader. It knows sizes alone, and no frame.
import { LIMITS } from "../../protocol/limits.ts";
import type { LogReader, UnackedPart } from "./log-reader.ts";

/** What a reader may still be sent. `free`: nothing is under way, so one frame may go, however large. */
export interface FlowWindow {
  readonly frames: number;
  readonly bytes: number;
  readonly free: boolean;
}

/**
 * Parts remembered one by one; then neighbours are remembered together. Answers: an attachment that grows with what is
 * under way.
 */
const MAX_PARTS = 64;

/**
 * The share of the window that must be free before a full one is filled again. Answers: acks of single frames, each of
 * which would read the log for one more.
 */
const REFILL_SHARE = 1 / 16;

/**
 * The share of the window after which a part ends. A part in bytes is no larger than a text: 524,288 and one frame
 * more. Answers: bytes that come back late, because they come back by whole parts.
 */
const PART_SHARE = 1 / 8;

/** Bytes that weigh as much as one frame, for both limits are of one window. */
const BYTES_PER_FRAME = LIMITS.windowBytes / LIMITS.window;

/** A plain socket acknowledges nothing, so nothing is ever under way to it. */
export function windowOf(reader: LogReader): FlowWindow {
  let frames = reader.kind === "page" ? reader.limit : LIMITS.window;
  let bytes: number = LIMITS.windowBytes;
  if (reader.kind === "plain") return { frames, bytes, free: true };
  for (const [, count, size] of reader.unacked) {
    frames -= count;
    bytes -= size;
  }
  return { frames, bytes, free: reader.unacked.length === 0 };
}

/** Bytes of the log that are under way. */
export function bytesUnderWay(unacked: readonly UnackedPart[]): number {
  let bytes = 0;
  for (const part of unacked) bytes += part[2];
  return bytes;
}

export function isShut({ frames, bytes, free }: FlowWindow): boolean {
  return !free && (frames <= 0 || bytes <= 0);
}

/**
 * Whether enough of a window that was full is free to fill it again: a sixteenth, and on a fast link as much as one
 * text has, less than a quarter. Answers: acks of the small first texts, each of which would be answered by one as
 * small.
 */
export function canRefill({ frames, bytes, free }: FlowWindow, textBytes: number): boolean {
  const share = Math.max(REFILL_SHARE, textBytes / LIMITS.windowBytes);
  return free || (frames >= LIMITS.window * share && bytes >= LIMITS.windowBytes * share);
}

/** Whether a part with these frames is complete. */
export function isWholePart(count: number, bytes: number): boolean {
  return count >= LIMITS.window * PART_SHARE || bytes >= LIMITS.windowBytes * PART_SHARE;
}

/** Counts a part as under way. */
export function addUnacked(unacked: UnackedPart[], part: UnackedPart): void {
  if (unacked.length >= MAX_PARTS) mergeLightest(unacked);
  unacked.push(part);
}

/**
 * Makes one part of the two neighbours that weigh least: at most a thirtieth of all. The first part stays as it is: it
 * may be a gap, and before a gap the log may have entries that this reader was not sent.
 */
function mergeLightest(unacked: UnackedPart[]): void {
  let [lightest, index] = [Infinity, 1];
  for (let i = 1; i + 1 < unacked.length; i++) {
    const weight = weightOf(unacked[i]) + weightOf(unacked[i + 1]);
    if (weight < lightest) [lightest, index] = [weight, i];
  }
  const [first, second] = unacked.slice(index, index + 2);
  if (first === undefined || second === undefined) return;
  unacked.splice(index, 2, [second[0], first[1] + second[1], first[2] + second[2]]);
}

function weightOf(part: UnackedPart | undefined): number {
  return part === undefined ? 0 : part[1] + part[2] / BYTES_PER_FRAME;
}
