// Deduplication: what makes a repeated send, and a repeated delivery, harmless. Neither costs a row, and neither has a
// time limit.
import type { Delivery, Reply } from "../../protocol/envelope.ts";
import type { Entry } from "../../durable/log/entry.ts";
import { isTombstone } from "../../durable/log/kinds.ts";
import type { RelationRef } from "../../protocol/relation.ts";
import { REPEAT_WINDOW_IDS } from "../../protocol/limits.ts";
import { type CodeIn, type Refusal, refusal } from "../../protocol/refusals.ts";
import { isSameJson } from "../../protocol/sorted-json.ts";
import type { SendFrame } from "../../protocol/up.ts";
import type { V1Session } from "../connections/sockets.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { Device } from "../log/schema.ts";
import type { Peer } from "../log/peers/peer.ts";

export type Refused = Reply["refused"][number];

/**
 * Entries of a conversation that are searched for messages of an earlier delivery; those beyond count as stored.
 * Answers: an author that asks again and again for a comparison with its oldest messages.
 */
const MAX_COMPARED = 4_096;

/** Answers that a frame was refused. */
export type Refuse = (id: number, why: Refusal<CodeIn<"refused">>) => void;

/**
 * Whether a device sends a message again. Its ids are consecutive: one up to the last id is a repeat, for as long as
 * the row of the device exists; the next one is new; one above that is refused, and stays free.
 */
export function isRepeat({ lastId }: Device, id: number): boolean {
  return id <= lastId;
}

/**
 * Whether an envelope of this peer was decided before. The queue of a peer is in order, so one comparison is enough.
 */
export function isDecided({ lastOrigin }: Peer, origin: number): boolean {
  return origin <= lastOrigin;
}

/** Answers messages that were accepted before: with the same answer, and without a new entry. */
export function answerRepeats(
  context: MailboxContext,
  session: V1Session,
  frames: readonly SendFrame[],
  refuse: Refuse,
): void {
  // Old ids are not looked up: the last id alone says that they were accepted.
  const oldestId = (context.log.devices.get(session.device)?.lastId ?? 0) - REPEAT_WINDOW_IDS;
  const recent = frames.map(({ id }) => id).filter((id) => id > oldestId);
  const sent = recent.length === 0 ? null : context.log.entries.sentBy(session.device, new Set(recent));
  const { oldestUnsettled } = context.outbox;
  const unsettled = oldestUnsettled === null ? null : context.log.entries.get(oldestUnsettled);
  for (const { id, to, body, re } of frames) {
    const entry = sent?.get(id);
    // An id that is not found is settled for certain only if it was sent before the oldest unsettled entry.
    const isSettled = unsettled === null || (unsettled.device === session.device && id < (unsettled.id ?? 0));
    if (entry === undefined) session.output.queueAccepted(id, isSettled ? "stored" : "queued");
    else if (entry.peer !== to || !(isTombstone(entry.kind) || isSameMessage(entry, body, re)))
      refuse(id, refusal("id_reused"));
    else context.outbox.answer(entry, (state) => session.output.queueAccepted(id, state, entry));
  }
}

function isSameMessage(entry: Entry, body: string, re: RelationRef | undefined): boolean {
  return isSameJson(entry.body, body) && entry.re?.to === re?.to && entry.re?.is === re?.is;
}

/**
 * The envelopes that an earlier call refused, and whose reply was lost: at or below the highest refused origin, and not
 * in the log. They are refused again: "stored already" would lose them silently, "store now" would break the order. An
 * envelope that is older than all kept entries of this author, and within what retention removed, counts as stored.
 */
export function refusedBefore(context: MailboxContext, peer: Peer, delivery: Delivery): Refused[] {
  const undecided = delivery.envelopes.filter(
    ({ origin }) => origin <= peer.lastRefusedOrigin && origin <= peer.lastOrigin,
  );
  const first = undecided[0];
  if (first === undefined) return [];
  const stored = context.log.entries.originsFrom(peer.name, first.origin);
  const trimmed = context.log.row?.trimmed ?? 0;
  const removedUpTo =
    trimmed === 0 || peer.lastSeq === 0 ? 0 : Math.min(trimmed, context.log.entries.firstOriginOf(peer.name) - 1);
  const code: CodeIn<"failed"> = "declined";
  const refused = undecided.filter(({ origin }) => !stored.has(origin) && origin > removedUpTo);
  return refused.map(({ origin }) => ({ origin, code }));
}

/**
 * The lowest origin that the highest one covers, and that was never stored here nor refused; 0 for none. Before a
 * restore the author may have given the number to another message, so time and body are compared too.
 */
export function firstMissing(
  context: MailboxContext,
  peer: Peer,
  { envelopes }: Delivery,
  refused: readonly Refused[],
): number {
  const sought = new Map(envelopes.filter(({ origin }) => isDecided(peer, origin)).map((one) => [one.origin, one]));
  for (const { origin } of refused) sought.delete(origin);
  const lowest = Math.min(...sought.keys());
  let searchedFrom = Infinity;
  let left = sought.size === 0 ? 0 : MAX_COMPARED;
  for (const { kind, origin, at, body } of context.log.conversations.newest(peer, left)) {
    left--;
    if (origin === null) continue;
    searchedFrom = origin;
    const same = sought.get(origin);
    // Of a message that the user has removed the time is left.
    if (same?.at === at && (isTombstone(kind) || same.body === body)) sought.delete(origin);
    if (origin <= lowest) break;
  }
  // The whole conversation was searched, and retention has removed none of it.
  if (left > 0 && context.log.row?.trimmed === 0) searchedFrom = 0;
  const missing = [...sought.keys()].filter((origin) => origin >= searchedFrom);
  return missing.length === 0 ? 0 : Math.min(...missing);
}
