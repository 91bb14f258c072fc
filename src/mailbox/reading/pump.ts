// The one pump. A socket has a position in the log; the pump says what lies after it, up to the socket's window. Live delivery,
// catch-up after a reconnect and the return after a year are this one loop.
import { write, writeCarbon, writeMessage } from "../../protocol/down.ts";
import { messageRefusalOf } from "../../protocol/message-refusals.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { writePlain, writePlainRefusal } from "../../protocol/plain.ts";
import { refusal } from "../../protocol/refusals.ts";
import { sentenceOf } from "../../protocol/notices.ts";
import { V1 } from "../../protocol/version.ts";
import type { MailboxContext } from "../context.ts";
import type { Entry } from "../../durable/log/entry.ts";
import type { Peer } from "../log/peers/peer.ts";
import { FrameBatch, type FlowWindow } from "./frame-batch.ts";
import { advanceDelivered } from "../delivery/receipts.ts";
import type { Session } from "../connections/sockets.ts";

/** Says what the socket's window takes. True if a plain socket, which acknowledges nothing, is to go on in the next group. */
export function pump(context: MailboxContext, session: Session): boolean {
  if (session.position >= context.log.head || isShut(windowOf(session))) return false;
  skipGap(context, session);
  const writer = {
    write: (item: Entry | Peer, bodies?: readonly string[]) => frameOf(context, session, item, bodies),
    isBare: (entry: Entry) => sentIt(session, entry),
  };
  const page = new FrameBatch(windowOf(session), writer, session.runs);
  let position = session.position;
  let own = true;
  for (const item of inOrder(context.log.entries.after(position), [...context.log.peers.marksAfter(position)])) {
    if (!page.add(item)) {
      commitBatch(context, session, page, position);
      return session.dialect !== V1;
    }
    own &&= awaited(context, session, item);
    position = seqOf(item);
  }
  commitBatch(context, session, page, context.log.head, own);
  return false;
}

/** What retention took is said, never passed over. */
function skipGap(context: MailboxContext, session: Session): void {
  const trimmed = context.log.row?.trimmed ?? 0;
  if (session.position >= trimmed) return;
  const v1 = session.dialect === V1;
  const gap = v1
    ? write({ type: "gap", from: session.position + 1, seq: trimmed })
    : writePlainRefusal(context.user, Date.now(), refusal("gone"));
  context.sockets.queueLogFrames(session, { frames: [gap], count: 1, bytes: gap.length, last: trimmed }, trimmed);
  if (!v1) session.unacked = [];
}

function isShut({ frames, bytes, free }: FlowWindow): boolean {
  return !free && (frames <= 0 || bytes <= 0);
}

function windowOf(session: Session): FlowWindow {
  let frames: number = session.window ?? LIMITS.window;
  let bytes: number = LIMITS.windowBytes;
  for (const [, sentFrames, sentBytes] of session.unacked) {
    frames -= sentFrames;
    bytes -= sentBytes;
  }
  return { frames, bytes, free: session.unacked.length === 0 };
}

function commitBatch(
  context: MailboxContext,
  session: Session,
  page: FrameBatch,
  position: number,
  waits = false,
): void {
  page.close();
  context.sockets.queueLogFrames(session, page, position, waits);
  if (session.dialect === V1) return;
  // No ack in this dialect: what was handed to an open socket counts as delivered.
  session.unacked = [];
  session.unkept += page.count;
  session.acked = position;
  if (session.carries) advanceDelivered(context, position);
}

/** Whether the device itself sent this over this socket, and is still to be answered. */
function awaited(context: MailboxContext, session: Session, item: Entry | Peer): boolean {
  return "seq" in item && sentIt(session, item) && context.outbox.awaitsReply(item.peer, item.seq);
}

/** Whether it came over this very socket. */
function sentIt(session: Session, { device, seq }: Entry): boolean {
  return device === session.device && seq > session.opened;
}

/** Entries and changed marks, by seq. */
function inOrder(entries: Iterable<Entry>, marks: readonly Peer[]): Iterable<Entry | Peer> {
  return marks.length === 0 ? entries : mixed(entries, marks);
}

function* mixed(entries: Iterable<Entry>, rest: readonly Peer[]): Generator<Entry | Peer> {
  let next = 0;
  for (const entry of entries) {
    for (let peer = rest[next]; peer !== undefined && peer.mark < entry.seq; peer = rest[++next]) yield peer;
    yield entry;
  }
  for (let peer = rest[next]; peer !== undefined; peer = rest[++next]) yield peer;
}

function seqOf(item: Entry | Peer): number {
  return "seq" in item ? item.seq : item.mark;
}

/** The frame that this socket's dialect has for it, or, with several bodies, for the run that it ends; null for none. */
function frameOf(
  context: MailboxContext,
  session: Session,
  item: Entry | Peer,
  bodies?: readonly string[],
): string | null {
  if (session.dialect !== V1) return "seq" in item ? plainOf(context.user, item) : null;
  if (!("seq" in item)) return markOf(context, item);
  switch (item.kind) {
    case "in":
      return writeReceived(context, item, bodies);
    case "notice":
      return writeNotice(item);
    case "peer":
      return write({ type: "peer", seq: item.seq, peer: item.peer, standing: item.body });
    case "out":
    case "self":
      return writeCarbon(item, context.user, sentIt(session, item), bodies);
    case "failed": {
      const { code, message } = messageRefusalOf(item.body);
      return write({ type: "failed", seq: item.seq, of: item.origin ?? 0, code, message });
    }
    default:
      // A kind of a newer version, read after a rollback: not for this version's devices.
      item.kind satisfies never;
      return null;
  }
}

/** What it is about is in the column of a device, where older code reads nothing of a notice. */
function writeNotice({ seq, body: code, device: about, at }: Entry): string {
  return write({ type: "notice", seq, code, message: sentenceOf(code), ...(about !== null && { about }), at });
}

/** A message from somebody else; of a stranger's it says that it is a request. */
export function writeReceived(context: MailboxContext, entry: Entry, bodies?: readonly string[]): string {
  const request = context.log.contacts.standing(entry.peer) === "request";
  return writeMessage(entry, context.user, request, bodies);
}

/** The marks of a peer at their present value. */
function markOf(context: MailboxContext, { mark: seq, name: peer, stored, delivered, read, mine }: Peer): string {
  return write({
    type: "mark",
    seq,
    peer,
    ...(stored > 0 && { stored }),
    ...(delivered > 0 && { delivered }),
    ...(read > 0 && context.log.row?.receipts === 1 && { read }),
    ...(mine > 0 && { mine }),
  });
}

function plainOf(user: string, entry: Entry): string | null {
  switch (entry.kind) {
    case "in":
    case "self":
      return writePlain({ ...entry, from: entry.peer, to: user });
    case "failed":
      return writePlainRefusal(user, entry.at, messageRefusalOf(entry.body, `to ${entry.peer}`));
    case "out":
    case "peer":
    case "notice":
      return null; // Classic pages draw their own messages themselves.
    default:
      entry.kind satisfies never;
      return null;
  }
}
