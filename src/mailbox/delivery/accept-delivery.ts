// Another mailbox delivers. Its queue is in order, so one comparison makes the receiver idempotent: an origin at or
// below the highest one from this author was decided before.
import type { Delivery, Reply } from "../../protocol/envelope.ts";
import type { MessageRefusalCode } from "../../protocol/message-refusals.ts";
import { PEERING } from "../../protocol/version.ts";
import { exists } from "../access/account.ts";
import type { MailboxContext } from "../instance/context.ts";
import { onMessageFromStranger } from "../people/contacts.ts";
import type { Peer } from "../log/peers/peer.ts";
import { acceptableCount } from "../limits/quotas.ts";
import { applyReceipts } from "./receipts.ts";

type Refused = Reply["refused"][number];

/** Appends one delivery to the log. To be done in a group commit; the reply leaves when that is durable. */
export function acceptDelivery(context: MailboxContext, delivery: Delivery): Reply {
  // Nothing is written for a name that nobody has. Answers: names guessed at random, each of which would leave a row.
  if (!exists(context)) return { version: PEERING, epoch: "", high: 0, verdict: "nobody", refused: [], runs: true };
  const { epoch } = context.log.ensureCreated(context.user);
  const peer = context.log.peers.get(delivery.from);
  const replyWith = (verdict: Reply["verdict"], refused: Refused[] = []): Reply => {
    return { version: PEERING, epoch, high: peer.lastOrigin, verdict, refused, runs: true };
  };
  if (delivery.toEpoch !== null && delivery.toEpoch !== epoch) return replyWith("other");
  context.outbox.onContactFrom(peer, delivery.epoch);
  applyReceipts(context, peer, delivery);
  if (peer.lastOrigin < delivery.after) return replyWith("behind");
  const refused = refusedBefore(context, peer, delivery);
  let { free, code } = acceptableCount(context, peer, delivery);
  for (const { origin, at, body } of delivery.envelopes) {
    if (origin <= peer.lastOrigin) continue;
    if (--free < 0) {
      peer.lastOrigin = peer.lastRefusedOrigin = origin;
      context.log.peers.changed(peer);
      refused.push({ origin, code });
      continue;
    }
    if (delivery.service !== true) onMessageFromStranger(context, peer.name);
    context.log.append({ kind: "in", peer: peer.name, origin, device: null, id: null, at, body });
    peer.lastOrigin = origin;
    peer.unread++;
  }
  return replyWith("taken", refused);
}

/**
 * The envelopes that an earlier call refused, and whose reply was lost: at or below the highest refused origin, and not
 * in the log. They are refused again: "stored already" would lose them silently, "store now" would break the order. An
 * envelope below every entry of the author's that retention has left, and as old as what it removed, was stored and
 * removed.
 */
function refusedBefore(context: MailboxContext, peer: Peer, delivery: Delivery): Refused[] {
  const undecided = delivery.envelopes.filter(
    ({ origin }) => origin <= peer.lastRefusedOrigin && origin <= peer.lastOrigin,
  );
  const first = undecided[0];
  if (first === undefined) return [];
  const stored = context.log.entries.originsFrom(peer.name, first.origin);
  const trimmed = context.log.row?.trimmed ?? 0;
  const removedUpTo =
    trimmed === 0 || peer.lastSeq === 0 ? 0 : Math.min(trimmed, context.log.entries.firstOriginOf(peer.name) - 1);
  const code: MessageRefusalCode = "declined";
  const refused = undecided.filter(({ origin }) => !stored.has(origin) && origin > removedUpTo);
  return refused.map(({ origin }) => ({ origin, code }));
}
