// A peer as its row has it. The names of the columns are those of the first version; the code has other names for them,
// and this file alone knows both. It runs where a row is read or written, not for each message.
import { SeqRanges } from "../../../durable/log/seq-ranges.ts";
import { upsert } from "../../../durable/log/sql.ts";
import type { Peer } from "./peer.ts";

/** One row of the table `peer`. Tables that older code made have no column `jumps`. */
export interface PeerRow {
  readonly name: string;
  readonly epoch: string | null;
  readonly began: number;
  readonly high: number;
  readonly refused: number;
  readonly reached: number;
  readonly stored: number;
  readonly delivered: number;
  readonly read: number;
  readonly mine: number;
  readonly unread: number;
  readonly mark: number;
  readonly owesDelivered: number;
  readonly owesRead: number;
  readonly last: number;
  readonly page: string;
  readonly jumps?: string | null;
}

export function peerOf(row: PeerRow): Peer {
  return {
    name: row.name,
    epoch: row.epoch,
    epochStart: row.began,
    lastOrigin: row.high,
    lastRefusedOrigin: row.refused,
    storedUpTo: row.reached,
    stored: row.stored,
    delivered: row.delivered,
    read: row.read,
    readByMe: row.mine,
    unread: row.unread,
    markSeq: row.mark,
    dueDelivered: row.owesDelivered,
    dueRead: row.owesRead,
    lastSeq: row.last,
    recentSeqs: SeqRanges.parse(row.page),
  };
}

/** The values that the statements below bind, in their order. */
export function valuesOf(peer: Peer): (string | number | null)[] {
  const row: PeerRow = {
    name: peer.name,
    epoch: peer.epoch,
    began: peer.epochStart,
    high: peer.lastOrigin,
    refused: peer.lastRefusedOrigin,
    reached: peer.storedUpTo,
    stored: peer.stored,
    delivered: peer.delivered,
    read: peer.read,
    mine: peer.readByMe,
    unread: peer.unread,
    mark: peer.markSeq,
    owesDelivered: peer.dueDelivered,
    owesRead: peer.dueRead,
    last: peer.lastSeq,
    page: peer.recentSeqs.text,
  };
  return COLUMNS.map((column) => row[column]);
}

const COLUMNS = [
  "name",
  "epoch",
  "began",
  "high",
  "refused",
  "reached",
  "stored",
  "delivered",
  "read",
  "mine",
  "unread",
  "mark",
  "owesDelivered",
  "owesRead",
  "last",
  "page",
] as const satisfies readonly (keyof PeerRow)[];

/** For tables that older code made; `withRanges` binds `jumps` last. */
export const PUT_OLD_PEER = { plain: upsert("peer", COLUMNS), withRanges: upsert("peer", [...COLUMNS, "jumps"]) };
/** The same, and `writes` shows that this code maintains the summary of the peers. */
export const PUT_PEER = {
  plain: countingWrites(PUT_OLD_PEER.plain),
  withRanges: countingWrites(PUT_OLD_PEER.withRanges),
};

function countingWrites(put: string): string {
  const counted = put.replace(") VALUES (", ", writes) VALUES (").replace(") ON CONFLICT", ", 1) ON CONFLICT");
  return `${counted}, writes = coalesce(peer.writes, 0) + 1`;
}
