// The next call of a lane: as many envelopes as one carries, with the bodies that are only on disk, and the receipts.
import type { Delivery, Envelope } from "../../protocol/envelope.ts";
import { PEERING } from "../../protocol/version.ts";
import type { PeerQueue, UnsettledMessage } from "./peer-queue.ts";
import type { Log } from "../log/log.ts";
import type { Peer } from "../log/schema.ts";

/** One call's envelopes, and their UTF-16 units. Answers: arguments that a call can't carry, a group that holds up others. */
const MAX_ENVELOPES = 2_048;
const MAX_UNITS = 1_000_000;

/** What the lane's receiver is to be handed now. Throws if an entry that is owed is not in the log. */
export function nextDelivery(lane: PeerQueue, peer: Peer, log: Log): Delivery {
  if (log.row === null) throw new Error("nothing can be owed before the mailbox begins");
  return {
    version: PEERING,
    from: log.row.name,
    epoch: log.row.epoch,
    to: lane.to,
    toEpoch: peer.epoch,
    after: peer.reached,
    envelopes: nextBatch(lane, log),
    ...lane.receipts.fields,
    ...(log.account.service.row !== null && { service: true as const }),
  };
}

/** The first of what is owed, in order. */
function nextBatch(lane: PeerQueue, log: Log): Envelope[] {
  const next: readonly UnsettledMessage[] = lane.unsettled.slice(0, MAX_ENVELOPES);
  const missing = next.filter(({ body }) => body === null).map(({ seq }) => seq);
  // Row by row, so that no more is in memory than the batch takes.
  const read = log.entries.of(missing)[Symbol.iterator]();
  const batch = [];
  let units = 0;
  lane.loadedUnits = 0;
  for (const { seq, at, body: kept } of next) {
    const body = kept ?? bodyOf(seq, read.next().value);
    units += body.length;
    if (units > MAX_UNITS && batch.length > 0) break;
    if (kept === null) lane.loadedUnits += body.length;
    batch.push({ origin: seq, at, body });
  }
  return batch;
}

function bodyOf(seq: number, row: { readonly seq: number; readonly body: string } | undefined): string {
  if (row?.seq !== seq) throw new Error(`entry ${seq} is owed and not in the log`);
  return row.body;
}
