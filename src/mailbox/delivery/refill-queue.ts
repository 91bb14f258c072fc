// What one receiver is owed, where that is more than is kept in memory: the first of it is here, the rest stays in the log and is read
// when these are settled.
import type { Lane, Owed } from "./peer-queue.ts";
import type { Log } from "../log/log.ts";
import type { Sent } from "../log/schema.ts";
import { OWED_IN_MEMORY } from "../log/recover.ts";

/** Reads on in the log where few are left. */
export function refill(lane: Lane, log: Log): void {
  if (lane.more > 0 && lane.owed.length <= OWED_IN_MEMORY / 2) fill(lane, log.entries.sentTo(lane.to, lane.last));
}

/** Everything after `seq` is owed again, also what was settled before. Returns what was in memory and is in the log alone from now on. */
export function owedAgain(lane: Lane, log: Log, seq: number): Owed[] {
  const known = new Map(lane.owed.map((owed) => [owed.seq, owed]));
  const left: Owed[] = [];
  lane.owed = [];
  lane.more = 0;
  for (const sent of log.entries.sentTo(lane.to, seq)) {
    const owed = known.get(sent.seq);
    if (lane.owed.length < OWED_IN_MEMORY) lane.push(owed ?? inLog(sent));
    else {
      lane.more++;
      owed?.answer?.("queued");
      if (owed !== undefined) left.push(owed);
    }
  }
  return left;
}

function fill(lane: Lane, sent: Iterable<Sent>): void {
  for (const each of sent) {
    lane.push(inLog(each));
    lane.more--;
    if (lane.owed.length >= OWED_IN_MEMORY) return;
  }
  // The log has no more than it gave.
  lane.more = 0;
}

function inLog({ seq, peer, at }: Sent): Owed {
  return { seq, peer, at, body: null, answer: null };
}

/** All that is owed, also what is in the log alone; `shift` takes what is in memory off the lane. */
export function takeAll(lane: Lane, log: Log, shift: () => Owed[]): Owed[] {
  const all: Owed[] = [];
  do {
    for (const owed of shift()) all.push(owed);
    refill(lane, log);
  } while (lane.owed.length > 0);
  return all;
}
