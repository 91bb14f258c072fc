// The `accepted` of consecutive sends, which is one frame where the device reads runs. Pure.
import type { AcceptedState } from "../../protocol/down.ts";
import { LIMITS } from "../../protocol/limits.ts";

/** `id` and `entry` are those of the last send. `entry` is undefined where retention removed it. */
export interface AcceptedRun {
  id: number;
  readonly state: AcceptedState;
  entry: { readonly seq: number; readonly at: number } | undefined;
  count: number;
}

/** Adds one more send. False if it differs by more than its numbers. */
export function extendRun(run: AcceptedRun, id: number, state: AcceptedState, entry: AcceptedRun["entry"]): boolean {
  if (id !== run.id + 1 || state !== run.state || run.count >= LIMITS.frames) return false;
  const before = run.entry;
  const both = before !== undefined && entry !== undefined;
  if (both ? entry.seq !== before.seq + 1 || entry.at !== before.at : before !== entry) return false;
  run.id = id;
  run.entry = entry;
  run.count++;
  return true;
}
