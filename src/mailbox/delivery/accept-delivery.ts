// Another mailbox delivers. Lanes are in order, so the receiver is idempotent by one comparison: whatever is not above the highest
// number that it has from this author was dealt with before.
import type { Delivery, Reply } from "../../protocol/envelope.ts";
import type { MessageRefusalCode } from "../../protocol/message-refusals.ts";
import { PEERING } from "../../protocol/version.ts";
import { exists } from "../access/account.ts";
import type { MailboxContext } from "../context.ts";
import { onMessageFromStranger } from "../people/contacts.ts";
import type { Peer } from "../log/peers/peer.ts";
import { spaceFor } from "../limits/quotas.ts";
import { applyReceipts } from "./receipts.ts";

type Refused = Reply["refused"][number];

/** Takes one delivery into the log. To be done in a group; the reply leaves when the group is durable. */
export function acceptDelivery(context: MailboxContext, delivery: Delivery): Reply {
  // Nothing is written of a name that nobody has: whoever guesses names leaves no trace.
  if (!exists(context)) return { version: PEERING, epoch: "", high: 0, verdict: "nobody", refused: [], runs: true };
  const { epoch } = context.log.ensureCreated(context.user);
  const peer = context.log.peers.get(delivery.from);
  const answer = (verdict: Reply["verdict"], refused: Refused[] = []): Reply => {
    return { version: PEERING, epoch, high: peer.high, verdict, refused, runs: true };
  };
  if (delivery.toEpoch !== null && delivery.toEpoch !== epoch) return answer("other");
  context.outbox.onContactFrom(peer, delivery.epoch);
  applyReceipts(context, peer, delivery);
  if (peer.high < delivery.after) return answer("behind");
  const refused = refusedBefore(context, peer, delivery);
  let { free, code } = spaceFor(context, peer, delivery);
  for (const { origin, at, body } of delivery.envelopes) {
    if (origin <= peer.high) continue;
    if (--free < 0) {
      peer.high = peer.refused = origin;
      context.log.peers.changed(peer);
      refused.push({ origin, code });
      continue;
    }
    if (delivery.service !== true) onMessageFromStranger(context, peer.name);
    context.log.append({ kind: "in", peer: peer.name, origin, device: null, id: null, at, body });
    peer.high = origin;
    peer.unread++;
  }
  return answer("taken", refused);
}

/**
 * Those of the batch that an earlier call refused and whose answer was lost: at or below the highest refused number and not in the
 * log. They are refused again; "stored already" would lose them silently, "store now" would break the order. What lies below everything
 * that is kept of the author's, and is as old as what retention took, was stored and taken.
 */
function refusedBefore(context: MailboxContext, peer: Peer, delivery: Delivery): Refused[] {
  const doubtful = delivery.envelopes.filter(({ origin }) => origin <= peer.refused && origin <= peer.high);
  const first = doubtful[0];
  if (first === undefined) return [];
  const held = context.log.entries.originsFrom(peer.name, first.origin);
  const trimmed = context.log.row?.trimmed ?? 0;
  const taken =
    trimmed === 0 || peer.last === 0 ? 0 : Math.min(trimmed, context.log.entries.firstOriginOf(peer.name) - 1);
  const code: MessageRefusalCode = "declined";
  const refused = doubtful.filter(({ origin }) => !held.has(origin) && origin > taken);
  return refused.map(({ origin }) => ({ origin, code }));
}
