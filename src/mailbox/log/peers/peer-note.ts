// The fields of a peer that change without an entry, in short: as a note of a run, and in the attachments of sockets.
// Field names are those of the columns. It knows no row and no socket.
import type { Peer } from "./peer.ts";
import { SeqRanges } from "../../../durable/log/seq-ranges.ts";

/** Numbers that are 0 are left out. */
export interface PeerNote {
  readonly name: string;
  /** The epoch of the peer that the numbers refer to. */
  readonly epoch: string | null;
  readonly mark?: number;
  readonly reached?: number;
  readonly stored?: number;
  readonly delivered?: number;
  readonly read?: number;
  readonly mine?: number;
  readonly unread?: number;
  readonly owesDelivered?: number;
  readonly owesRead?: number;
  /** Entries up to this seq are in rows of `page`. */
  readonly page?: number;
}

/** `isPaged`: its newest entries have just become a row of `page`. */
export function noteOf(peer: Peer, isPaged = false): PeerNote {
  const numbers = {
    mark: peer.markSeq,
    reached: peer.storedUpTo,
    stored: peer.stored,
    delivered: peer.delivered,
    read: peer.read,
    mine: peer.readByMe,
    unread: peer.unread,
    owesDelivered: peer.dueDelivered,
    owesRead: peer.dueRead,
    page: isPaged ? peer.lastSeq : 0,
  };
  const given = Object.entries(numbers).filter(([, number]) => number !== 0);
  return { name: peer.name, epoch: peer.epoch, ...Object.fromEntries(given) };
}

/** Applies the note of a run, when the peer has every entry up to the end of it. A newer row has all of it. */
export function applyNote(peer: Peer, note: PeerNote): void {
  const { epoch, mark = 0, unread = 0, owesDelivered = 0, owesRead = 0, page = 0 } = note;
  if (epoch !== peer.epoch) return;
  if (mark > peer.markSeq) {
    raiseMarks(peer, note);
    peer.markSeq = mark;
    peer.unread = unread;
    peer.dueDelivered = owesDelivered;
    peer.dueRead = owesRead;
  }
  if (page > 0 && page === peer.lastSeq) peer.recentSeqs = new SeqRanges();
}

/** Raises the marks to those of the note. */
export function raiseMarks(peer: Peer, { reached = 0, stored = 0, delivered = 0, read = 0, mine = 0 }: PeerNote): void {
  peer.storedUpTo = Math.max(peer.storedUpTo, reached);
  peer.stored = Math.max(peer.stored, stored);
  peer.delivered = Math.max(peer.delivered, delivered);
  peer.read = Math.max(peer.read, read);
  peer.readByMe = Math.max(peer.readByMe, mine);
}
