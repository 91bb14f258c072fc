// The kinds of entries in one table, and questions about them by name. Newer code may have written other kinds before
// it was rolled back: for a kind that is not in the table the answer is no.

/**
 * - in: a message from a peer.
 * - out: a message to a peer.
 * - self: a message to oneself.
 * - failed: the peer finally refused an `out` entry. `origin` is the seq of that entry, the body is the code.
 * - peer: the standing of a peer from here on, which is the body.
 * - notice: the server notifies the user. The body is the code of the notice.
 */
export type Kind = "in" | "out" | "self" | "failed" | "peer" | "notice";

type Trait = "message" | "conversation" | "received" | "own" | "unsettled" | "refusal";

const KINDS: Readonly<Record<Kind, readonly Trait[]>> = {
  in: ["message", "conversation", "received"],
  out: ["message", "conversation", "own", "unsettled"],
  self: ["message", "conversation", "own"],
  failed: ["refusal"],
  peer: [],
  notice: [],
};

const MESSAGES = kindsWith("message");
const OF_CONVERSATIONS = kindsWith("conversation");
const RECEIVED = kindsWith("received");
const UNSETTLED = kindsWith("unsettled");
const REFUSALS = kindsWith("refusal");

/** Whether this version knows the kind. */
export function isKnownKind(kind: string): boolean {
  return Object.hasOwn(KINDS, kind);
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
export const IS_OWN_MESSAGE = conditionOf(kindsWith("own"));
export const IS_UNSETTLED_WHEN_NEW = conditionOf(UNSETTLED);

function kindsWith(trait: Trait): ReadonlySet<string> {
  return new Set(Object.entries(KINDS).flatMap(([kind, traits]) => (traits.includes(trait) ? [kind] : [])));
}

function conditionOf(kinds: ReadonlySet<string>): string {
  const list = Array.from(kinds, (kind) => `'${kind}'`);
  return list.length === 1 ? `kind = ${list[0]}` : `kind IN (${list.join(", ")})`;
}
