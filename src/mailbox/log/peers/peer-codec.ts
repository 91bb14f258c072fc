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
    began: row.began,
    high: row.high,
    refused: row.refused,
    reached: row.reached,
    stored: row.stored,
    delivered: row.delivered,
    read: row.read,
    mine: row.mine,
    unread: row.unread,
    mark: row.mark,
    owesDelivered: row.owesDelivered,
    owesRead: row.owesRead,
    last: row.last,
    page: SeqRanges.parse(row.page),
  };
}

/** The values that the statements below bind, in their order. */
export function valuesOf(peer: Peer): (string | number | null)[] {
  const row: PeerRow = {
    name: peer.name,
    epoch: peer.epoch,
    began: peer.began,
    high: peer.high,
    refused: peer.refused,
    reached: peer.reached,
    stored: peer.stored,
    delivered: peer.delivered,
    read: peer.read,
    mine: peer.mine,
    unread: peer.unread,
    mark: peer.mark,
    owesDelivered: peer.owesDelivered,
    owesRead: peer.owesRead,
    last: peer.last,
    page: peer.page.text,
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
