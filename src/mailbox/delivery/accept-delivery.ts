// Another mailbox delivers: its envelopes are appended to the log, or refused, and its receipts applied. Those that it
// delivered before are dropped (deduplicate.ts).
import { firstMissing, isDecided, type Refused, refusedBefore } from "./deduplicate.ts";
import type { Delivery, Envelope, Reply } from "../../protocol/envelope.ts";
import { isShown } from "../../protocol/relation.ts";
import { PEERING } from "../../protocol/version.ts";
import { exists } from "../access/account.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { Peer } from "../log/peers/peer.ts";
import { isContact } from "../access/standing.ts";
import { onMessageFromStranger } from "../people/contacts.ts";
import { takeDisplayName } from "../people/display-names.ts";
import { lookUpForWatchers } from "../people/presence.ts";
import { acceptableCount } from "../limits/quotas.ts";
import { applyReceipts } from "./apply-receipts.ts";
import { receiptsFor } from "./receipts.ts";
import { receivedRelation, removeVersions } from "./relations.ts";

/** What every reply says of this version. */
const READS = { runs: true, relations: true } as const;

/** A delivery has arrived. One without messages waits for a transaction that comes anyway, 20 ms at most. */
export function onDelivery(context: MailboxContext, delivery: Delivery): Promise<Reply> {
  const work = () => acceptDelivery(context, delivery);
  return delivery.envelopes.length > 0 ? context.groupCommit.run(work) : context.groupCommit.runSoon(work);
}

/** Appends one delivery to the log. To be done in a group commit; the reply leaves when that is durable. */
function acceptDelivery(context: MailboxContext, delivery: Delivery): Reply {
  // Nothing is written for a name that nobody has. Answers: names guessed at random, each of which would leave a row.
  if (!exists(context)) return { version: PEERING, epoch: "", high: 0, verdict: "nobody", refused: [], ...READS };
  const { epoch } = context.log.ensureCreated(context.user);
  const peer = context.log.peers.get(delivery.from);
  const replyWith = (verdict: Reply["verdict"], refused: Refused[] = []): Reply => {
    const asked = delivery.ask === true && verdict === "taken" ? { receipts: receiptsFor(context, peer) } : {};
    return { version: PEERING, epoch, high: peer.lastOrigin, verdict, refused, ...READS, ...asked };
  };
  if (delivery.toEpoch !== null && delivery.toEpoch !== epoch) return replyWith("other");
  context.outbox.onContactFrom(peer, delivery.epoch);
  applyReceipts(context.log, peer, delivery);
  if (peer.lastOrigin < delivery.after) return replyWith("behind");
  const isFirst = peer.lastSeq === 0;
  const refused = refusedBefore(context, peer, delivery);
  const compared = delivery.compare === true ? { missing: firstMissing(context, peer, delivery, refused) } : {};
  let { free, code } = acceptableCount(context, peer, delivery);
  for (const envelope of delivery.envelopes) {
    if (isDecided(peer, envelope.origin)) continue;
    const no = --free < 0 ? code : acceptEnvelope(context, peer, envelope, delivery.service === true);
    peer.lastOrigin = envelope.origin;
    if (no === null) continue;
    peer.lastRefusedOrigin = envelope.origin;
    context.log.peers.changed(peer);
    refused.push({ origin: envelope.origin, code: no });
  }
  takeDisplayName(context, delivery);
  if (isFirst && peer.lastSeq > 0 && isContact(context, peer.name)) lookUpForWatchers(context, peer.name);
  return { ...replyWith("taken", refused), ...compared };
}

/** Appends one message of the peer to the log. Returns the code with which it is finally refused, or null. */
function acceptEnvelope(
  context: MailboxContext,
  peer: Peer,
  envelope: Envelope,
  isFromService: boolean,
): "forbidden" | null {
  const re = envelope.re === undefined ? undefined : receivedRelation(context, peer, envelope);
  if (re === "forbidden") return re;
  const { origin, at, body } = envelope;
  if (!isFromService) onMessageFromStranger(context, peer.name);
  const message = { kind: "in", peer: peer.name, origin, device: null, id: null, at, body } as const;
  context.log.append(re === undefined ? message : { ...message, re });
  if (isShown(re)) peer.unread++;
  if (re?.is === "retract" && re.to > 0) removeVersions(context, peer, re.to);
  return null;
}
