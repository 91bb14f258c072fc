// Receipts: what a device of the user's has, and what the user has read, told to the author. They are marks, not entries:
// cumulative, in the author's own numbering, coalesced on their way.
import { isReceived } from "../../durable/log/kinds.ts";
import type { Delivery } from "../../protocol/envelope.ts";
import type { MailboxContext } from "../context.ts";
import type { Peer } from "../log/peers/peer.ts";
import { isContact } from "../access/standing.ts";

/** Everything up to `seq` was delivered to some device: the authors of what that adds will hear of it. */
export function advanceDelivered(context: MailboxContext, seq: number): void {
  const { delivered } = context.log.devices;
  if (seq <= delivered) return;
  const newest = new Map<string, number>();
  for (const entry of context.log.entries.after(delivered)) {
    if (entry.seq > seq) break;
    if (isReceived(entry.kind) && entry.origin !== null) newest.set(entry.peer, entry.origin);
  }
  context.log.devices.advanceDelivered(seq);
  for (const [peer, origin] of newest)
    if (isContact(context, peer)) context.outbox.sendReceipts(peer, { delivered: origin });
}

/** The user has read the conversation with `name` up to `seq`. To be done in a group. */
export function markRead(context: MailboxContext, name: string, seq: number): void {
  if (!context.log.peers.has(name)) return;
  const peer = context.log.peers.get(name);
  const mine = Math.min(seq, peer.last);
  if (mine <= peer.mine) return;
  peer.mine = mine;
  // Where nothing was unread nothing is; otherwise one's own messages since then are passed over.
  if (peer.unread > 0) peer.unread = context.log.conversations.unread(peer, mine);
  if (context.log.row?.receipts === 1 && isContact(context, name)) {
    const origin = context.log.conversations.originUpTo(peer, mine, peer.unread === 0);
    if (origin > 0) {
      // Kept with the mark, in the same row: it is owed until the author has it.
      peer.owesRead = origin;
      context.outbox.sendReceipts(name, { read: origin });
    }
  }
  context.log.peers.mark(peer);
}

/** Receipts of the peer's came with a delivery. To be done in a group. */
export function applyReceipts(context: MailboxContext, peer: Peer, { delivered = 0, read: seen = 0 }: Delivery): void {
  const { row: life, head } = context.log;
  const has = Math.min(Math.max(delivered, seen), head);
  const saw = life?.receipts === 1 ? Math.min(seen, head) : 0;
  if (has <= peer.delivered && saw <= peer.read) return;
  peer.delivered = Math.max(peer.delivered, has);
  peer.read = Math.max(peer.read, saw);
  context.log.peers.mark(peer);
}
