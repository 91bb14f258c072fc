// Receipts: the author is sent what a device of the user has, and what the user has read. They are marks, not entries:
// cumulative, in the author's numbering, and several become one delivery. due-receipts.ts remembers which are due.
import { isReceived } from "../../durable/log/kinds.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { Peer } from "../log/peers/peer.ts";
import type { ReceiptMarks } from "./due-receipts.ts";
import { isContact } from "../access/standing.ts";

/** Everything up to `seq` was delivered to a device: the authors of the newly delivered messages are sent receipts. */
export function advanceDelivered(context: MailboxContext, seq: number): void {
  const { delivered } = context.log.devices;
  if (seq <= delivered) return;
  const newest = new Map<string, number>();
  for (const { kind, origin, peer } of context.log.entries.headsBetween(delivered, seq))
    if (isReceived(kind) && origin !== null) newest.set(peer, origin);
  context.log.devices.advanceDelivered(seq);
  for (const [peer, origin] of newest)
    if (isContact(context, peer)) context.outbox.sendReceipts(peer, { delivered: origin });
}

/** The user has read the conversation with `name` up to `seq`. To be done in a group commit. */
export function markRead(context: MailboxContext, name: string, seq: number): void {
  if (!context.log.peers.has(name)) return;
  const peer = context.log.peers.get(name);
  const readUpTo = Math.min(seq, peer.lastSeq);
  if (readUpTo <= peer.readByMe) return;
  peer.readByMe = readUpTo;
  // The count skips the user's own messages; it needs no look into the conversation where nothing was unread.
  if (peer.unread > 0) peer.unread = context.log.conversations.unread(peer, readUpTo);
  if (context.log.row?.receipts === 1 && isContact(context, name)) {
    const origin = context.log.conversations.originUpTo(peer, readUpTo, peer.unread === 0);
    if (origin > 0) {
      // Due until the author has it: written with the mark, in the same row.
      peer.dueRead = origin;
      context.outbox.sendReceipts(name, { read: origin });
    }
  }
  // In an exchange the next message takes the mark along; a single message that was read has a row.
  if (context.log.isExchanging) context.log.peers.mark(peer);
  else context.log.peers.markNow(peer);
}

/** The receipts that the peer has been sent until now, in its own numbering: for one that has lost some. */
export function receiptsFor(context: MailboxContext, peer: Peer): ReceiptMarks {
  const { log } = context;
  if (!isContact(context, peer.name)) return { delivered: 0, read: 0 };
  const originUpTo = (seq: number) =>
    seq === 0 ? 0 : log.conversations.originUpTo(peer, Math.min(seq, peer.lastSeq), seq >= peer.lastSeq);
  return {
    delivered: originUpTo(log.devices.delivered),
    // What was read while receipts were off, or the peer was blocked, stays unsaid.
    read: log.row?.receipts === 1 && peer.readByMe > (log.row.receiptsSince ?? 0) ? originUpTo(peer.readByMe) : 0,
  };
}
