// Whom the user hears from. First contact is a request, until the user answers or accepts; whoever asks learns nothing of the user
// before. Every change is an entry, which all devices see. To be done in a group.
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { CallResult } from "../../protocol/caller.ts";
import type { MailboxContext } from "../context.ts";
import type { Standing } from "../log/peers/contact-rows.ts";
import { presenceOf, tellSoon } from "../presence/presence.ts";
import { isStorageFull, isOwnStorageFull } from "../limits/quotas.ts";
import { isService } from "./service-tokens.ts";
import { hasStrangers, isNew, standingOf } from "./standing.ts";

/** Somebody wrote for the first time: from now on a request, where there are requests. */
export function onMessageFromStranger(context: MailboxContext, name: string): void {
  if (hasStrangers(context) && standingOf(context, name) === null) stand(context, name, "request");
}

/** The user writes to `name`: that accepts a request, and where new people are counted it is noted when they were first written to. */
export function onSentTo(context: MailboxContext, name: string): void {
  if (standingOf(context, name) === "request") accept(context, name);
  else if (isNew(context, name) && !isService(context) && (context.config.requests || context.config.quotas !== null)) {
    context.log.contacts.put(name, "contact", Date.now());
  }
}

/** The user takes what `name` writes: also what was held back, the receipts, goes out. */
export function accept(context: MailboxContext, name: string): CallResult<null> {
  if (standingOf(context, name) !== "request") return { refused: noSuch("request") };
  stand(context, name, "contact");
  if (context.log.row?.presence === 1) tellSoon(context, name, presenceOf(context));
  const peer = context.log.peers.get(name);
  const held = context.log.devices.delivered;
  const delivered = context.log.conversations.originUpTo(peer, held, held >= peer.last);
  if (delivered > 0) context.outbox.sendReceipts(name, { delivered });
  const read =
    context.log.row?.receipts === 1 ? context.log.conversations.originUpTo(peer, peer.mine, peer.unread === 0) : 0;
  if (read > 0) context.outbox.sendReceipts(name, { read });
  return { value: null };
}

/** Nothing of `name`'s is taken from now on, and they don't learn of it. */
export function block(context: MailboxContext, name: string): CallResult<null> {
  if (name === context.user) return { refused: refusal("forbidden", "nobody can block themselves") };
  const standing = standingOf(context, name);
  if (standing === "blocked") return { value: null };
  // Who is known has a row already.
  if (standing === null && isStorageFull(context)) return { refused: isOwnStorageFull("it keeps no more bytes") };
  if (standing === "contact") tellSoon(context, name, { online: false, at: context.log.devices.seen });
  context.log.contacts.block(name, standing);
  say(context, name, "blocked");
  return { value: null };
}

/** `name` stands again as before the block: who was nobody is, and who had asked still has. */
export function unblock(context: MailboxContext, name: string): CallResult<null> {
  if (standingOf(context, name) !== "blocked") return { refused: noSuch("block") };
  // Otherwise to block and unblock by turns would fill it further.
  if (isStorageFull(context)) return { refused: isOwnStorageFull("it keeps no more bytes") };
  // What older code blocked says nothing of before: who has never exchanged a message with the user is nobody.
  const before = context.log.contacts.before(name) ?? (context.log.peers.has(name) ? "contact" : null);
  if (before === null || before === "nobody") context.log.contacts.drop(name);
  else context.log.contacts.put(name, before);
  // To devices a person with whom nothing was exchanged is a contact, as everybody is who is neither a request nor blocked.
  say(context, name, before === "request" ? before : "contact");
  return { value: null };
}

function stand(context: MailboxContext, name: string, standing: Standing): void {
  context.log.contacts.put(name, standing);
  say(context, name, standing);
}

/** Every device hears how the user stands to `name` from here on. */
function say(context: MailboxContext, name: string, standing: Standing): void {
  context.log.ensureCreated(context.user);
  const about = { kind: "peer", peer: name, origin: null, device: null, id: null } as const;
  context.log.append({ ...about, at: Date.now(), body: standing });
}

function noSuch(what: string): Refusal {
  return refusal("not_found", `there is no such ${what}`);
}
