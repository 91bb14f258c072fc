// The kinds of entries in one table, and questions about them by name. Newer code may have written other kinds before
// it was rolled back: for a kind that is not in the table the answer is no.

/**
 * - in: a message from a peer.
 * - out: a message to a peer.
 * - self: a message to oneself.
 * - failed: the peer finally refused an `out` entry. `origin` is the seq of that entry, the body is the code.
 * - peer: the standing of a peer from here on, which is the body.
 * - notice: the server notifies the user. The body is the code of the notice.
 * - cleared: the user removed messages of the conversation. With the body `all`, `origin` is the highest removed seq;
 *   with `one`, the only one.
 * - removed: the tombstone of a message that the user removed, or its author took back, in its place and without its
 *   body; `origin` as before.
 */
export type Kind = "in" | "out" | "self" | "failed" | "peer" | "notice" | "cleared" | "removed";

/** The kinds of tombstones. */
export type Tombstone = "removed";

type Trait = "message" | "conversation" | "received" | "own" | "unsettled" | "refusal" | "delivered" | "tombstone";

const KINDS: Readonly<Record<Kind, readonly Trait[]>> = {
  in: ["message", "conversation", "received", "delivered"],
  out: ["message", "conversation", "own", "unsettled"],
  self: ["message", "conversation", "own"],
  failed: ["refusal"],
  peer: [],
  notice: [],
  cleared: [],
  removed: ["tombstone", "delivered"],
};

const MESSAGES = kindsWith("message");
const TOMBSTONES = kindsWith("tombstone");
const WITH_FRAME = new Set(Object.keys(KINDS).filter((kind) => !TOMBSTONES.has(kind)));
const OF_CONVERSATIONS = kindsWith("conversation");
const RECEIVED = kindsWith("received");
const UNSETTLED = kindsWith("unsettled");
const REFUSALS = kindsWith("refusal");

/** Whether devices are sent a frame for such an entry. */
export function hasFrame(kind: string): boolean {
  return WITH_FRAME.has(kind);
}

/** Whether the entry stands for a message whose body is gone. */
export function isTombstone(kind: string): kind is Tombstone {
  return TOMBSTONES.has(kind);
}

/** Whether the entry is a message, sent or received. */
export function isMessage(kind: string): boolean {
  return MESSAGES.has(kind);
}

/** Whether the entry is listed in the conversation with its peer. */
export function belongsToConversation(kind: string): boolean {
  return OF_CONVERSATIONS.has(kind);
}

/** Whether the entry is a message of another user. */
export function isReceived(kind: string): boolean {
  return RECEIVED.has(kind);
}

/** Whether the entry has to be delivered before it is settled. */
export function isUnsettledWhenNew(kind: string): boolean {
  return UNSETTLED.has(kind);
}

/** Whether the entry says that an earlier one was finally refused. */
export function isRefusal(kind: string): boolean {
  return REFUSALS.has(kind);
}

/** The same questions as conditions for SQL. */
export const IS_RECEIVED = conditionOf(RECEIVED);
/** Of entries with an origin: the message was stored, also if it was removed since. */
export const WAS_DELIVERED = conditionOf(kindsWith("delivered"));
/** The same of entries of the user. */
export const WAS_SENT = `(${conditionOf(kindsWith("own"))} OR (${conditionOf(TOMBSTONES)} AND origin IS NULL))`;
export const IS_TOMBSTONE = `(${conditionOf(TOMBSTONES)})`;
export const IS_UNSETTLED_WHEN_NEW = conditionOf(UNSETTLED);

function kindsWith(trait: Trait): ReadonlySet<string> {
  return new Set(Object.entries(KINDS).flatMap(([kind, traits]) => (traits.includes(trait) ? [kind] : [])));
}

function conditionOf(kinds: ReadonlySet<string>): string {
  const list = Array.from(kinds, (kind) => `'${kind}'`);
  return list.length === 1 ? `kind = ${list[0]}` : `kind IN (${list.join(", ")})`;
}
