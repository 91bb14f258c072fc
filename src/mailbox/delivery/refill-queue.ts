// A peer's queue and the log: the first unsettled messages are in memory, and the rest is read when these are settled.
import type { BodiesInMemory } from "../../durable/delivery/bodies-in-memory.ts";
import type { UnsettledMessage } from "../../durable/delivery/receiver-queue.ts";
import type { Log } from "../log/log.ts";
import { UNSETTLED_IN_MEMORY } from "../log/recover.ts";
import type { SentEntry } from "../../durable/log/entry.ts";
import { PeerQueue } from "./peer-queue.ts";

/** The queues that an earlier instance left, with their due receipts. */
export function restoreQueues(log: Log, bodies: BodiesInMemory): Iterable<PeerQueue> {
  const queues = new Map<string, PeerQueue>();
  for (const [to, { sent, more }] of log.takeUnsettled()) {
    const queue = new PeerQueue(to, bodies);
    queues.set(to, queue);
    for (const each of sent) queue.push(inLog(each));
    queue.onDiskOnly = more;
    queue.comparesUpTo = log.head;
  }
  for (const peer of log.row === null ? [] : log.peers.withDueReceipts()) {
    const queue = queues.get(peer.name) ?? new PeerQueue(peer.name, bodies);
    queues.set(peer.name, queue);
    queue.receipts.restore(peer);
  }
  for (const to of log.peers.early.lost) {
    const queue = queues.get(to) ?? new PeerQueue(to, bodies);
    queues.set(to, queue);
    queue.asksSince = log.peers.early.notedAt;
  }
  return queues.values();
}

/** Reads on in the log where few messages are left in memory. */
export function refillQueue(queue: PeerQueue, log: Log): void {
  if (queue.onDiskOnly === 0 || queue.unsettled.length > UNSETTLED_IN_MEMORY / 2) return;
  for (const sent of log.entries.sentTo(queue.to, queue.lastInMemory)) {
    queue.push(inLog(sent));
    queue.onDiskOnly--;
    if (queue.unsettled.length >= UNSETTLED_IN_MEMORY) return;
  }
  // The log has no more, even if the count was higher.
  queue.onDiskOnly = 0;
}

/** Everything after `seq` is unsettled again, also what was settled before. */
export function requeueAfter(queue: PeerQueue, log: Log, seq: number): void {
  const known = new Map(queue.unsettled.map((message) => [message.seq, message]));
  const evicted: UnsettledMessage[] = [];
  queue.unsettled = [];
  queue.onDiskOnly = 0;
  for (const sent of log.entries.sentTo(queue.to, seq)) {
    const message = known.get(sent.seq);
    if (queue.unsettled.length < UNSETTLED_IN_MEMORY) queue.push(message ?? inLog(sent));
    else {
      queue.onDiskOnly++;
      message?.answer?.("queued");
      if (message !== undefined) evicted.push(message);
    }
  }
  queue.bodies.release(evicted);
}

/** Removes all unsettled messages, also those in the log alone, and returns them. */
export function takeAll(queue: PeerQueue, log: Log): UnsettledMessage[] {
  const all: UnsettledMessage[] = [];
  do {
    for (const message of queue.shift(Infinity)) all.push(message);
    refillQueue(queue, log);
  } while (queue.unsettled.length > 0);
  return all;
}

function inLog({ seq, at, re }: SentEntry): UnsettledMessage {
  const message = { seq, at, body: null, answer: null };
  return re === undefined ? message : { ...message, re };
}
