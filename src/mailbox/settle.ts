// What a reply says of the entries that it settles: stored, or finally refused; and the peer's row says so. It knows no lane and no call.
import { countStored } from "../protocol/counts.ts";
import type { Reply } from "../protocol/envelope.ts";
import type { FaultCode } from "../protocol/faults.ts";
import type { Owed } from "./lane.ts";
import type { Log } from "./log/log.ts";
import type { Peer } from "./log/schema.ts";

/** These were taken by `peer`, but for those that the reply refuses: these `fail`. To be done in a group. */
export function settle(
  log: Log,
  peer: Peer,
  reply: Reply,
  settled: readonly Owed[],
  fail: (owed: Owed, code: FaultCode) => void,
): void {
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
    } else fail(owed, code);
  }
  const further = stored > peer.stored;
  if (stored > peer.reached && !further) log.peers.changed(peer);
  peer.reached = Math.max(peer.reached, stored);
  if (!further) return;
  peer.stored = stored;
  if (first) log.peers.mark(peer);
  else log.peers.markLate(peer);
}
