// Whom the user hears from. First contact is a request, until the user answers or accepts; whoever asks learns nothing of the user
// before. Every change is an entry, which all devices see. To be done in a group.
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { Answer } from "../../protocol/caller.ts";
import type { Box } from "../context.ts";
import type { Standing } from "../log/contact-rows.ts";
import { presenceOf, tellSoon } from "../presence/presence.ts";
import { isFull, ownFull } from "../limits/quotas.ts";
import { isService } from "./service-tokens.ts";
import { hasStrangers, isNew, standingOf } from "./standing.ts";

/** Somebody wrote for the first time: from now on a request, where there are requests. */
export function ask(box: Box, name: string): void {
  if (hasStrangers(box) && standingOf(box, name) === null) stand(box, name, "request");
}

/** The user writes to `name`: that accepts a request, and where new people are counted it is noted when they were first written to. */
export function wroteTo(box: Box, name: string): void {
  if (standingOf(box, name) === "request") accept(box, name);
  else if (isNew(box, name) && !isService(box) && (box.rules.requests || box.rules.quotas !== null)) {
    box.log.contacts.put(name, "contact", Date.now());
  }
}

/** The user takes what `name` writes: also what was held back, the receipts, goes out. */
export function accept(box: Box, name: string): Answer<null> {
  if (standingOf(box, name) !== "request") return { refused: noSuch("request") };
  stand(box, name, "contact");
  if (box.log.life?.presence === 1) tellSoon(box, name, presenceOf(box));
  const peer = box.log.peers.get(name);
  const held = box.log.devices.delivered;
  const delivered = box.log.history.originUpTo(peer, held, held >= peer.last);
  if (delivered > 0) box.lanes.tell(name, { delivered });
  const read = box.log.life?.receipts === 1 ? box.log.history.originUpTo(peer, peer.mine, peer.unread === 0) : 0;
  if (read > 0) box.lanes.tell(name, { read });
  return { value: null };
}

/** Nothing of `name`'s is taken from now on, and they don't learn of it. */
export function block(box: Box, name: string): Answer<null> {
  if (name === box.user) return { refused: refusal("forbidden", "nobody can block themselves") };
  const standing = standingOf(box, name);
  if (standing === "blocked") return { value: null };
  // Who is known has a row already.
  if (standing === null && isFull(box)) return { refused: ownFull("it keeps no more bytes") };
  if (standing === "contact") tellSoon(box, name, { online: false, at: box.log.devices.seen });
  box.log.contacts.block(name, standing);
  say(box, name, "blocked");
  return { value: null };
}

/** `name` stands again as before the block: who was nobody is, and who had asked still has. */
export function unblock(box: Box, name: string): Answer<null> {
  if (standingOf(box, name) !== "blocked") return { refused: noSuch("block") };
  // Otherwise to block and unblock by turns would fill it further.
  if (isFull(box)) return { refused: ownFull("it keeps no more bytes") };
  // What older code blocked says nothing of before: who has never exchanged a message with the user is nobody.
  const before = box.log.contacts.before(name) ?? (box.log.peers.has(name) ? "contact" : null);
  if (before === null || before === "nobody") box.log.contacts.drop(name);
  else box.log.contacts.put(name, before);
  // To devices a person with whom nothing was exchanged is a contact, as everybody is who is neither a request nor blocked.
  say(box, name, before === "request" ? before : "contact");
  return { value: null };
}

function stand(box: Box, name: string, standing: Standing): void {
  box.log.contacts.put(name, standing);
  say(box, name, standing);
}

/** Every device hears how the user stands to `name` from here on. */
function say(box: Box, name: string, standing: Standing): void {
  box.log.found(box.user);
  const about = { kind: "peer", peer: name, origin: null, device: null, id: null } as const;
  box.log.append({ ...about, at: Date.now(), body: standing });
}

function noSuch(what: string): Refusal {
  return refusal("not_found", `there is no such ${what}`);
}
