// The flow window: how much of the log may be under way to a reader. It knows sizes alone, and no frame.
import { LIMITS } from "../../protocol/limits.ts";
import type { LogReader, UnackedText } from "./log-reader.ts";

/** What a reader may still be sent. `free`: nothing is under way, so one frame may go, however large. */
export interface FlowWindow {
  readonly frames: number;
  readonly bytes: number;
  readonly free: boolean;
}

/**
 * Texts remembered one by one; older ones are remembered together. Answers: an attachment that grows with what is under
 * way.
 */
const REMEMBERED_TEXTS = 64;

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

export function isShut({ frames, bytes, free }: FlowWindow): boolean {
  return !free && (frames <= 0 || bytes <= 0);
}

/** Counts a text as under way. */
export function addUnacked(unacked: UnackedText[], text: UnackedText): void {
  if (unacked.length >= REMEMBERED_TEXTS) mergeOldest(unacked);
  unacked.push(text);
}

/** Takes the two oldest texts for one: less exact, and never too few frames. */
function mergeOldest(unacked: UnackedText[]): void {
  const [first, second] = unacked;
  if (first === undefined || second === undefined) return;
  unacked.splice(0, 2, [second[0], first[1] + second[1], first[2] + second[2]]);
}
