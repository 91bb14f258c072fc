// What a receiver's reply says of the entries that its delivery carried, and of the receiver's row. To be done in a group, or aside.
import { countStored } from "../../protocol/counters.ts";
import type { Reply } from "../../protocol/envelope.ts";
import type { MessageRefusalCode } from "../../protocol/message-refusals.ts";
import type { PeerQueue, UnsettledMessage } from "./peer-queue.ts";
import type { Log } from "../log/log.ts";
import { type Peer, reachedBy } from "../log/peers/peer.ts";
import { requeueAfter } from "./refill-queue.ts";

/** The receiver has these, but for those that it finally refused. */
export function applyStored(log: Log, peer: Peer, settled: readonly UnsettledMessage[], reply: Reply): void {
  // A first exchange is written now, and its mark in the same row.
  const first = peer.epoch === null;
  if (first) {
    peer.epoch = reply.epoch;
    log.peers.changed(peer);
  }
  const refused = new Map(reply.refused.map(({ origin, code }) => [origin, code]));
  const now = Date.now();
  let stored = 0;
  for (const owed of settled) {
    const code = refused.get(owed.seq);
    if (code === undefined) {
      stored = owed.seq;
      countStored(now - owed.at);
      owed.answer?.("stored");
    } else failMessage(log, owed, code);
  }
  const further = stored > peer.stored;
  if (stored > peer.reached && !further) log.peers.changed(peer);
  peer.reached = Math.max(peer.reached, stored);
  if (!further) return;
  peer.stored = stored;
  if (first) log.peers.mark(peer);
  else log.peers.changed(peer, "soon");
}

/**
 * The receiver has less than it confirmed: it was set back. What it lost is sent again. Returns what was in memory and is in the log alone
 * from now on.
 */
export function resendLost(log: Log, lane: PeerQueue, peer: Peer, high: number): UnsettledMessage[] {
  peer.reached = high;
  log.peers.changed(peer);
  // A wake in the middle of it has to find again what is owed from here on.
  log.reopen(reachedBy(peer));
  return requeueAfter(lane, log, reachedBy(peer));
}

/** The receiver, or that there is none, is the end of this entry. */
export function failMessage(log: Log, owed: UnsettledMessage, code: MessageRefusalCode): void {
  log.fail(owed, code);
  // Accepted it was; that it failed is an entry, which every device sees.
  owed.answer?.("queued");
  owed.answer = null;
}
