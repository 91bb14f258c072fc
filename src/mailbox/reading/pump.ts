// The one pump: sends a reader what follows its position in the log, as far as its window allows. Live delivery, the
// catch-up after a reconnect and the return after a year are this one loop.
import { writeFrame } from "../../protocol/down.ts";
import { writePlainRefusal } from "../../protocol/plain.ts";
import { refusal } from "../../protocol/refusals.ts";
import type { MailboxContext } from "../instance/context.ts";
import { advanceDelivered } from "../delivery/receipts.ts";
import type { Log } from "../log/log.ts";
import type { Entry } from "../../durable/log/entry.ts";
import type { Peer } from "../log/peers/peer.ts";
import { addUnacked, bytesUnderWay, type FlowWindow, canRefill, isShut, windowOf } from "./flow-window.ts";
import { FrameBatch, type FrameWriter } from "./frame-batch.ts";
import type { LogReader, PageReader, PlainReader, UnackedPart, V1Reader } from "./log-reader.ts";
import { writeEarlyMark, writePlainEntry, writeV1 } from "./write-log-frames.ts";

/**
 * UTF-16 units of entries without a frame that are passed over at once, and units of each of them beside its body.
 * Answers: a mailbox that stands still for the removed messages of years, or, for a plain socket, its own ones.
 */
const MAX_PASSED_UNITS = 500_000;
const UNITS_PER_ENTRY = 100;

/** Frames of the log, the number of entries and marks in them, and the parts and texts in which they leave. */
type LogFrames = Pick<FrameBatch, "frames" | "count" | "parts" | "textEnds">;

/**
 * Queues what the window takes. True if the reader is to continue in the next group commit: a plain socket, which
 * acknowledges nothing, and every reader that has just passed over many entries without a frame.
 */
export function pump(context: MailboxContext, reader: LogReader): boolean {
  const continues = pumpLog(context, reader);
  if (reader.kind === "v1" && reader.early) queueEarlyMarks(context, reader);
  return continues;
}

/**
 * A device that has the log is sent the marks that have no seq yet. They move no cursor, so nobody acknowledges them.
 */
function queueEarlyMarks(context: MailboxContext, reader: V1Reader): void {
  const { peers, head } = context.log;
  if (reader.earlySent === peers.early.version || reader.position < head) return;
  for (const peer of peers.early.after(reader.earlySent)) reader.output.queueFrame(writeEarlyMark(context, peer));
  reader.earlySent = peers.early.version;
}

function pumpLog(context: MailboxContext, reader: LogReader): boolean {
  if (reader.position >= context.log.head || isBlocked(reader, windowOf(reader))) return false;
  skipTrimmed(context, reader);
  const runs = isV1(reader) && reader.runs;
  const textBytes = isV1(reader) ? reader.output.pace.textBytes : Infinity;
  const batch = new FrameBatch(windowOf(reader), writerFor(context, reader), runs, textBytes);
  let [position, canWait, passedUnits] = [reader.position, true, 0];
  const { head, removals } = context.log;
  for (const item of itemsAfter(context.log, position)) {
    const { count } = batch;
    if ("seq" in item && removals.hides(item)) {
      if (reader.kind === "page") reader.removed.push(item);
    } else if (batch.add(item)) canWait &&= awaitsAccepted(context, reader, item);
    else {
      if (isV1(reader)) reader.isBlocked = true;
      queueBatch(context, reader, batch, position, false);
      return reader.kind === "plain";
    }
    position = seqOf(item);
    if (batch.count > count) continue;
    passedUnits += UNITS_PER_ENTRY + ("seq" in item ? item.body.length : 0);
    if (passedUnits < MAX_PASSED_UNITS) continue;
    queueBatch(context, reader, batch, position, false);
    return position < head;
  }
  queueBatch(context, reader, batch, context.log.head, canWait);
  return false;
}

/** Whether the reader has to acknowledge more before it is sent more. */
function isBlocked(reader: LogReader, window: FlowWindow): boolean {
  if (!isV1(reader)) return isShut(window);
  reader.isBlocked = isShut(window) || (reader.isBlocked && !canRefill(window, reader.output.pace.textBytes));
  return reader.isBlocked;
}

