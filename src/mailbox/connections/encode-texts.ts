// How frames become texts. Pure.
import { LIMITS, utf8Bytes } from "../../protocol/limits.ts";

/** Frames as texts: one alone, several as an array, none larger than the limits. */
export function encodeTexts(frames: readonly string[]): string[] {
  if (frames.length < 2) return [...frames];
  // Counted only where it may matter: a unit is at most three bytes.
  let most = 2;
  for (const frame of frames) most += frame.length * 3 + 1;
  if (frames.length <= LIMITS.frames && most <= LIMITS.textBytes) return [together(frames)];
  const done: string[] = [];
  let open: string[] = [];
  let bytes = 2;
  for (const frame of frames) {
    const size = utf8Bytes(frame) + 1;
    if (open.length > 0 && (open.length >= LIMITS.frames || bytes + size > LIMITS.textBytes)) {
      done.push(together(open));
      open = [];
      bytes = 2;
    }
    open.push(frame);
    bytes += size;
  }
  return [...done, together(open)];
}

function together(frames: readonly string[]): string {
  return frames.length === 1 ? (frames[0] ?? "") : `[${frames.join(",")}]`;
}
