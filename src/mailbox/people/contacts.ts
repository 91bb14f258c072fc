// From whom the user takes messages. First contact is a request until the user answers or accepts; until then the other
// side learns nothing of the user. Every change is an entry, which all devices receive. To be called inside a
// transaction.
import type { CallResult } from "../../protocol/caller.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { isService } from "../access/service-tokens.ts";
import { hasStrangers, isNew, standingOf } from "../access/standing.ts";
import type { MailboxContext } from "../instance/context.ts";
import { isStorageFull, ownMailboxFull } from "../limits/quotas.ts";
import type { Standing } from "../log/peers/contact-rows.ts";
import { lookUpForWatchers, presenceOf, queuePresence } from "./presence.ts";

/** A stranger's first message makes a request, where the deployment has requests. */
export function onMessageFromStranger(context: MailboxContext, name: string): void {
  if (hasStrangers(context) && standingOf(context, name) === null) setStanding(context, name, "request");
}

/**
 * A message to `name` accepts their request. Where new peers are limited, the time of the first message to them is
 * stored.
 */
export function onSentTo(context: MailboxContext, name: string): void {
  if (standingOf(context, name) === "request") accept(context, name);
  else if (isNew(context, name) && !isService(context) && (context.config.requests || context.config.quotas !== null)) {
    context.log.contacts.put(name, "contact", Date.now());
  }
}

/** The user accepts the request of `name`: their receipts, held back so far, and the user's presence are sent. */
export function accept(context: MailboxContext, name: string): CallResult<null> {
  if (standingOf(context, name) !== "request") return { refused: notFound("request") };
  setStanding(context, name, "contact");
  showPresence(context, name);
  sendHeldReceipts(context, name);
  return { value: null };
}

/** The user and `name` are contacts again, or for the first time: each is shown the other's presence. */
function showPresence(context: MailboxContext, name: string): void {
  if (context.log.row?.presence === 1) queuePresence(context, name, presenceOf(context));
  lookUpForWatchers(context, name);
}

function sendHeldReceipts({ log, outbox }: MailboxContext, name: string): void {
  const peer = log.peers.get(name);
  const held = log.devices.delivered;
  const delivered = log.conversations.originUpTo(peer, held, held >= peer.lastSeq);
  if (delivered > 0) outbox.sendReceipts(name, { delivered });
  const read = log.row?.receipts === 1 ? log.conversations.originUpTo(peer, peer.readByMe, peer.unread === 0) : 0;
  if (read > 0) outbox.sendReceipts(name, { read });
}

/** Refuses all messages of `name` from now on, which they don't learn. */
export function block(context: MailboxContext, name: string): CallResult<null> {
  if (name === context.user) return { refused: refusal("forbidden", "nobody can block themselves") };
  const standing = standingOf(context, name);
  if (standing === "blocked") return { value: null };
  // A block of a known peer adds no row.
  if (standing === null && isStorageFull(context)) return { refused: ownMailboxFull("it keeps no more bytes") };
  if (standing === "contact") queuePresence(context, name, { online: false, at: context.log.devices.lastSeen });
  context.log.contacts.block(name, standing);
  appendStanding(context, name, "blocked");
  return { value: null };
}

/** Restores the standing that `name` had before the block: none, a request, or a contact. */
export function unblock(context: MailboxContext, name: string): CallResult<null> {
  if (standingOf(context, name) !== "blocked") return { refused: notFound("block") };
  // Otherwise a full mailbox would grow by blocking and unblocking in turn.
  if (isStorageFull(context)) return { refused: ownMailboxFull("it keeps no more bytes") };
  // Blocks of older code don't have the standing before: then it is a contact if a message was ever exchanged.
  const before = context.log.contacts.before(name) ?? (context.log.peers.has(name) ? "contact" : null);
  if (before === null || before === "nobody") context.log.contacts.drop(name);
  else context.log.contacts.put(name, before);
  context.log.withholdReads();
  // Devices show every user as a contact who is neither blocked nor a request.
  appendStanding(context, name, before === "request" ? before : "contact");
  if (before === "contact") showPresence(context, name);
  return { value: null };
}

function setStanding(context: MailboxContext, name: string, standing: Standing): void {
  context.log.contacts.put(name, standing);
  appendStanding(context, name, standing);
}

/** Appends the entry that reports the standing, and what is set for the conversation, to every device. */
export function appendStanding(context: MailboxContext, name: string, standing: Standing): void {
  context.log.ensureCreated(context.user);
  const about = { kind: "peer", peer: name, origin: null, device: null, id: null } as const;
  context.log.append({ ...about, at: Date.now(), body: standing });
}

function notFound(what: string): Refusal {
  return refusal("not_found", `there is no such ${what}`);
}
