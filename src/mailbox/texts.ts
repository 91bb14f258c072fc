// How frames become texts. Pure.
import { LIMITS, utf8Bytes } from "../protocol/limits.ts";

/** Frames as texts: one alone, several as an array, none larger than the limits. */
export function texts(frames: readonly string[]): string[] {
  const done: string[] = [];
  let open: string[] = [];
  let bytes = 2;
  const close = () => {
    if (open.length > 0) done.push(open.length === 1 ? (open[0] ?? "") : `[${open.join(",")}]`);
    open = [];
    bytes = 2;
  };
  // Counted only where it may matter: a unit is at most three bytes.
  let most = 2;
  for (const frame of frames) most += frame.length * 3 + 1;
  const whole = most <= LIMITS.textBytes;
  for (const frame of frames) {
    const size = whole ? 0 : utf8Bytes(frame) + 1;
    if (open.length >= LIMITS.frames || bytes + size > LIMITS.textBytes) close();
    open.push(frame);
    bytes += size;
  }
  close();
  return done;
}
