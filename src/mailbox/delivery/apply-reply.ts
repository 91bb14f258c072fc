// What a receiver's reply changes: the messages that the delivery carried, and the receiver's row. It knows neither
// calls nor retries. To be done in a group commit, or without one where `isAllStored`.
import type { UnsettledMessage } from "../../durable/delivery/receiver-queue.ts";
import { countStored } from "../../protocol/counters.ts";
import type { Reply } from "../../protocol/envelope.ts";
import type { CodeIn } from "../../protocol/refusals.ts";
import type { Log } from "../log/log.ts";
import type { Entry } from "../../durable/log/entry.ts";
import { beginEpoch, type Peer, settledUpTo } from "../log/peers/peer.ts";
import type { ReceiptMarks } from "./due-receipts.ts";
import { applyReceipts } from "./apply-receipts.ts";
import type { PeerQueue } from "./peer-queue.ts";
import { requeueAfter, takeAll } from "./refill-queue.ts";

/** What a delivery carried: messages up to the seq `last`, 0 for none, and receipts. */
export interface Carried {
  readonly last: number;
  /** Whether the receiver was asked to compare the messages with its log. */
  readonly compared: boolean;
  /** Whether it had no messages because the receiver had not said that it knows relations. */
  readonly isProbe: boolean;
  readonly receipts: ReceiptMarks;
}

/** Adds an entry to the outbox; `answer` answers its sender. */
type Add = (entry: Entry, answer: UnsettledMessage["answer"]) => void;

/**
 * Whether the receiver that is known stored everything: the common case, which writes nothing at once. A receiver with
 * higher numbers than `head` is asked to compare, unless it has done so.
 */
export function isAllStored(reply: Reply, peer: Peer, head: number): boolean {
  const { verdict, refused, receipts, missing = 0, high } = reply;
  const isStored = verdict === "taken" && refused.length === 0 && receipts === undefined && missing === 0;
  return isStored && reply.epoch === peer.epoch && (high <= head || reply.missing === 0);
}

/** Settles what the reply decides. Not for the verdict `other`, which `adoptEpoch` is for. */
export function applyReply(log: Log, queue: PeerQueue, carried: Carried, reply: Reply, add: Add): void {
  const { last, receipts } = carried;
  const peer = log.peers.get(queue.to);
  const isNobody = reply.verdict === "nobody";
  // A reply of an epoch that has ended meanwhile: what was sent to it has failed already.
  if (!isNobody && peer.epoch !== null && peer.epoch !== reply.epoch) return;
  if (queue.receipts.markSent(peer, receipts)) log.peers.changed(peer);
  else log.peers.early.update(peer);
  if (isNobody) failMessages(log, queue, queue.shift(last), "unknown_receiver");
  else if (reply.verdict === "behind") resendLost(log, queue, peer, reply.high);
  else if (reply.high > log.head && !queue.wasRenumbered && !carried.compared) queue.comparesUpTo = log.head;
  else {
    const missing = queue.wasRenumbered ? 0 : firstMissing(reply, log.head);
    applyStored(log, queue, peer, queue.shift(missing > 0 ? missing - 1 : last), reply);
    if (missing > 0) renumber(log, queue, reply.high, add);
  }
  if (reply.receipts !== undefined) applyReceipts(log, peer, reply.receipts);
}

/**
 * The peer has another epoch than before: it is another mailbox. What was sent to the earlier one fails, and nothing is
 * sent again.
 */
export function adoptEpoch(log: Log, peer: Peer, epoch: string, queue: PeerQueue | undefined): void {
  const isFirst = peer.epoch === null;
  if (!isFirst && queue !== undefined) {
    failMessages(log, queue, takeAll(queue, log), "unknown_receiver");
    queue.receipts.discard();
  }
  beginEpoch(peer, epoch, isFirst ? 0 : log.head);
  log.peers.changed(peer);
}

/** The receiver has these messages, except those that it finally refused. */
function applyStored(log: Log, queue: PeerQueue, peer: Peer, messages: UnsettledMessage[], reply: Reply): void {
  // The first exchange is written now, with its mark in the same row.
  const isFirst = peer.epoch === null;
  if (isFirst) {
    peer.epoch = reply.epoch;
    log.peers.changed(peer);
  }
  const stored = settleEach(log, queue, messages, reply);
  const isHigher = stored > peer.stored;
  if (stored > peer.storedUpTo && !isHigher) log.peers.changed(peer);
  peer.storedUpTo = Math.max(peer.storedUpTo, stored);
  if (!isHigher) return;
  peer.stored = stored;
  if (isFirst) log.peers.mark(peer);
  else log.peers.changed(peer, "soon");
}

/** The highest seq that was stored; 0 for none. */
function settleEach(log: Log, queue: PeerQueue, messages: readonly UnsettledMessage[], reply: Reply): number {
  const refused = new Map(reply.refused.map(({ origin, code }) => [origin, code]));
  const now = Date.now();
  let stored = 0;
  for (const message of messages) {
    const code = refused.get(message.seq);
    if (code === undefined) {
      stored = message.seq;
      countStored(now - message.at);
      message.answer?.("stored");
    } else failMessage(log, queue.to, message, code);
  }
  return stored;
}

/** The receiver has less than it confirmed: it was restored. What it lost is sent again. */
function resendLost(log: Log, queue: PeerQueue, peer: Peer, high: number): void {
  peer.storedUpTo = high;
  log.peers.changed(peer);
  // A wake in the middle of it has to find again what is unsettled from here on.
  log.reopen(settledUpTo(peer));
  requeueAfter(queue, log, settledUpTo(peer));
}

/** The seq of the first message that the receiver has dropped without having it; 0 for none. */
function firstMissing({ missing, high }: Reply, head: number): number {
  if (missing !== undefined) return missing;
  // Older code does not compare. Higher numbers than were ever given cover every message.
  return high > head ? 1 : 0;
}

/**
 * The receiver has higher numbers than those of messages that it does not have: this mailbox was restored, and its
 * clock is behind. The messages in the queue were dropped there.
 */
function renumber(log: Log, queue: PeerQueue, high: number, add: Add): void {
  queue.wasRenumbered = true;
  log.raise(high);
  for (const { seq, answer } of takeAll(queue, log)) {
    const entry = log.entries.get(seq);
    if (entry !== null) add(log.append({ ...entry, device: null, id: null }), answer);
  }
}

function failMessages(log: Log, { to }: PeerQueue, messages: UnsettledMessage[], code: CodeIn<"failed">): void {
  for (const message of messages) failMessage(log, to, message, code);
}

/** The message is finally refused. */
function failMessage(log: Log, to: string, message: UnsettledMessage, code: CodeIn<"failed">): void {
  log.fail({ seq: message.seq, peer: to, at: message.at }, code);
  // It was accepted; its failure is an entry of its own, which every device is sent.
  message.answer?.("queued");
  message.answer = null;
}
