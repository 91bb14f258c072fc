// The next envelopes of a lane: as many as one call carries, with the bodies that are only on disk.
import type { Envelope } from "../protocol/envelope.ts";
import type { Owed } from "./lane.ts";
import type { Log } from "./log/log.ts";

/** One call's envelopes, and their UTF-16 units. Answers: arguments that a call can't carry, a group that holds up others. */
const BATCH = 2_048;
const BATCH_UNITS = 1_000_000;
/** The first of what is owed, in order. Throws if an entry is not in the log. */
export function nextBatch(owed: readonly Owed[], log: Log): Envelope[] {
  const next = owed.slice(0, BATCH);
  const missing = next.filter(({ body }) => body === null).map(({ seq }) => seq);
  // Row by row, so that no more is in memory than the batch takes.
  const read = log.entries.bodies(missing)[Symbol.iterator]();
  const batch = [];
  let units = 0;
  for (const { seq, at, body: kept } of next) {
    const body = kept ?? bodyOf(seq, read.next().value);
    units += body.length;
    if (units > BATCH_UNITS && batch.length > 0) break;
    batch.push({ origin: seq, at, body });
  }
  return batch;
}

function bodyOf(seq: number, row: { readonly seq: number; readonly body: string } | undefined): string {
  if (row?.seq !== seq) throw new Error(`entry ${seq} is owed and not in the log`);
  return row.body;
}
