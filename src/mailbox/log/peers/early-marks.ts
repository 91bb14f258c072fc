// Marks that devices are sent before they have a seq. Such a mark costs no row: the sockets of these devices hold it
// over hibernation, and the next run of the log takes it as a note. Then it has a seq, and is durable. If the sockets
// end before that, a wake asks the peer again, and devices say again what the user has read.
import type { Peer } from "./peer.ts";
import { noteOf, type PeerNote } from "./peer-note.ts";

/** Peers with an early mark. Answers: an attachment that grows with the number of conversations. */
export const MAX_EARLY = 12;

/** Holds early marks over hibernation: the sockets of the devices that were sent them. */
export interface MarkHolder {
  /** Whether all devices that are sent marks understand early ones, and one of them has a socket. */
  readonly canHold: boolean;
  /** Those that an earlier instance left. */
  readonly restored: readonly PeerNote[];
  /** Whether a socket that holds them was open at this time, ms since 1970. */
  wasOpenAt(time: number): boolean;
}

export const NO_HOLDER: MarkHolder = { canHold: false, restored: [], wasOpenAt: () => false };

export class EarlyMarks {
  readonly #holder: MarkHolder;
  readonly #lastSeen: () => number;
  /** When the newest run was written, ms since 1970, if early marks were possible; 0 if not. */
  notedAt = 0;
  /** The peers whose latest marks a crash may have lost, and who have not replied since. */
  readonly lost = new Set<string>();
  /** By peer the version in which it last changed; 0: an earlier instance has sent it. */
  readonly #changed = new Map<Peer, number>();
  #version = 0;
  #notes: readonly PeerNote[] = [];

  /** `lastSeen`: when the last connection ended, ms since 1970. */
  constructor(holder: MarkHolder, lastSeen: () => number) {
    this.#holder = holder;
    this.#lastSeen = lastSeen;
  }

  /** A run is written. Returns the time for its notes; 0 for none. While marks are lost, that shows it as before. */
  noteRun(now: number): number {
    if (this.lost.size === 0) this.notedAt = this.#holder.canHold ? now : 0;
    return this.notedAt;
  }

  /** Whether an instance ended with its sockets since the newest run, and may have lost early marks. */
  get hasLost(): boolean {
    return this.isNoted && !this.#holder.wasOpenAt(this.notedAt);
  }

  /**
   * Whether the log shows that there may be early marks: no connection has ended since the newest run. Without it a
   * wake would not ask for those that a crash has lost, so none are sent.
   */
  get isNoted(): boolean {
    return this.notedAt > this.#lastSeen();
  }

  /** Whether a mark of this peer may be sent before it has a seq. */
  takes(peer: Peer): boolean {
    return this.isPossible && (this.#changed.has(peer) || this.#changed.size < MAX_EARLY);
  }

  get isPossible(): boolean {
    return this.#holder.canHold && this.isNoted;
  }

  get restored(): readonly PeerNote[] {
    return this.#holder.restored;
  }

  /** Rises with every early mark. */
  get version(): number {
    return this.#version;
  }

  /** What a holder holds: another list whenever something of it has changed. */
  get notes(): readonly PeerNote[] {
    return this.#notes;
  }

  /** The peers with an early mark. */
  get peers(): Iterable<Peer> {
    return this.#changed.keys();
  }

  has(peer: Peer): boolean {
    return this.#changed.has(peer);
  }

  /** The peers whose early marks have changed after `version`; all of them with -1. */
  after(version: number): Peer[] {
    return [...this.#changed].flatMap(([peer, changed]) => (changed > version ? [peer] : []));
  }

  add(peer: Peer): void {
    this.#changed.set(peer, ++this.#version);
    this.#write();
  }

  /** One that an earlier instance has sent. */
  restore(peer: Peer): void {
    this.#changed.set(peer, 0);
    this.#write();
  }

  /** The mark has a seq now. */
  delete(peer: Peer): void {
    if (this.#changed.delete(peer)) this.#write();
  }

  /** What the note says beside the mark has changed: a receipt is no longer due. */
  update(peer: Peer): void {
    if (this.#changed.has(peer)) this.#write();
  }

  #write(): void {
    this.#notes = Array.from(this.#changed.keys(), (peer) => noteOf(peer));
  }
}
