// The quotas of messages: what one user may send, and what one sender may leave in a mailbox. Checked before anything
// is written.
import type { Delivery } from "../../protocol/envelope.ts";
import { QUOTAS } from "../../protocol/limits.ts";
import { type CodeIn, type Refusal, refusal } from "../../protocol/refusals.ts";
import { checkNotBlocked, isDeclined } from "../access/block-list.ts";
import { isService } from "../access/service-tokens.ts";
import { hasStrangers, isNew, standingOf } from "../access/standing.ts";
import type { MailboxContext } from "../instance/context.ts";
import { sendBucket } from "./allowance.ts";
import type { Quotas } from "./config.ts";
import type { Peer } from "../log/peers/peer.ts";

const HOUR_MS = 3_600_000;

/**
 * Share of a mailbox's bytes that others may fill. Answers: a stranger who writes to a user until the user can't write
 * any more.
 */
const OTHERS_SHARE = 0.9;

/** Checks whether this user may send to `to` now. A refused message costs nothing and is not written. */
export function checkSending(
  context: MailboxContext,
  to: string,
): Refusal<"declined" | "mailbox_full" | "rate_limited"> | null {
  const blocked = checkNotBlocked(context, to);
  if (blocked !== null) return blocked;
  const { quotas } = context.limits;
  if (quotas === null) return null;
  if (isStorageFull(context)) {
    context.limits.noteRefusal("MAILBOX_BYTES");
    return ownMailboxFull("it keeps no more bytes");
  }
  if (context.outbox.unsettledTo(to) >= quotas.OUTBOX_PER_CORRESPONDENT) {
    context.limits.noteRefusal("OUTBOX_PER_CORRESPONDENT");
    return { ...ownMailboxFull("too much is on its way to this receiver"), affects: "receiver" };
  }
  if (isService(context)) return null;
  const newWait = to === context.user ? 0 : waitForNewPeer(context, to, Date.now());
  const rateWait = waitForRate(context, quotas);
  const wait = Math.max(rateWait, newWait);
  if (wait <= 0) return null;
  context.limits.noteRefusal(newWait > rateWait ? "NEW_CORRESPONDENTS_PER_HOUR" : "SENDS_PER_SECOND");
  const no = { ...refusal("rate_limited"), retryAfter: Math.ceil(wait) };
  return newWait > rateWait ? { ...no, affects: "receiver" } : no;
}

/**
 * Whether the mailbox has as many bytes as it may. It can still be read, acknowledged, exported, trimmed and erased.
 */
export function isStorageFull({ log, limits }: MailboxContext): boolean {
  return limits.quotas !== null && log.sql.bytes >= limits.quotas.MAILBOX_BYTES;
}

/** Whether others have filled their share of the bytes. */
function isFullForOthers({ log, limits }: MailboxContext): boolean {
  return limits.quotas !== null && log.sql.bytes >= OTHERS_SHARE * limits.quotas.MAILBOX_BYTES;
}

/** The refusal for a mailbox's own user. */
export function ownMailboxFull(why: string): Refusal<"mailbox_full"> {
  return { ...refusal("mailbox_full"), message: `Your own mailbox is full: ${why}.` };
}

/** Charges one sent message. */
export function spendQuota(context: MailboxContext): void {
  if (context.limits.quotas !== null && !isService(context)) sendBucket(context, context.limits.quotas).charge(1);
}

/**
 * The number of a delivery's envelopes that the mailbox accepts, and the code with which the others are refused. A
 * service account is never a stranger.
 */
export function acceptableCount(
  context: MailboxContext,
  peer: Peer,
  { envelopes, service }: Delivery,
): { readonly free: number; readonly code: CodeIn<"failed"> } {
  if (isDeclined(context, peer.name)) return { free: 0, code: "declined" };
  const standing = standingOf(context, peer.name);
  const isFull = isFullForOthers(context);
  const backlog = isFull ? 0 : backlogSpace(context, peer, envelopes.length);
  if (backlog < envelopes.length) context.limits.noteRefusal(isFull ? "MAILBOX_BYTES" : "BACKLOG");
  if (service || !hasStrangers(context) || standing === "contact") return { free: backlog, code: "mailbox_full" };
  // The conversation with a stranger holds their messages only.
  const written = standing === null ? 0 : context.log.conversations.size(peer);
  const left = Math.max(0, context.limits.strangerMessages - written);
  return left <= backlog ? { free: left, code: "declined" } : { free: backlog, code: "mailbox_full" };
}

/** Ms until the bucket holds the messages of one second, so that a client that waits sends several; 0 for now. */
function waitForRate(context: MailboxContext, quotas: Quotas): number {
  const { SEND_BURST: burst, SENDS_PER_SECOND: rate } = quotas;
  const { tokens } = sendBucket(context, quotas);
  return tokens >= 1 ? 0 : ((Math.min(rate, burst) - tokens) * 1_000) / rate;
}

/** Ms until the user may write to a new peer; 0 for now, and for a peer who is not new. */
function waitForNewPeer(context: MailboxContext, to: string, now: number): number {
  if (!isNew(context, to)) return 0;
  const max = (context.limits.quotas ?? QUOTAS).NEW_CORRESPONDENTS_PER_HOUR;
  const recent = context.log.contacts.wroteAfter(now - HOUR_MS);
  const first = recent.at(-max);
  return recent.length < max || first === undefined ? 0 : first + HOUR_MS - now;
}

/** How many more messages fit into the backlog of this author and into that of all authors: the smaller number. */
function backlogSpace(context: MailboxContext, peer: Peer, count: number): number {
  const { quotas } = context.limits;
  if (quotas === null) return Infinity;
  const { BACKLOG_PER_CORRESPONDENT: ofOne, BACKLOG: ofAll } = quotas;
  const all = context.unseen.of(context.log);
  return Math.max(0, Math.min(ofOne - unseenOf(context, peer, all, ofOne - count), ofAll - all));
}

/**
 * Messages of this peer that are neither read nor on any device, with edits and reactions. The number of all authors is
 * at least as large and costs no row read: up to `enough` it is returned instead.
 */
function unseenOf({ log }: MailboxContext, peer: Peer, all: number, enough: number): number {
  if (all <= enough) return all;
  return log.conversations.unseen(peer, Math.max(peer.readByMe, log.devices.delivered), enough);
}
