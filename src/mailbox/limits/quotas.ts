// How much and how often: what one user may send, and what one sender may leave here. Checked before anything is written.
import type { MessageRefusalCode } from "../../protocol/message-refusals.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { QUOTAS } from "../../protocol/limits.ts";
import type { Delivery } from "../../protocol/envelope.ts";
import { sendsOf } from "./allowance.ts";
import type { MailboxContext } from "../context.ts";
import type { Peer } from "../log/peers/peer.ts";
import type { Quotas } from "./config.ts";
import { isService } from "../access/service-tokens.ts";
import { hasStrangers, isNew, standingOf } from "../access/standing.ts";

const HOUR = 3_600_000;

/** Why this user may not send to `to` now, or null. What is refused costs nothing and was not written. */
export function checkSending(context: MailboxContext, to: string): Refusal | null {
  if (standingOf(context, to) === "blocked") return refusal("declined", "you have blocked them");
  const { quotas } = context.config;
  if (quotas === null) return null;
  if (isStorageFull(context)) return isOwnStorageFull("it keeps no more bytes");
  if (context.outbox.unsettledTo(to) >= quotas.OUTBOX_PER_CORRESPONDENT)
    return isOwnStorageFull("too much is on its way to this receiver");
  if (isService(context)) return null;
  const now = Date.now();
  const wait = Math.max(tooFast(context, quotas), to === context.user ? 0 : tooManyNew(context, to, now));
  return wait > 0 ? { ...refusal("rate_limited"), retryAfter: Math.ceil(wait) } : null;
}

/** Whether the mailbox has as many bytes as it may. It can still be read, acknowledged, exported, trimmed and erased. */
export function isStorageFull({ log, config: rules }: MailboxContext): boolean {
  return rules.quotas !== null && log.sql.bytes >= rules.quotas.MAILBOX_BYTES;
}

/** Part of a mailbox's bytes that others may fill. Answers: somebody who writes so much to a user that they can't write any more. */
const OTHERS_SHARE = 0.9;

/** Whether others have filled what they may of it. */
function isFullOfOthers({ log, config: rules }: MailboxContext): boolean {
  return rules.quotas !== null && log.sql.bytes >= OTHERS_SHARE * rules.quotas.MAILBOX_BYTES;
}

/** Says so to its own user. */
export function isOwnStorageFull(why: string): Refusal {
  return { ...refusal("mailbox_full"), message: `Your own mailbox is full: ${why}.` };
}

/** One message was taken. */
export function spendQuota(context: MailboxContext): void {
  if (context.config.quotas !== null && !isService(context)) sendsOf(context, context.config.quotas).owe(1);
}

/**
 * How many of a delivery's envelopes are taken, if not all, and with which code those after them are refused. No service is a stranger.
 */
export function spaceFor(
  context: MailboxContext,
  peer: Peer,
  { envelopes, service }: Delivery,
): { readonly free: number; readonly code: MessageRefusalCode } {
  const standing = standingOf(context, peer.name);
  // One code for both, so that it tells the author nothing.
  if (standing === "blocked" || context.suspension.now !== null) return { free: 0, code: "declined" };
  const backlog = isFullOfOthers(context) ? 0 : backlogSpace(context, peer, envelopes.length);
  if (service || !hasStrangers(context) || standing === "contact") return { free: backlog, code: "mailbox_full" };
  // Of a stranger the conversation holds nothing but what they wrote.
  const left = Math.max(
    0,
    context.config.strangerMessages - (standing === null ? 0 : context.log.conversations.size(peer)),
  );
  return left <= backlog ? { free: left, code: "declined" } : { free: backlog, code: "mailbox_full" };
}

/** Ms until a second's worth of messages may be sent, so that a client that waits sends several; 0 for now. */
function tooFast(context: MailboxContext, quotas: Quotas): number {
  const { SEND_BURST: burst, SENDS_PER_SECOND: rate } = quotas;
  const { tokens } = sendsOf(context, quotas);
  return tokens >= 1 ? 0 : ((Math.min(rate, burst) - tokens) * 1_000) / rate;
}

/** Ms until somebody new may be written to; 0 for now, or for somebody who is not new. */
function tooManyNew(context: MailboxContext, to: string, now: number): number {
  if (!isNew(context, to)) return 0;
  const most = (context.config.quotas ?? QUOTAS).NEW_CORRESPONDENTS_PER_HOUR;
  const recent = context.log.contacts.wroteAfter(now - HOUR);
  const first = recent.at(-most);
  return recent.length < most || first === undefined ? 0 : first + HOUR - now;
}

/** What nobody has seen yet, of this author and of all: the smaller of what is left. */
function backlogSpace(context: MailboxContext, peer: Peer, count: number): number {
  const { quotas } = context.config;
  if (quotas === null) return Infinity;
  const { BACKLOG_PER_CORRESPONDENT: ofOne, BACKLOG: ofAll } = quotas;
  return Math.max(0, Math.min(ofOne - unseenOf(context, peer, ofOne - count), ofAll - unseen(context)));
}

/** Neither read nor on any device. The number of unread ones is at least as large, and costs nothing to know: enough where it is small. */
function unseenOf(context: MailboxContext, peer: Peer, small: number): number {
  if (peer.unread <= small) return peer.unread;
  return context.log.conversations.unread(peer, Math.max(peer.mine, context.log.devices.delivered));
}

const counts = new WeakMap<MailboxContext, { readonly delivered: number; readonly head: number; count: number }>();

/** Entries that no device has, of everybody. Counted anew when a device took some; otherwise what came is added. */
function unseen(context: MailboxContext): number {
  const { head } = context.log;
  const { delivered } = context.log.devices;
  const known = counts.get(context);
  const same = known?.delivered === delivered;
  const count = (same ? known.count : 0) + context.log.entries.countIn(same ? known.head : delivered);
  counts.set(context, { delivered, head, count });
  return count;
}
