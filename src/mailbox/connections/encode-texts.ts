// Frames as texts, within the limits of a text. Pure.
import { LIMITS, utf8Bytes } from "../../protocol/limits.ts";

/** A single frame is a text by itself, also a larger one; several are an array. */
export function encodeTexts(frames: readonly string[], maxBytes: number = LIMITS.textBytes): string[] {
  if (frames.length < 2) return [...frames];
  // A UTF-16 unit is at most three bytes, so most texts need no exact count.
  let mostBytes = 2;
  for (const frame of frames) mostBytes += frame.length * 3 + 1;
  if (frames.length <= LIMITS.frames && mostBytes <= maxBytes) return [textOf(frames)];
  const texts: string[] = [];
  let open: string[] = [];
  let bytes = 2;
  for (const frame of frames) {
    const size = utf8Bytes(frame) + 1;
    if (open.length > 0 && (open.length >= LIMITS.frames || bytes + size > maxBytes)) {
      texts.push(textOf(open));
      open = [];
      bytes = 2;
    }
    open.push(frame);
    bytes += size;
  }
  return [...texts, textOf(open)];
}

function textOf(frames: readonly string[]): string {
  const list = frames.join(",");
  return frames.length === 1 ? list : `[${list}]`;
}
