// A wake reads the tail of the log, which is the entries after the checkpoint: the last id of each device, unsettled
// messages, and changes that deferred rows of peers lack.
import type { Head, SentEntry } from "../../durable/log/entry.ts";
import { belongsToConversation, isUnsettledWhenNew } from "../../durable/log/kinds.ts";
import type { ConversationIndex } from "./peers/conversation-index.ts";
import { type Peer, settledUpTo } from "./peers/peer.ts";
import type { PeerRows } from "./peers/peer-rows.ts";

/** Unsettled messages to one receiver that are in memory. Answers: a receiver that is away for long. */
export const UNSETTLED_IN_MEMORY = 1_024;

/** Unsettled messages to one receiver, in order; `more` of them are in the log alone. */
export interface UnsettledTo {
  readonly sent: SentEntry[];
  more: number;
}

export interface Tail {
  readonly unsettled: ReadonlyMap<string, UnsettledTo>;
  /** The last id that was accepted from each device. */
  readonly ids: ReadonlyMap<string, number>;
  readonly entries: number;
}

/** Reads the entries after the checkpoint, oldest first, and keeps none of them. Brings the peers up to them. */
export function readTail(entries: Iterable<Head>, peers: PeerRows, conversations: ConversationIndex): Tail {
  const ids = new Map<string, number>();
  const unsettled = new Map<string, UnsettledTo>();
  const updated = new Set<Peer>();
  let count = 0;
  for (const entry of entries) {
    const { seq, kind, failed, device, id, at } = entry;
    count++;
    if (device !== null && id !== null) ids.set(device, id);
    if (!belongsToConversation(kind)) continue;
    const peer = peers.get(entry.peer);
    peers.foundInTail(peer);
    if (seq > peer.lastSeq) {
      if (!updated.has(peer)) conversations.dropPagesAfter(peer);
      updated.add(peer);
      conversations.add(peer, seq);
      addReceived(peer, entry.origin);
      peers.changed(peer, "checkpoint");
    }
    if (isUnsettledWhenNew(kind) && failed === null && seq > settledUpTo(peer))
      addUnsettled(unsettled, { seq, peer: peer.name, at });
  }
  return { unsettled, ids, entries: count };
}

/** `origin`: null for an own message. */
function addReceived(peer: Peer, origin: number | null): void {
  if (origin === null) return;
  peer.lastOrigin = Math.max(peer.lastOrigin, origin);
  peer.unread++;
}

function addUnsettled(all: Map<string, UnsettledTo>, sent: SentEntry): void {
  let queue = all.get(sent.peer);
  if (queue === undefined) all.set(sent.peer, (queue = { sent: [], more: 0 }));
  if (queue.sent.length < UNSETTLED_IN_MEMORY) queue.sent.push(sent);
  else queue.more++;
}
