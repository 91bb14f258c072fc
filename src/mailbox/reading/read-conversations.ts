// Conversations and history over HTTP, page by page, without a socket. It changes nothing.
import { writeCarbon } from "../../protocol/down.ts";
import type { ListRange } from "../../protocol/list-range.ts";
import { MAX_PAGE_BYTES, utf8Bytes } from "../../protocol/limits.ts";
import { isShown } from "../../protocol/relation.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { Entry } from "../../durable/log/entry.ts";
import type { Peer } from "../log/peers/peer.ts";
import { isMessage } from "../../durable/log/kinds.ts";
import { displayNameOf, settingsOf } from "../access/chosen-settings.ts";
import { writeReceived } from "./write-log-frames.ts";
import { standingOf } from "../access/standing.ts";

/** Entries that are passed over for the newest message. Answers: reactions without end behind it. */
const MAX_PASSED = 4_096;

/**
 * The conversations, the latest first, as JSON text: `{"epoch","conversations":[…]}`, each of them `{"peer","seq",
 * "unread","marks","standing","pinned","muted","hidden","displayName","clearedUpTo","last"}`. `clearedUpTo` is absent
 * if the user never removed the conversation. `last` is the newest message. It is absent where retention removed it,
 * where 4,096 edits and reactions follow it, and in every conversation after the first `PAGE_BYTES` of messages.
 */
export function readConversations(context: MailboxContext, { limit, before }: ListRange): string {
  const { log } = context;
  if (log.row === null) return `{"epoch":null,"conversations":[]}`;
  let bytes = 0;
  const conversations = log.peers.latest(limit, before ?? Number.MAX_SAFE_INTEGER).map((peer) => {
    const last = bytes < MAX_PAGE_BYTES ? lastOf(context, peer) : null;
    const message = last === null || !isMessage(last.kind) ? "" : `,"last":${messageOf(context, last)}`;
    bytes += utf8Bytes(message);
    const { name, lastSeq: seq, unread } = peer;
    const standing = standingOf(context, name) ?? "contact";
    const displayName = displayNameOf(context, name) ?? "";
    const clearedUpTo = log.removals.clearedUpTo(name);
    const cleared = clearedUpTo > 0 ? { clearedUpTo } : {};
    const state = {
      unread,
      marks: marksOf(context, peer),
      standing,
      ...settingsOf(context, name),
      displayName,
      ...cleared,
    };
    const about = JSON.stringify({ peer: name, seq, ...state });
    return `${about.slice(0, -1)}${message}}`;
  });
  return `{"epoch":${JSON.stringify(log.row.epoch)},"conversations":[${conversations.join(",")}]}`;
}

/** The newest entry that is shown as one of its own, and that the user has not removed. */
function lastOf({ log }: MailboxContext, peer: Peer): Entry | null {
  const last = log.entries.get(peer.lastSeq);
  if (last === null || (isShown(last.re) && !log.removals.hides(last))) return last;
  const [before] = log.conversations.before(peer, last.seq, 1, MAX_PASSED);
  return before ?? null;
}

/**
 * Messages of one conversation as JSON text, oldest first: `{"epoch","peer","unread","marks","messages":[…],"more"}`.
 * With `after`, those that follow it; otherwise the newest, or those before `before`. `more`: whether there are further
 * ones in that direction. The messages have at most `PAGE_BYTES` bytes, or are one message.
 */
export function readMessages(context: MailboxContext, name: string, { limit, before, after }: ListRange): string {
  const { log } = context;
  const epoch = JSON.stringify(log.row?.epoch ?? null);
  if (log.row === null || !log.peers.has(name)) {
    return `{"epoch":${epoch},"peer":"${name}","unread":0,"marks":{},"messages":[],"more":false}`;
  }
  const peer = log.peers.get(name);
  const found =
    after === null
      ? log.conversations.before(peer, before ?? Number.MAX_SAFE_INTEGER, limit + 1)
      : log.conversations.after(peer, after, limit + 1);
  const { texts, more } = pageOf(context, found, limit);
  const about = { peer: name, unread: peer.unread, marks: marksOf(context, peer) };
  const list = (after === null ? texts.toReversed() : texts).join(",");
  return `{"epoch":${epoch},${JSON.stringify(about).slice(1, -1)},"messages":[${list}],"more":${more}}`;
}

/** The messages among the first `limit` entries, as many as fit, but at least one; and whether an entry is left. */
function pageOf(
  context: MailboxContext,
  entries: Iterable<Entry>,
  limit: number,
): { readonly texts: readonly string[]; readonly more: boolean } {
  const texts: string[] = [];
  let [count, bytes] = [0, 0];
  for (const entry of entries) {
    const text = isMessage(entry.kind) ? messageOf(context, entry) : null;
    bytes += text === null ? 0 : utf8Bytes(text);
    if (count === limit || (bytes > MAX_PAGE_BYTES && texts.length > 0)) return { texts, more: true };
    count++;
    if (text !== null) texts.push(text);
  }
  return { texts, more: false };
}

/** A `message` frame; the receiver's final refusal is its field `failed`. */
export function messageOf(context: MailboxContext, entry: Entry): string {
  if (entry.kind === "in") return writeReceived(context, entry);
  const text = writeCarbon(entry, context.user, false);
  return entry.failed === null ? text : `${text.slice(0, -1)},"failed":${JSON.stringify(entry.failed)}}`;
}

function marksOf(context: MailboxContext, { stored, delivered, read, readByMe: mine }: Peer): Record<string, number> {
  return { stored, delivered, ...(context.log.row?.receipts === 1 && { read }), mine };
}
