// The frames of entries and marks, in each dialect. It reads settings and standings, and changes nothing.
import { writeFrame, writeCarbon, writeMessage } from "../../protocol/down.ts";
import { messageRefusalOf } from "../../protocol/message-refusals.ts";
import { noticeSentence } from "../../protocol/notices.ts";
import { writePlain, writePlainRefusal } from "../../protocol/plain.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { Entry } from "../../durable/log/entry.ts";
import { hasFrame } from "../../durable/log/kinds.ts";
import type { Peer } from "../log/peers/peer.ts";
import { displayNameOf, settingsOf } from "../access/chosen-settings.ts";
import { writeForOlderDevice } from "./older-devices.ts";

/** How a reader gets messages. */
interface MessageForm {
  /** Without bodies, for the connection over which the message came. */
  readonly bare: boolean;
  /** Whether the reader has asked for relations. */
  readonly relations: boolean;
}

/** The v1 frame of an entry or a mark, or null for none; with several `bodies`, the frame of the run that `item` ends. */
export function writeV1(
  context: MailboxContext,
  item: Entry | Peer,
  form: MessageForm,
  bodies?: readonly string[],
): string | null {
  if (!("seq" in item)) return writeMark(context, item);
  if (item.re === undefined || form.relations) return writeEntry(context, item, form.bare, bodies);
  return hasFrame(item.kind) ? writeForOlderDevice(item, () => writeEntry(context, item, form.bare) ?? "") : null;
}

function writeEntry(context: MailboxContext, item: Entry, bare: boolean, bodies?: readonly string[]): string | null {
  switch (item.kind) {
    case "in":
      return writeReceived(context, item, bodies);
    case "notice":
      return writeNotice(item);
    case "peer":
      return writePeer(context, item);
    case "cleared":
      return writeCleared(item);
    case "removed":
      return null;
    case "out":
    case "self":
      return writeCarbon(item, context.user, bare, bodies);
    case "failed": {
      const { code, message } = messageRefusalOf(item.body);
      return writeFrame({ type: "failed", seq: item.seq, of: item.origin ?? 0, code, message });
    }
    default:
      // A kind of a newer version, read after a rollback: not for this version's devices.
      item.kind satisfies never;
      return null;
  }
}

/** A message of somebody else; that of a stranger says that it is a request. */
export function writeReceived(context: MailboxContext, entry: Entry, bodies?: readonly string[]): string {
  const isRequest = context.log.contacts.standing(entry.peer) === "request";
  return writeMessage(entry, context.user, isRequest, bodies);
}

/** The standing from here on, and the present settings of the conversation. */
export function writePeer(context: MailboxContext, { seq, peer, body: standing }: Entry): string {
  const displayName = displayNameOf(context, peer) ?? "";
  return writeFrame({ type: "peer", seq, peer, standing, ...settingsOf(context, peer), displayName });
}

/** Which messages of a conversation the user has removed. */
export function writeCleared({ seq, peer, origin, body }: Entry): string {
  return writeFrame({ type: "cleared", seq, peer, [body === "one" ? "of" : "upTo"]: origin ?? 0 });
}

/** The subject of a notice is in the column `device`, where older code reads nothing of a notice. */
function writeNotice({ seq, body: code, device: about, at }: Entry): string {
  return writeFrame({ type: "notice", seq, code, message: noticeSentence(code), ...(about !== null && { about }), at });
}

/** The marks of a peer, at their present values. */
function writeMark(context: MailboxContext, peer: Peer): string {
  return writeFrame({ type: "mark", seq: peer.markSeq, ...marksOf(context, peer) });
}

/** The same before they have a seq, which is their place in the log. */
export function writeEarlyMark(context: MailboxContext, peer: Peer): string {
  return writeFrame({ type: "mark", ...marksOf(context, peer) });
}

function marksOf(context: MailboxContext, { name: peer, stored, delivered, read, readByMe: mine }: Peer) {
  return {
    peer,
    ...(stored > 0 && { stored }),
    ...(delivered > 0 && { delivered }),
    ...(read > 0 && context.log.row?.receipts === 1 && { read }),
    ...(mine > 0 && { mine }),
  };
}

/** The plain text of an entry, or null for none. Marks have none. */
export function writePlainEntry(user: string, item: Entry | Peer): string | null {
  if (!("seq" in item)) return null;
  switch (item.kind) {
    case "in":
    case "self":
      return writePlainMessage(user, item);
    case "failed":
      return writePlainRefusal(user, item.at, messageRefusalOf(item.body, `to ${item.peer}`));
    case "out":
    case "peer":
    case "notice":
    case "cleared":
    case "removed":
      return null; // Classic pages draw their own messages themselves.
    default:
      item.kind satisfies never;
      return null;
  }
}

/** An edit is a new text that says so. This dialect has neither reactions nor retractions. */
function writePlainMessage(user: string, item: Entry): string | null {
  const is = item.re?.is;
  if (is === "react" || is === "retract") return null;
  return writePlain({ ...item, from: item.peer, to: user, isEdited: is === "edit" });
}
