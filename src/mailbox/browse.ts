// Conversations and history for HTTP: what is kept, page by page, without a socket. Reads only.
import { writeCarbon } from "../protocol/down.ts";
import type { Range } from "../protocol/browse.ts";
import type { Box } from "./box.ts";
import type { Entry, Peer } from "./log/schema.ts";
import { writeReceived } from "./pump.ts";
import { standingOf } from "./standing.ts";

/**
 * The conversations, the latest first, as JSON text: `{"epoch","conversations":[{"peer","unread","marks","last"}]}`. `last` is the
 * newest message, or absent where retention took it.
 */
export function conversations(box: Box, { limit, before }: Range): string {
  const { log } = box;
  if (log.life === null) return `{"epoch":null,"conversations":[]}`;
  const list = log.peers.latest(limit, before ?? Number.MAX_SAFE_INTEGER).map((peer) => {
    const last = log.entries.get(peer.last);
    const message = last === null || !isMessage(last) ? "" : `,"last":${messageOf(box, last)}`;
    const { name, last: seq, unread } = peer;
    const standing = standingOf(box, name) ?? "contact";
    const about = JSON.stringify({ peer: name, seq, unread, marks: marksOf(box, peer), standing });
    return `${about.slice(0, -1)}${message}}`;
  });
  return `{"epoch":${JSON.stringify(log.life.epoch)},"conversations":[${list.join(",")}]}`;
}

/**
 * Messages of one conversation as JSON text, oldest first: `{"epoch","peer","unread","marks","messages":[…],"more"}`. With `after`, those
 * that follow it; otherwise the newest, or those before `before`. `more`: whether there are further ones in that direction.
 */
export function messages(box: Box, name: string, { limit, before, after }: Range): string {
  const { log } = box;
  const epoch = JSON.stringify(log.life?.epoch ?? null);
  if (log.life === null || !log.peers.has(name)) {
    return `{"epoch":${epoch},"peer":"${name}","unread":0,"marks":{},"messages":[],"more":false}`;
  }
  const peer = log.peers.get(name);
  const found =
    after === null
      ? log.history.before(peer, before ?? Number.MAX_SAFE_INTEGER, limit + 1)
      : log.history.after(peer, after, limit + 1);
  const more = found.length > limit;
  const page = after === null ? found.slice(-limit) : found.slice(0, limit);
  const about = { peer: name, unread: peer.unread, marks: marksOf(box, peer) };
  const texts = page
    .filter(isMessage)
    .map((entry) => messageOf(box, entry))
    .join(",");
  return `{"epoch":${epoch},${JSON.stringify(about).slice(1, -1)},"messages":[${texts}],"more":${more}}`;
}

/** Newer code may have written other kinds, before it was rolled back. */
function isMessage({ kind }: Entry): boolean {
  return kind === "in" || kind === "out" || kind === "self";
}

/** A `message` frame; a final no of the receiver's stands in it as `failed`. */
export function messageOf(box: Box, entry: Entry): string {
  if (entry.kind === "in") return writeReceived(box, entry);
  const text = writeCarbon(entry, box.user, false);
  return entry.failed === null ? text : `${text.slice(0, -1)},"failed":${JSON.stringify(entry.failed)}}`;
}

function marksOf(box: Box, { stored, delivered, read, mine }: Peer): Record<string, number> {
  return { stored, delivered, ...(box.log.life?.receipts === 1 && { read }), mine };
}
