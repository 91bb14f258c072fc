// Builds the next call of a queue: as many envelopes as one call may carry, and the receipts that are due. Bodies that
// are not in memory are read from the log.
import { PEERING } from "../../protocol/version.ts";
import type { Delivery, Envelope } from "../../protocol/envelope.ts";
import { isShown, relationInEnvelope } from "../../protocol/relation.ts";
import type { Log } from "../log/log.ts";
import type { Peer } from "../log/peers/peer.ts";
import type { PeerQueue } from "./peer-queue.ts";

/**
 * The envelopes of one call, and the UTF-16 units of their bodies. Answers: arguments too large for a call, and a
 * transaction that delays others.
 */
const MAX_ENVELOPES = 2_048;
const MAX_UNITS = 1_000_000;

/**
 * The next delivery to the queue's peer. `knowsRelations`: whether the peer has said so. Throws if an unsettled entry is
 * not in the log.
 */
export function nextDelivery(queue: PeerQueue, peer: Peer, log: Log, knowsRelations: boolean): Delivery {
  if (log.row === null) throw new Error("a mailbox that has not begun has nothing to deliver");
  const envelopes = nextBatch(queue, log, knowsRelations);
  return {
    version: PEERING,
    from: log.row.name,
    epoch: log.row.epoch,
    to: queue.to,
    toEpoch: peer.epoch,
    after: peer.storedUpTo,
    envelopes,
    ...queue.receipts.fields,
    ...(queue.asksSince > 0 && { ask: true as const }),
    ...((envelopes[0]?.origin ?? Infinity) <= queue.comparesUpTo && { compare: true as const }),
    ...(typeof log.row.displayName === "string" && { displayName: log.row.displayName }),
    ...(log.account.service.row !== null && { service: true as const }),
  };
}

/** The first unsettled messages, in order. Older code would show an edit, a retraction or a reaction as a message. */
function nextBatch(queue: PeerQueue, log: Log, knowsRelations: boolean): Envelope[] {
  const first = queue.unsettled.slice(0, MAX_ENVELOPES);
  const end = knowsRelations ? -1 : first.findIndex(({ re }) => !isShown(re));
  const next = end < 0 ? first : first.slice(0, end);
  const onDisk = next.filter(({ body }) => body === null).map(({ seq }) => seq);
  // Row by row, so that no more is read than the batch takes.
  const rows = log.entries.of(onDisk)[Symbol.iterator]();
  const batch = [];
  let units = 0;
  queue.loadedUnits = 0;
  for (const { seq, at, body: inMemory, re } of next) {
    const body = inMemory ?? bodyOf(seq, rows.next().value);
    units += body.length;
    if (units > MAX_UNITS && batch.length > 0) break;
    if (inMemory === null) queue.loadedUnits += body.length;
    batch.push({ origin: seq, at, body, ...(re !== undefined && { re: relationInEnvelope(re) }) });
  }
  return batch;
}

function bodyOf(seq: number, row: { readonly seq: number; readonly body: string } | undefined): string {
  if (row?.seq !== seq) throw new Error(`entry ${seq} is unsettled and not in the log`);
  return row.body;
}
