// Receipts of a peer raise its marks, which the user's devices are sent.
import type { Log } from "../log/log.ts";
import type { Peer } from "../log/peers/peer.ts";
import type { ReceiptMarks } from "./due-receipts.ts";

/** The peer sent receipts. To be done in a group commit. */
export function applyReceipts(log: Log, peer: Peer, { delivered = 0, read = 0 }: Partial<ReceiptMarks>): void {
  const { row, head } = log;
  const deliveredUpTo = Math.min(Math.max(delivered, read), head);
  const readUpTo = row?.receipts === 1 ? Math.min(read, head) : 0;
  if (deliveredUpTo <= peer.delivered && readUpTo <= peer.read) return;
  peer.delivered = Math.max(peer.delivered, deliveredUpTo);
  peer.read = Math.max(peer.read, readUpTo);
  log.peers.mark(peer);
}
