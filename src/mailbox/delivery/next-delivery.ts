// The next call of a lane: as many envelopes as one carries, with the bodies that are only on disk, and the receipts.
import type { Delivery, Envelope } from "../../protocol/envelope.ts";
import { PEERING } from "../../protocol/version.ts";
import type { Lane, Owed } from "./peer-queue.ts";
import type { Log } from "../log/log.ts";
import type { Peer } from "../log/schema.ts";

/** One call's envelopes, and their UTF-16 units. Answers: arguments that a call can't carry, a group that holds up others. */
const BATCH = 2_048;
const BATCH_UNITS = 1_000_000;

/** What the lane's receiver is to be handed now. Throws if an entry that is owed is not in the log. */
export function nextDelivery(lane: Lane, peer: Peer, log: Log): Delivery {
  const { to, tell, told } = lane;
  if (log.life === null) throw new Error("nothing can be owed before the mailbox begins");
  return {
    version: PEERING,
    from: log.life.name,
    epoch: log.life.epoch,
    to,
    toEpoch: peer.epoch,
    after: peer.reached,
    envelopes: nextBatch(lane, log),
    ...(tell.delivered > told.delivered && { delivered: tell.delivered }),
    ...(tell.read > told.read && { read: tell.read }),
    ...(log.account.service.row !== null && { service: true as const }),
  };
}

/** The first of what is owed, in order. */
function nextBatch(lane: Lane, log: Log): Envelope[] {
  const next: readonly Owed[] = lane.owed.slice(0, BATCH);
  const missing = next.filter(({ body }) => body === null).map(({ seq }) => seq);
  // Row by row, so that no more is in memory than the batch takes.
  const read = log.entries.of(missing)[Symbol.iterator]();
  const batch = [];
  let units = 0;
  lane.loaded = 0;
  for (const { seq, at, body: kept } of next) {
    const body = kept ?? bodyOf(seq, read.next().value);
    units += body.length;
    if (units > BATCH_UNITS && batch.length > 0) break;
    if (kept === null) lane.loaded += body.length;
    batch.push({ origin: seq, at, body });
  }
  return batch;
}

function bodyOf(seq: number, row: { readonly seq: number; readonly body: string } | undefined): string {
  if (row?.seq !== seq) throw new Error(`entry ${seq} is owed and not in the log`);
  return row.body;
}
