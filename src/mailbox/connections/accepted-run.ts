// An answer to sends that may grow: those in a row are one frame, where the device reads runs.
import type { State } from "../../protocol/down.ts";
import { LIMITS } from "../../protocol/limits.ts";

/** `id` and `entry` are the last one's. `entry` is missing where retention removed it. */
export interface AcceptedRun {
  id: number;
  readonly state: State;
  entry: { readonly seq: number; readonly at: number } | undefined;
  count: number;
}

/** Takes one more in. False if it differs by more than what counts up. */
export function extendRun(answer: AcceptedRun, id: number, state: State, entry: AcceptedRun["entry"]): boolean {
  if (id !== answer.id + 1 || state !== answer.state || answer.count >= LIMITS.frames) return false;
  const before = answer.entry;
  const both = before !== undefined && entry !== undefined;
  if (both ? entry.seq !== before.seq + 1 || entry.at !== before.at : before !== entry) return false;
  answer.id = id;
  answer.entry = entry;
  answer.count++;
  return true;
}
