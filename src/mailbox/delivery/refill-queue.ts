// What one receiver is owed, where that is more than is kept in memory: the first of it is here, the rest stays in the log and is read
// when these are settled.
import type { PeerQueue, UnsettledMessage } from "./peer-queue.ts";
import type { Log } from "../log/log.ts";
import type { Sent } from "../../durable/log/entry.ts";
import { UNSETTLED_IN_MEMORY } from "../log/recover.ts";

/** Reads on in the log where few are left. */
export function refillQueue(lane: PeerQueue, log: Log): void {
  if (lane.onDiskOnly > 0 && lane.unsettled.length <= UNSETTLED_IN_MEMORY / 2)
    fill(lane, log.entries.sentTo(lane.to, lane.lastInMemory));
}

/** Everything after `seq` is owed again, also what was settled before. Returns what was in memory and is in the log alone from now on. */
export function requeueAfter(lane: PeerQueue, log: Log, seq: number): UnsettledMessage[] {
  const known = new Map(lane.unsettled.map((owed) => [owed.seq, owed]));
  const left: UnsettledMessage[] = [];
  lane.unsettled = [];
  lane.onDiskOnly = 0;
  for (const sent of log.entries.sentTo(lane.to, seq)) {
    const owed = known.get(sent.seq);
    if (lane.unsettled.length < UNSETTLED_IN_MEMORY) lane.push(owed ?? inLog(sent));
    else {
      lane.onDiskOnly++;
      owed?.answer?.("queued");
      if (owed !== undefined) left.push(owed);
    }
  }
  return left;
}

function fill(lane: PeerQueue, sent: Iterable<Sent>): void {
  for (const each of sent) {
    lane.push(inLog(each));
    lane.onDiskOnly--;
    if (lane.unsettled.length >= UNSETTLED_IN_MEMORY) return;
  }
  // The log has no more than it gave.
  lane.onDiskOnly = 0;
}

function inLog({ seq, peer, at }: Sent): UnsettledMessage {
  return { seq, peer, at, body: null, answer: null };
}

/** All that is owed, also what is in the log alone; `shift` takes what is in memory off the lane. */
export function takeAll(lane: PeerQueue, log: Log, shift: () => UnsettledMessage[]): UnsettledMessage[] {
  const all: UnsettledMessage[] = [];
  do {
    for (const owed of shift()) all.push(owed);
    refillQueue(lane, log);
  } while (lane.unsettled.length > 0);
  return all;
}
