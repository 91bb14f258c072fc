// The rate limits of one user: token buckets over all sockets and requests of a mailbox together. Work that becomes a
// message is not charged here, except for the messages themselves.
import { CLOSE_ANSWER_MS, PAUSE, RENEWALS, REJECTED, SIGNALS, MAX_UNANSWERED_BYTES } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { TokenBucket } from "../../protocol/token-bucket.ts";
import { isService } from "../access/service-tokens.ts";
import type { Session, V1Session } from "../connections/sockets.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { Quotas } from "./config.ts";
import { type LimitName, userBuckets } from "./user-buckets.ts";

/** UTF-16 units of a rejected text that are not charged: what JSON and names take. */
const FREE_TEXT_UNITS = 1_000;
/** UTF-16 units of a response that cost as much as a request. */
const REQUEST_PRICE_UNITS = 65_536;

/** The limits of people; null where they are off, and for services, which operators created. */
function limitsOf(context: MailboxContext): Quotas | null {
  return isService(context) ? null : context.limits.quotas;
}

/** The bucket of sent messages. */
export function sendBucket({ user }: MailboxContext, { SEND_BURST, SENDS_PER_SECOND }: Quotas): TokenBucket {
  return userBuckets.of(user, "send", SEND_BURST, SENDS_PER_SECOND);
}

/** Takes a frame that is no message. Returns 0, or the ms until one more is allowed. */
export function takeSignal(context: MailboxContext, price = 1): number {
  const limits = limitsOf(context);
  if (limits === null) return 0;
  const wait = userBuckets.of(context.user, "signal", limits.SIGNAL_BURST, limits.SIGNALS_PER_SECOND).take(price);
  if (wait > 0) context.limits.noteRefusal("SIGNALS_PER_SECOND");
  return wait;
}

/** Takes a question for a peer's presence. Returns 0, or the ms until another one is allowed. */
export function takeAsk({ user }: MailboxContext): number {
  return userBuckets.of(user, "ask", SIGNALS.ASK_BURST, SIGNALS.ASKS_PER_SECOND).take();
}

/** Takes a typing signal to any peer. Returns 0, or the ms until another one is allowed. */
export function takeTyping({ user }: MailboxContext): number {
  return userBuckets.of(user, "typing", SIGNALS.TYPING_BURST, SIGNALS.TYPINGS_PER_SECOND).take();
}

/** Takes a change of presence that contacts are sent. Returns 0, or the ms until another one is allowed. */
export function takeChange({ user }: MailboxContext): number {
  return userBuckets.of(user, "change", SIGNALS.CHANGE_BURST, 1_000 / SIGNALS.CHANGE_REFILL_MS).take();
}

/** Takes a fresh token of a socket. Returns 0, or the ms until another one is allowed. */
export function takeRenewal(session: V1Session): number {
  session.renewals ??= new TokenBucket(RENEWALS.BURST, RENEWALS.PER_SECOND);
  return session.renewals.take();
}

/** Checks whether this device may connect now. */
export function checkConnectAllowance(context: MailboxContext, device: string): Refusal | null {
  const limits = limitsOf(context);
  if (limits === null) return null;
  if (context.sockets.unanswered.bytes > MAX_UNANSWERED_BYTES)
    return tooMany(context, "CONNECTS_PER_SECOND", CLOSE_ANSWER_MS);
  const { CONNECT_BURST: burst, CONNECTS_PER_SECOND: rate } = limits;
  const ofUser = userBuckets.of(context.user, "connect", burst, rate);
  if (ofUser.tokens < 1) return tooMany(context, "CONNECTS_PER_SECOND", ofUser.take());
  const ofDevice = userBuckets.ofDevice(context.user, device, Math.ceil(burst / 2), rate);
  return tooMany(context, "CONNECTS_PER_SECOND", ofDevice.take() || ofUser.take());
}

/** Takes a request over HTTP, or refuses it. */
export function checkRequestAllowance(context: MailboxContext): Refusal | null {
  const limits = limitsOf(context);
  return limits === null ? null : tooMany(context, "REQUESTS_PER_SECOND", requestBucket(context, limits).take());
}

/**
 * Takes an export of this size, or refuses it. It has a bucket apart from other requests: also right after a large
 * export the user can read the rest of the mailbox, or erase it.
 */
export function checkExportAllowance(context: MailboxContext, bytes: number): Refusal | null {
  const limits = limitsOf(context);
  if (limits === null) return null;
  const bucket = userBuckets.of(context.user, "export", limits.REQUEST_BURST, limits.REQUESTS_PER_SECOND);
  const wait = bucket.take();
  if (wait === 0) bucket.charge(bytes / REQUEST_PRICE_UNITS);
  return tooMany(context, "REQUESTS_PER_SECOND", wait);
}

/** Charges a large response, whose size is known only now. */
export function chargeAnswer(context: MailboxContext, units: number): void {
  const limits = limitsOf(context);
  if (limits !== null && units > REQUEST_PRICE_UNITS)
    requestBucket(context, limits).charge(units / REQUEST_PRICE_UNITS);
}

function requestBucket({ user }: MailboxContext, { REQUEST_BURST, REQUESTS_PER_SECOND }: Quotas): TokenBucket {
  return userBuckets.of(user, "request", REQUEST_BURST, REQUESTS_PER_SECOND);
}

/**
 * Charges a socket and its user for a text: `frames` of it had no effect, and nothing was made of `units` UTF-16 units.
 * An ordinary text costs nothing.
 */
export function chargeRejected(context: MailboxContext, session: Session, frames: number, units: number): void {
  if (frames === 0 && units < FREE_TEXT_UNITS) return;
  const price = REJECTED.TEXT_PRICE + Math.max(frames, units / REJECTED.UNITS_PER_FRAME);
  pauseEvents(context, price);
  session.rejected ??= new TokenBucket(REJECTED.MAX, REJECTED.LEAK_PER_SECOND);
  const ofUser = userBuckets.of(context.user, "rejected", 2 * REJECTED.MAX, 2 * REJECTED.LEAK_PER_SECOND);
  session.rejected.charge(price);
  ofUser.charge(price);
  if (session.rejected.tokens >= 0 && ofUser.tokens >= 0) return;
  session.status = "flooding";
  context.limits.noteRefusal("frames without effect");
}

/**
 * Adds work that no message was made of. At `PAUSE.PRICE` the mailbox takes no event for a few ms, so that others are
 * served.
 */
export function pauseEvents(context: MailboxContext, price: number): void {
  if (context.load.add(price)) context.pause(PAUSE.MS);
}

function tooMany({ limits }: MailboxContext, limit: LimitName, wait: number): Refusal<"rate_limited"> | null {
  if (wait > 0) limits.noteRefusal(limit);
  return wait > 0 ? { ...refusal("rate_limited"), retryAfter: wait } : null;
}
