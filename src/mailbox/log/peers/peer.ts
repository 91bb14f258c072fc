// One peer: numbers that only grow within an epoch of the peer.
import { SeqRanges } from "../../../durable/log/seq-ranges.ts";

/** Watermarks of a conversation, in the own numbering: the highest seq of each. They only grow. */
export interface Marks {
  /** The mailbox of the peer stored it. */
  stored: number;
  /** It was delivered to a device of the peer. */
  delivered: number;
  /** The peer has read it. */
  read: number;
  /** The user has read it. */
  readByMe: number;
}

/** Another user with whom messages are exchanged. */
export interface Peer extends Marks {
  readonly name: string;
  /** The epoch of the peer that the numbers refer to; null before the first exchange. */
  epoch: string | null;
  /** The own head when this epoch was first seen; 0 for the first one. Earlier entries are not sent to this epoch. */
  epochStart: number;
  /**
   * The highest origin that was accepted. The row has it as of the checkpoint; later ones are read from the tail of the
   * log.
   */
  lastOrigin: number;
  /** The highest origin that was refused: a repeated origin above it needs no look into the log. */
  lastRefusedOrigin: number;
  /** The highest own seq that the peer stored in its present epoch. */
  storedUpTo: number;
  /** Messages of the peer that the user has not read. */
  unread: number;
  /** The seq of the last change of a mark. */
  markSeq: number;
  /** Receipts that may still have to be sent to the peer, in the numbering of the peer; 0 for none. */
  dueDelivered: number;
  dueRead: number;
  /** The seq of the newest entry of the conversation; 0 for none. */
  lastSeq: number;
  /** The seqs of the newest entries of the conversation, which are in no row of the table `page` yet. */
  recentSeqs: SeqRanges;
}

export function freshPeer(name: string): Peer {
  return {
    name,
    epoch: null,
    epochStart: 0,
    lastOrigin: 0,
    lastRefusedOrigin: 0,
    storedUpTo: 0,
    stored: 0,
    delivered: 0,
    read: 0,
    readByMe: 0,
    unread: 0,
    markSeq: 0,
    dueDelivered: 0,
    dueRead: 0,
    lastSeq: 0,
    recentSeqs: new SeqRanges(),
  };
}

/**
 * The peer has another epoch than before: nothing is known of it, and entries up to the own head `began` are not for
 * it.
 */
export function beginEpoch(peer: Peer, epoch: string, began: number): void {
  peer.epoch = epoch;
  peer.epochStart = began;
  peer.lastOrigin = 0;
  peer.lastRefusedOrigin = 0;
  peer.storedUpTo = 0;
  peer.dueDelivered = 0;
  peer.dueRead = 0;
}

/** Up to this seq every message to the peer was stored in its present epoch, or is not meant for it. */
export function settledUpTo({ storedUpTo, epochStart }: Peer): number {
  return Math.max(storedUpTo, epochStart);
}

/** Whether receipts may still have to be sent to the peer. */
export function hasDueReceipts({ dueDelivered, dueRead }: Peer): boolean {
  return dueDelivered > 0 || dueRead > 0;
}