/** Queues a gap; from then on the reader is behind it. */
export function queueGap(reader: V1Reader | PageReader, gap: { readonly from: number; readonly seq: number }): void {
  const frame = writeFrame({ type: "gap", ...gap });
  const parts: UnackedPart[] = [[gap.seq, 1, frame.length]];
  queueLogFrames(reader, { frames: [frame], count: 1, parts, textEnds: [] }, gap.seq);
}

/** A reader is sent a gap for what retention removed. */
function skipTrimmed(context: MailboxContext, reader: LogReader): void {
  const trimmed = context.log.row?.trimmed ?? 0;
  if (reader.position >= trimmed) return;
  if (reader.kind === "plain") skipTrimmedPlain(context, reader, trimmed);
  else queueGap(reader, { from: reader.position + 1, seq: trimmed });
}

function skipTrimmedPlain(context: MailboxContext, reader: PlainReader, trimmed: number): void {
  const frame = writePlainRefusal(context.user, Date.now(), refusal("gone"));
  queueLogFrames(reader, { frames: [frame], count: 1, parts: [], textEnds: [] }, trimmed);
}

function writerFor(context: MailboxContext, reader: LogReader): FrameWriter {
  if (reader.kind === "plain") {
    return { write: (item) => writePlainEntry(context.user, item), isBare: () => false };
  }
  const { relations } = reader;
  return {
    write: (item, bodies) => writeV1(context, item, { bare: cameOver(reader, item), relations }, bodies),
    isBare: (entry) => cameOver(reader, entry),
  };
}

/** Entries and changed marks, by seq. */
function itemsAfter(log: Log, position: number): Iterable<Entry | Peer> {
  const entries = log.entries.after(position);
  const marks = [...log.peers.marksAfter(position)];
  return marks.length === 0 ? entries : mergeBySeq(entries, marks);
}

function* mergeBySeq(entries: Iterable<Entry>, marks: readonly Peer[]): Generator<Entry | Peer> {
  let next = 0;
  for (const entry of entries) {
    for (let peer = marks[next]; peer !== undefined && peer.markSeq < entry.seq; peer = marks[++next]) yield peer;
    yield entry;
  }
  for (let peer = marks[next]; peer !== undefined; peer = marks[++next]) yield peer;
}

function seqOf(item: Entry | Peer): number {
  return "seq" in item ? item.seq : item.markSeq;
}

/** Whether the message came over this very connection. */
function cameOver(reader: LogReader, item: Entry | Peer): boolean {
  return isV1(reader) && "seq" in item && item.device === reader.device && item.seq > reader.opened;
}

function isV1(reader: LogReader): reader is V1Reader {
  return reader.kind === "v1" || reader.kind === "stream";
}

/** Whether the message came over this connection, and its `accepted` is still to be sent. */
function awaitsAccepted(context: MailboxContext, reader: LogReader, item: Entry | Peer): boolean {
  return "seq" in item && cameOver(reader, item) && context.outbox.awaitsReply(item.peer, item.seq);
}

function queueBatch(
  context: MailboxContext,
  reader: LogReader,
  batch: FrameBatch,
  position: number,
  canWait: boolean,
): void {
  batch.close();
  queueLogFrames(reader, batch, position, canWait);
  if (reader.kind !== "plain") return;
  // This dialect has no ack: what was handed to an open socket counts as delivered.
  reader.ackedSincePersist += batch.count;
  reader.acked = position;
  if (reader.advancesDelivered) advanceDelivered(context, position);
}

function queueLogFrames(reader: LogReader, batch: LogFrames, position: number, canWait = false): void {
  const { frames } = batch;
  if (frames.length === 0 && position === reader.position) return;
  reader.position = position;
  if (reader.kind !== "page") reader.changed = true;
  if (frames.length === 0) return;
  if (reader.kind === "page") for (const frame of frames) reader.frames.push(frame);
  else reader.output.queueLogFrames(frames, canWait, batch.textEnds);
  if (isV1(reader)) reader.output.pace.recordSend(bytesUnderWay(reader.unacked), Date.now());
  if (reader.kind !== "plain") for (const part of batch.parts) addUnacked(reader.unacked, part);
}
