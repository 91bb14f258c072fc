// What a user may still do, by kind: token buckets of all sockets and requests of a mailbox together. They are kept beside the objects, so
// that an object which starts anew, or slept, finds them as it left them. What has its intended effect never comes here.
import { PAUSE, CLOSE_ANSWER_MS, RENEWALS, SIGNALS, UNANSWERED_BYTES, REJECTED } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { MailboxContext } from "../context.ts";
import { Bucket } from "../../protocol/token-bucket.ts";
import type { Quotas } from "./config.ts";
import { isService } from "../access/service-tokens.ts";
import type { Session, V1Session } from "../connections/sockets.ts";

/** Users whose buckets are kept. Answers: buckets as memory. */
const USERS = 10_000;
/** Devices of one user whose buckets are kept. Answers: connecting under ever new names, as memory. */
const DEVICES = 64;

/** UTF-16 units of a text that nobody looks at: what JSON and names take. */
const FEW_UNITS = 1_000;
/** UTF-16 units of an answer that cost as much as a request. */
const ANSWER_UNITS = 65_536;

/** Work since the last break, and when the latest of it was done, ms since 1970. */
const works = new WeakMap<MailboxContext, { readonly at: number; readonly done: number }>();

type Kind = "send" | "signal" | "ask" | "typing" | "change" | "connect" | "request" | "export" | "waste";

/** The buckets of a user. Those of devices are apart: a user can name any number of devices, and must not get rid of the others by it. */
interface Buckets {
  readonly kinds: Map<Kind, Bucket>;
  readonly devices: Map<string, Bucket>;
}

/** By user, the one that was used last at the end: who floods is not evicted. */
const buckets = new Map<string, Buckets>();

function bucketsOf({ user }: MailboxContext): Buckets {
  const known = buckets.get(user) ?? { kinds: new Map<Kind, Bucket>(), devices: new Map<string, Bucket>() };
  buckets.delete(user);
  dropOldest(buckets, USERS);
  buckets.set(user, known);
  return known;
}

/** The bucket of a kind. */
function bucketOf(context: MailboxContext, kind: Kind, burst: number, perSecond: number): Bucket {
  return bucketIn(bucketsOf(context).kinds, kind, burst, perSecond);
}

/** The bucket of a device's connections. Without it the user's own still counts them. */
function bucketOfDevice(context: MailboxContext, device: string, burst: number, perSecond: number): Bucket {
  const { devices } = bucketsOf(context);
  if (!devices.has(device)) dropOldest(devices, DEVICES);
  return bucketIn(devices, device, burst, perSecond);
}

function bucketIn<Key>(map: Map<Key, Bucket>, key: Key, burst: number, perSecond: number): Bucket {
  const bucket = map.get(key) ?? new Bucket(burst, perSecond);
  map.set(key, bucket);
  return bucket;
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  const [oldest] = map.keys();
  if (map.size >= most && oldest !== undefined) map.delete(oldest);
}

/** The limits of people; null where they are off, and for programs, which operators let in. */
function limitsOf(context: MailboxContext): Quotas | null {
  return isService(context) ? null : context.config.quotas;
}

/** Of messages. */
export function sendsOf(context: MailboxContext, { SEND_BURST, SENDS_PER_SECOND }: Quotas): Bucket {
  return bucketOf(context, "send", SEND_BURST, SENDS_PER_SECOND);
}

/** Takes one frame that is no message; or in how many ms one more is taken. */
export function takeSignal(context: MailboxContext, price = 1): number {
  const limits = limitsOf(context);
  if (limits === null) return 0;
  return bucketOf(context, "signal", limits.SIGNAL_BURST, limits.SIGNALS_PER_SECOND).take(price);
}

/** Takes one question for a peer's presence; or in how many ms another one may be asked. */
export function takeAsk(context: MailboxContext): number {
  return bucketOf(context, "ask", SIGNALS.ASK_BURST, SIGNALS.ASKS_PER_SECOND).take();
}

