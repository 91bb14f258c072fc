// An ack frees its part of the window: whole parts, and of the part in whose middle it lies the frames up to it. Those
// are counted from the log, because an attachment can't have the seq of every frame that is under way.
import type { Log } from "../log/log.ts";
import type { UnackedPart, V1Reader } from "./log-reader.ts";
import { hasFrameFor } from "./older-devices.ts";

/**
 * Frees what the reader holds up to `acked`; before, it held everything up to `before`. Returns the number of entries
 * and marks. It never frees too much. Until the whole part is acknowledged it frees too few frames of it where a mark
 * has moved to another seq since, or retention has deleted entries.
 */
export function freeWindow(log: Log, reader: V1Reader, before: number, acked: number): number {
  const { unacked } = reader;
  let [freed, bytesFreed, whole, start] = [0, 0, 0, before];
  for (const [last, count, bytes] of unacked) {
    if (last > acked) break;
    freed += count;
    bytesFreed += bytes;
    start = Math.max(start, last);
    whole++;
  }
  if (whole > 0) {
    unacked.splice(0, whole);
    reader.output.pace.acknowledge(bytesFreed, Date.now());
  }
  const part = unacked[0];
  if (part === undefined || acked <= start) return freed;
  const [last, count, bytes] = part;
  const left = framesLeft(log, reader, part, start, acked);
  unacked[0] = [last, left, bytes];
  return freed + count - left;
}

/** How many of the frames of a part, which all lie after `start`, lie after `acked`. */
function framesLeft(log: Log, reader: V1Reader, [last, count]: UnackedPart, start: number, acked: number): number {
  const most = Math.min(count, last - acked);
  // Every seq after `start` is one of a frame: nothing is to be counted.
  if (most === 1 || last - start === count) return most;
  if (reader.sentSeqs?.last !== last) reader.sentSeqs = { last, seqs: seqsBetween(log, start, last, reader.relations) };
  const { seqs } = reader.sentSeqs;
  const held = countUpTo(seqs, acked) - countUpTo(seqs, start);
  return Math.max(1, Math.min(most, count - held));
}

/** The seqs of the log frames after `start`, up to `last`, in order. */
function seqsBetween(
  { entries, removals, peers }: Log,
  start: number,
  last: number,
  relations: boolean,
): readonly number[] {
  const seqs: number[] = [];
  for (const head of entries.headsBetween(start, last))
    if (hasFrameFor(head, relations) && !removals.hides(head)) seqs.push(head.seq);
  const marks = peers.markSeqsBetween(start, last);
  return marks.length === 0 ? seqs : [...seqs, ...marks].toSorted((a, b) => a - b);
}

/** How many of these ascending numbers are at most `seq`. */
function countUpTo(seqs: readonly number[], seq: number): number {
  let low = 0;
  let high = seqs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((seqs[middle] ?? Infinity) > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}
