// Checks of relations against the log: what the author's mailbox accepts from its user, and what the receiver's mailbox
// takes from another one. A message that is taken back is removed with its edits. To be called inside a transaction.
import type { Entry } from "../../durable/log/entry.ts";
import { isMessage, isReceived } from "../../durable/log/kinds.ts";
import type { Envelope } from "../../protocol/envelope.ts";
import { parseJson } from "../../protocol/json.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import {
  isRelationKind,
  isShown,
  type Relation,
  type RelationKind,
  relationProblem,
  type RelationRef,
} from "../../protocol/relation.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { Peer } from "../log/peers/peer.ts";

/** The relation as the log has it; or why a message of the user to `to` may not have it. */
export function checkRelation(
  context: MailboxContext,
  to: string,
  { to: seq, is }: RelationRef,
): { readonly re: Relation } | { readonly refused: Refusal<"no_such_message" | "forbidden"> } {
  const target = targetOf(context, to, seq);
  if (target === null || !isShown(target.re)) return { refused: refusal("no_such_message") };
  if (!isReceived(target.kind)) return { re: { to: seq, is } };
  if (isOfAuthor(is)) return { refused: refusal("forbidden", "only its author changes a message") };
  return { re: { to: seq, is, origin: target.origin ?? 0 } };
}

/**
 * The relation of an envelope of this peer, in the numbering of this mailbox: without a target where that is gone.
 * Undefined: the message has none that this version knows. `forbidden`: no mailbox sends it for its user.
 */
export function receivedRelation(
  context: MailboxContext,
  peer: Peer,
  { re, body }: Envelope,
): Relation | undefined | "forbidden" {
  if (re === undefined || !isRelationKind(re.is)) return undefined;
  const { is, of, origin } = re;
  const isOwn = of === "author";
  if ((isOfAuthor(is) && !isOwn) || relationProblem(is, parseJson(body)) !== null) return "forbidden";
  const seq = isOwn ? context.log.conversations.seqOfOrigin(peer, origin) : origin;
  const target = seq > 0 ? targetOf(context, peer.name, seq) : null;
  if (target === null || isReceived(target.kind) !== isOwn) return { to: 0, is };
  return isShown(target.re) ? { to: seq, is } : "forbidden";
}

/** Removes the message `seq` of the conversation, and its edits. */
export function removeVersions(context: MailboxContext, peer: Peer, seq: number): void {
  const { entries, peers, removals } = context.log;
  const entry = entries.get(seq);
  if (entry === null) return;
  if (isReceived(entry.kind) && seq > peer.readByMe) peer.unread = Math.max(0, peer.unread - 1);
  // A wake counts no entry that the row of the peer has.
  peers.changed(peer);
  // Without relations the message has no edits.
  if (!entries.related.areThere) return removals.begin({ peer: peer.name, first: seq, last: seq });
  removals.begin({ peer: peer.name, first: seq, last: Math.max(seq, peer.lastSeq), target: seq });
}

/** A message of the conversation with `name` that is still there, and that its receiver did not refuse. */
function targetOf({ log }: MailboxContext, name: string, seq: number): Entry | null {
  const entry = log.entries.get(seq);
  if (entry?.peer !== name || !isMessage(entry.kind) || entry.failed !== null) return null;
  return log.removals.hides(entry) ? null : entry;
}

/** Whether only the author of a message may relate to it so. */
function isOfAuthor(is: RelationKind): boolean {
  return is === "edit" || is === "retract";
}
