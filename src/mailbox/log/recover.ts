// A wake reads the tail of the log, which is the entries after the checkpoint and the notes of their runs: the last id
// of each device, unsettled messages, and changes that deferred rows of peers lack.
import type { Head, SentEntry } from "../../durable/log/entry.ts";
import { isShown } from "../../protocol/relation.ts";
import { belongsToConversation, isUnsettledWhenNew } from "../../durable/log/kinds.ts";
import type { ConversationIndex } from "./peers/conversation-index.ts";
import { type Peer, settledUpTo } from "./peers/peer.ts";
import { applyNote, type PeerNote } from "./peers/peer-note.ts";
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
  /** The seq of the newest message to each receiver. */
  readonly sent: ReadonlyMap<string, number>;
  readonly entries: number;
}

/** What is known of peers beside their rows. */
interface KnownOfPeers {
  /** The notes of runs, by the seq of the last entry of each run, in order. */
  readonly noted: ReadonlyMap<number, readonly PeerNote[]>;
  /** The notes that the sockets hold. */
  readonly held: readonly PeerNote[];
}

/** Reads the entries after the checkpoint, oldest first, and keeps none of them. Brings the peers up to them. */
export function readTail(
  entries: Iterable<Head>,
  { noted, held }: KnownOfPeers,
  peers: PeerRows,
  conversations: ConversationIndex,
): Tail {
  const ids = new Map<string, number>();
  const sent = new Map<string, number>();
  const unsettled = new Map<string, UnsettledTo>();
  const updated = new Set<Peer>();
  const newest = newestOf([...noted.values()].flat(), held, peers);
  let count = 0;
  for (const entry of entries) {
    const { seq, kind, failed, device, id, at, re } = entry;
    count++;
    if (device !== null && id !== null) ids.set(device, id);
    const peer = peers.get(entry.peer);
    const { reached, page } = newest.get(peer) ?? NOTHING;
    if (belongsToConversation(kind)) {
      peers.foundInTail(peer);
      if (seq > peer.lastSeq) {
        if (!updated.has(peer)) conversations.dropPagesAfter(peer, page);
        updated.add(peer);
        conversations.add(peer, seq);
        addReceived(peer, entry);
        peers.changed(peer, "checkpoint");
      }
      if (isUnsettledWhenNew(kind)) sent.set(peer.name, seq);
      if (isUnsettledWhenNew(kind) && failed === null && seq > Math.max(reached, settledUpTo(peer)))
        addUnsettled(unsettled, { seq, peer: peer.name, at, ...(re !== undefined && { re }) });
    }
    for (const note of noted.get(seq) ?? []) applyTo(peers, note);
  }
  return { unsettled, ids, sent, entries: count };
}

function applyTo(peers: PeerRows, note: PeerNote): void {
  const peer = peers.get(note.name);
  applyNote(peer, note);
  peers.changed(peer, "checkpoint");
}

const NOTHING = { reached: 0, page: 0 };

/** How far each peer will be once all notes that its row lacks are applied. */
function newestOf(noted: readonly PeerNote[], held: readonly PeerNote[], peers: PeerRows): Map<Peer, typeof NOTHING> {
  const newest = new Map<Peer, typeof NOTHING>();
  // What the sockets hold has no seq yet, so no row has it.
  const lacking = noted.filter(({ name, mark = 0 }) => mark > peers.get(name).markSeq);
  const isLacking = new Set([...lacking, ...held]);
  for (const note of [...noted, ...held]) {
    const peer = peers.get(note.name);
    if (note.epoch !== peer.epoch) continue;
    const { reached, page } = newest.get(peer) ?? NOTHING;
    newest.set(peer, {
      reached: isLacking.has(note) ? Math.max(reached, note.reached ?? 0) : reached,
      page: Math.max(page, note.page ?? 0),
    });
  }
  return newest;
}

/** An own message has no origin. */
function addReceived(peer: Peer, { origin, re }: Head): void {
  if (origin === null) return;
  peer.lastOrigin = Math.max(peer.lastOrigin, origin);
  if (isShown(re)) peer.unread++;
}

function addUnsettled(all: Map<string, UnsettledTo>, sent: SentEntry): void {
  let queue = all.get(sent.peer);
  if (queue === undefined) all.set(sent.peer, (queue = { sent: [], more: 0 }));
  if (queue.sent.length < UNSETTLED_IN_MEMORY) queue.sent.push(sent);
  else queue.more++;
}
