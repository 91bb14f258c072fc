// Relations: how a message refers to an earlier one of its conversation. Their words, how a mailbox stores one as text,
// and what the body of each has to be. Pure; the checks against the log are the mailbox's.
import { LIMITS } from "./limits.ts";

/**
 * - reply: a message about the other one.
 * - edit: the body replaces that of the author's own message.
 * - retract: the author takes back an own message, and its body is removed.
 * - react: the body is the author's whole set of emoji for the other message.
 */
export const RELATIONS = ["reply", "edit", "retract", "react"] as const;
export type RelationKind = (typeof RELATIONS)[number];

/** What a device sends. `to`: a seq of the user's own log. */
export interface RelationRef {
  readonly to: number;
  readonly is: RelationKind;
}

/**
 * What a mailbox stores. `to`: the seq of the other message in this log; 0 if it is not there. `origin`: of an own
 * entry about a message of the peer, that message's seq in the log of the peer.
 */
export interface Relation extends RelationRef {
  readonly origin?: number;
}

/** What a delivery has: whose message the other one is, and its seq in the log of that user. */
export interface EnvelopeRelation {
  readonly is: RelationKind;
  readonly of: "author" | "receiver";
  readonly origin: number;
}

/** UTF-16 units of one emoji. Answers: a text of any length as one emoji; 16 code points have at most as many. */
const MAX_EMOJI_UNITS = 32;
const MAX_EMOJI_POINTS = 16;

/** One emoji as Unicode recommends it for interchange (UTS #51, ED-27). */
const EMOJI = /^\p{RGI_Emoji}$/v;

export function isRelationKind(value: unknown): value is RelationKind {
  return (RELATIONS as readonly unknown[]).includes(value);
}

/**
 * Whether the message is shown as one of its own: a reply is, and a message without a relation. The others change what
 * is shown of another message.
 */
export function isShown(relation: { readonly is: RelationKind } | undefined): boolean {
  return relation === undefined || relation.is === "reply";
}

/** Why a body does not fit its relation, or null. */
export function relationProblem(is: RelationKind, body: unknown): string | null {
  if (is === "retract") return body === null ? null : "the body of a retraction is null";
  if (is === "react" && !isSetOfEmoji(body))
    return `the body of a reaction is at most ${LIMITS.reactions} different emoji`;
  return null;
}

function isSetOfEmoji(body: unknown): boolean {
  if (!Array.isArray(body) || body.length > LIMITS.reactions) return false;
  return body.every(isEmoji) && new Set(body).size === body.length;
}

function isEmoji(value: unknown): boolean {
  if (typeof value !== "string" || value.length > MAX_EMOJI_UNITS || !EMOJI.test(value)) return false;
  return [...value].length <= MAX_EMOJI_POINTS;
}

/** The text that a row has: the word, `to`, and `origin` where there is one. */
export function relationText({ is, to, origin }: Relation): string {
  return origin === undefined ? `${is} ${to}` : `${is} ${to} ${origin}`;
}

/** Reads such a text. Undefined for null, and for a word of newer code: a message without a relation. */
export function readRelation(text: string | null | undefined): Relation | undefined {
  if (typeof text !== "string") return undefined;
  const [is, to, origin] = text.split(" ");
  if (!isRelationKind(is)) return undefined;
  return { is, to: Number(to), ...(origin !== undefined && { origin: Number(origin) }) };
}

/** What the receiver is sent of a relation of the author. */
export function relationInEnvelope({ is, to, origin }: Relation): EnvelopeRelation {
  return origin === undefined ? { is, of: "author", origin: to } : { is, of: "receiver", origin };
}