/** Takes one sign of typing, to whomever. */
export function takeTyping(context: MailboxContext): number {
  return bucketOf(context, "typing", SIGNALS.TYPING_BURST, SIGNALS.TYPINGS_PER_SECOND).take();
}

/** Takes one change of presence that is told; or in how many ms one may be. */
export function takeChange(context: MailboxContext): number {
  return bucketOf(context, "change", SIGNALS.CHANGES, 1_000 / SIGNALS.CHANGE_MS).take();
}

/** Takes one fresh token of a socket. */
export function takeRenewal(session: V1Session): number {
  session.renewals ??= new Bucket(RENEWALS.BURST, RENEWALS.PER_SECOND);
  return session.renewals.take();
}

/** Why this device may not connect now, or null. */
export function checkConnectAllowance(context: MailboxContext, device: string): Refusal | null {
  const limits = limitsOf(context);
  if (limits === null) return null;
  if (context.sockets.unanswered.bytes > UNANSWERED_BYTES) return tooMany(CLOSE_ANSWER_MS);
  const { CONNECT_BURST: burst, CONNECTS_PER_SECOND: rate } = limits;
  const ofUser = bucketOf(context, "connect", burst, rate);
  if (ofUser.tokens < 1) return tooMany(ofUser.take());
  return tooMany(bucketOfDevice(context, device, Math.ceil(burst / 2), rate).take() || ofUser.take());
}

/** Why the user may not ask over HTTP now, or null. */
export function checkRequestAllowance(context: MailboxContext): Refusal | null {
  const limits = limitsOf(context);
  return limits === null ? null : tooMany(requestsOf(context, limits).take());
}

/**
 * Why the user may not have so many bytes exported now, or null. Apart from other requests: what is left of a mailbox is read, or erased, also
 * right after a large export.
 */
export function checkExportAllowance(context: MailboxContext, bytes: number): Refusal | null {
  const limits = limitsOf(context);
  if (limits === null) return null;
  const bucket = bucketOf(context, "export", limits.REQUEST_BURST, limits.REQUESTS_PER_SECOND);
  const wait = bucket.take();
  if (wait === 0) bucket.owe(bytes / ANSWER_UNITS);
  return tooMany(wait);
}

/** A request was answered with so many UTF-16 units. */
export function chargeAnswer(context: MailboxContext, units: number): void {
  const limits = limitsOf(context);
  if (limits !== null && units > ANSWER_UNITS) requestsOf(context, limits).owe(units / ANSWER_UNITS);
}

function requestsOf(context: MailboxContext, { REQUEST_BURST, REQUESTS_PER_SECOND }: Quotas): Bucket {
  return bucketOf(context, "request", REQUEST_BURST, REQUESTS_PER_SECOND);
}

/** A text of so many UTF-16 units, of which nothing was made, had `frames` without effect. An ordinary text costs nothing. */
export function chargeRejected(context: MailboxContext, session: Session, frames: number, units: number): void {
  if (frames === 0 && units < FEW_UNITS) return;
  const price = REJECTED.TEXT + Math.max(frames, units / REJECTED.UNITS);
  pauseEvents(context, price);
  session.rejected ??= new Bucket(REJECTED.MOST, REJECTED.PER_SECOND);
  const ofUser = bucketOf(context, "waste", 2 * REJECTED.MOST, 2 * REJECTED.PER_SECOND);
  session.rejected.owe(price);
  ofUser.owe(price);
  if (session.rejected.tokens < 0 || ofUser.tokens < 0) session.status = "flooding";
}

/** Work of that price was done of which no message was made; now and then others have their turn. */
export function pauseEvents(context: MailboxContext, price: number): void {
  const now = Date.now();
  const last = works.get(context);
  const done = price + (last !== undefined && now - last.at < PAUSE.FORGOTTEN_MS ? last.done : 0);
  if (done >= PAUSE.EVERY) context.pause(PAUSE.MS);
  works.set(context, { at: now, done: done >= PAUSE.EVERY ? 0 : done });
}

function tooMany(wait: number): Refusal | null {
  return wait > 0 ? { ...refusal("rate_limited"), retryAfter: wait } : null;
}
