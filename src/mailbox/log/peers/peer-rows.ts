// The rows of the peers: in memory once they were needed, written once a commit, and the marks in the order of their
// change. Questions about all peers are answered from the summary where possible, and otherwise from the whole table.
//
// A mark that changes alone costs no row while the sockets can hold it (`MarkHolder`): devices are sent it without a
// seq, an early mark, and the next run takes it as a note. Then it has a seq, and is durable.
import type { Sql } from "../../../durable/log/sql.ts";
import { TailCache } from "../../../durable/log/tail-cache.ts";
import { freshPeer, hasDueReceipts, type Peer } from "./peer.ts";
import { type PeerRow, peerOf, PUT_OLD_PEER, PUT_PEER, valuesOf } from "./peer-codec.ts";
import type { EarlyMarks } from "./early-marks.ts";
import { noteOf, type PeerNote, raiseMarks } from "./peer-note.ts";
import type { PeerSummary } from "./peer-summary.ts";
import type { SkippedRanges } from "./skipped-ranges.ts";

/** Changes of marks that stay in memory for the live path. */
const CACHED_MARKS = 10_000;

/** Peers in the notes of one run. Answers: a row of any size. */
const MAX_NOTES = 64;

/**
 * When the row of a changed peer is written.
 * - commit: with this commit.
 * - soon: a mark changed; it is sent by `flushDeferred`, as `mark` does it. Written before, if anything else of the
 *   peer is.
 * - checkpoint: at the next checkpoint. Until then the change can be rebuilt from the tail of the log.
 */
type Urgency = "commit" | "soon" | "checkpoint";

export class PeerRows {
  readonly #sql: Sql;
  readonly #skipped: SkippedRanges;
  readonly #summary: PeerSummary;
  readonly #nextSeq: () => number;
  readonly #known = new Map<string, Peer>();
  /** By urgency, because a peer can have two at once, and a commit looks at its own ones only. */
  readonly #changed = { commit: new Set<Peer>(), soon: new Set<Peer>(), checkpoint: new Set<Peer>() } as const;
  readonly #marks = new TailCache<{ readonly seq: number; readonly peer: Peer }>(CACHED_MARKS, () => 1);
  /** Peers whose newest entries have just become a row of `page`. */
  readonly #paged = new Set<Peer>();
  readonly early: EarlyMarks;

  constructor(sql: Sql, skipped: SkippedRanges, summary: PeerSummary, nextSeq: () => number, early: EarlyMarks) {
    this.#sql = sql;
    this.#skipped = skipped;
    this.#summary = summary;
    this.#nextSeq = nextSeq;
    this.early = early;
  }

  /** Every mark that changes from now on gets a seq above `head`. */
  startAt(head: number): void {
    this.#marks.startAt(head);
  }

  /** Reads the rows that a wake needs. `summary`: as the row of the mailbox has it. */
  load(summary: string | null | undefined, checkpoint: number): void {
    for (const row of this.#summary.load(summary, checkpoint)) this.#learn(row);
  }

  /** The highest seq of a mark, as far as a wake can know it: complete once the tail of the log was read. */
  get marked(): number {
    let { marked } = this.#summary;
    for (const { markSeq } of this.named) marked = Math.max(marked, markSeq);
    return marked;
  }

  /** The peer of this name; a fresh one where there is no row. */
  get(name: string): Peer {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const row = this.#sql.row<PeerRow>("SELECT * FROM peer WHERE name = ?", name);
    if (row !== undefined) return this.#learn(row);
    const peer = freshPeer(name);
    this.#known.set(name, peer);
    return peer;
  }

  /** Whether anything was ever exchanged with this peer. Does not remember the names of strangers. */
  has(name: string): boolean {
    const known = this.#known.get(name);
    if (known !== undefined) return known.lastSeq > 0;
    return (this.#sql.row<PeerRow>("SELECT last FROM peer WHERE name = ?", name)?.last ?? 0) > 0;
  }

  /** Has the row of a peer written that the caller changed. */
  changed(peer: Peer, urgency: Urgency = "commit"): void {
    this.#summary.names.add(peer.name);
    this.#changed[urgency].add(peer);
  }

  /** Entries of this peer were removed: a wake does not find them, so the row of the peer has to be up to date. */
  entriesRemoved(peer: Peer): void {
    this.#summary.entryRemoved(peer);
    this.changed(peer);
  }

  /** A mark of this peer changed: devices are sent it, as an early mark if possible, and otherwise with a row. */
  mark(peer: Peer): void {
    if (!this.early.takes(peer)) return this.markNow(peer);
    this.#summary.names.add(peer.name);
    this.#changed.soon.delete(peer);
    this.early.add(peer);
  }

  /** The same, with a row in any case. */
  markNow(peer: Peer): void {
    this.#number(peer);
    this.changed(peer);
  }

  /** The rows of pages hold the newest entries of this peer now: the open run, or the row of the peer, says so. */
  paged(peer: Peer, hasOpenRun: boolean): void {
    if (hasOpenRun && this.#paged.size < MAX_NOTES) this.#paged.add(peer);
    else this.changed(peer);
  }

  /** The peers that the last run of this commit takes as notes. From now on their marks have seqs. */
  takeNotes(): PeerNote[] {
    const { commit, checkpoint } = this.#changed;
    // A mark that is not sent yet stays so: in a burst, several of them become one.
    const noted = new Set([...this.early.peers, ...this.#paged].filter((peer) => !commit.has(peer)));
    const notes = Array.from(noted, (peer) => {
      if (this.early.has(peer)) this.#number(peer);
      this.#summary.names.add(peer.name);
      checkpoint.add(peer);
      return noteOf(peer, this.#paged.has(peer));
    });
    this.#paged.clear();
    return notes;
  }

  /** The mark gets a seq, and with it is part of the log. */
  #number(peer: Peer): void {
    this.#changed.soon.delete(peer);
    this.early.delete(peer);
    peer.markSeq = this.#nextSeq();
    this.#marks.push({ seq: peer.markSeq, peer });
  }

  /**
   * Writes the rows of all early marks: no socket holds them any more, or somebody reads the log who takes none. With
   * `position` only those of peers with a mark above it: a reader who is there is about to be sent that mark with its
   * seq, at the present values.
   */
  writeEarly(position = -1): void {
    for (const peer of this.early.peers) if (peer.markSeq > position) this.markNow(peer);
  }

  /** Takes back the early marks that an earlier instance sent. `unreadOf`: how many messages lie after the mark. */
  restoreEarly(unreadOf: (peer: Peer) => number): void {
    for (const note of this.early.restored) {
      const peer = this.get(note.name);
      if (peer.epoch !== note.epoch) continue;
      const { readByMe } = peer;
      raiseMarks(peer, note);
      if (peer.readByMe > readByMe && peer.unread > 0) peer.unread = unreadOf(peer);
      peer.dueDelivered = Math.max(peer.dueDelivered, note.owesDelivered ?? 0);
      peer.dueRead = Math.max(peer.dueRead, note.owesRead ?? 0);
      this.#summary.names.add(peer.name);
      this.early.restore(peer);
    }
  }

  /** The tail of the log has an entry of this peer. */
  foundInTail({ name }: Peer): void {
    this.#summary.names.add(name);
  }

  /** Whether a row is to be written before the next checkpoint. */
  get hasDeferred(): boolean {
    return this.#changed.commit.size + this.#changed.soon.size > 0;
  }

  /** Has all changed marks sent. */
  flushDeferred(): void {
    for (const peer of this.#changed.soon) this.mark(peer);
  }

  /** Has all deferred rows written: after `checkpoint` a wake does not read the entries before it any more. */
  checkpoint(checkpoint: number): void {
    this.flushDeferred();
    this.writeEarly();
    for (const peer of this.#changed.checkpoint) this.changed(peer);
    this.#summary.write(this.named, checkpoint);
  }

  /** The peers whose marks changed after `seq`, in the order of the change. */
  marksAfter(seq: number): Iterable<Peer> {
    const cached = this.#marks.after(seq);
    if (cached !== null) return cached.filter((change) => change.peer.markSeq === change.seq).map(({ peer }) => peer);
    const after = (peers: Iterable<Peer>) =>
      [...peers].filter(({ markSeq }) => markSeq > seq).toSorted((a, b) => a.markSeq - b.markSeq);
    if (seq < this.#summary.marked) {
      const inTable = this.#query("SELECT name FROM peer WHERE mark > ?", seq);
      return after(new Set([...inTable, ...this.#changed.checkpoint]));
    }
    this.#writeDeferred();
    return after(this.named);
  }

  /** The seqs of marks after `seq`, up to `last`, in order. It writes no row, as a question to the table does. */
  markSeqsBetween(seq: number, last: number): number[] {
    const isBetween = (mark: number) => mark > seq && mark <= last;
    const cached = this.#marks.after(seq);
    if (cached !== null)
      return cached
        .filter((change) => isBetween(change.seq) && change.peer.markSeq === change.seq)
        .map(({ seq: at }) => at);
    // What is in memory may be newer than its row.
    const inMemory = (peers: Iterable<Peer>) => Array.from(peers, ({ markSeq }) => markSeq).filter(isBetween);
    // After a wake each of them is of a named peer: no ack in the middle of a part scans the table.
    if (seq >= this.#summary.marked) return inMemory(this.named).toSorted((a, b) => a - b);
    const rows = this.#sql.rows<{ name: string; mark: number }>(
      "SELECT name, mark FROM peer WHERE mark > ? AND mark <= ?",
      seq,
      last,
    );
    const stored = rows.filter(({ name }) => !this.#known.has(name)).map(({ mark }) => mark);
    return [...stored, ...inMemory(this.#known.values())].toSorted((a, b) => a - b);
  }

  /** The peers to whom receipts may still have to be sent, after a wake. */
  withDueReceipts(): Peer[] {
    return this.named.filter(hasDueReceipts);
  }

  /**
   * The peers of the newest conversations, the newest first: at most `limit`, with their newest entry before `before`.
   */
  latest(limit: number, before: number): Peer[] {
    const newest = (peers: readonly Peer[]) =>
      peers
        .filter(({ lastSeq }) => lastSeq > 0 && lastSeq < before)
        .toSorted((x, y) => y.lastSeq - x.lastSeq)
        .slice(0, limit);
    this.#writeDeferred();
    const { above } = this.#summary;
    const named = newest(this.named);
    if (above === 0 || (named.length === limit && (named.at(-1)?.lastSeq ?? 0) >= above)) return named;
    const query = "SELECT name FROM peer WHERE last > 0 AND last < ?2 ORDER BY last DESC LIMIT ?1";
    // Deferred rows are too low in the table, or not there at all.
    const deferred = this.#changed.checkpoint;
    return newest([...new Set([...this.#query(query, limit + deferred.size, before), ...deferred])]);
  }

  /** Writes the rows that this commit has to write. */
  flush(): void {
    this.#write();
  }

  #write(): void {
    const { commit, soon, checkpoint } = this.#changed;
    if (commit.size === 0) return;
    for (const peer of [...soon, ...this.early.peers]) if (commit.has(peer)) this.#number(peer);
    for (const peer of commit) {
      this.#writeRow(peer);
      checkpoint.delete(peer);
    }
    commit.clear();
    if (this.#summary.isDue) this.#summary.write(this.named);
  }

  #writeRow(peer: Peer): void {
    const put = this.#summary.exists ? PUT_PEER : PUT_OLD_PEER;
    const values = valuesOf(peer);
    this.#summary.onRowWritten(peer);
    // A skipped range is only useful in a row that a wake reads.
    const ranges = this.#summary.isReadByWake(peer) ? this.#skipped.takeUnsaved(peer.name) : null;
    if (ranges === null) this.#sql.run(put.plain, ...values);
    else this.#sql.run(put.withRanges, ...values, ranges);
  }

  #learn(row: PeerRow): Peer {
    this.#skipped.learnFromRow(row.jumps);
    const peer = peerOf(row);
    this.#known.set(row.name, peer);
    return peer;
  }

  /** The peers that a wake knows, and those that were needed since. */
  get named(): Peer[] {
    return Array.from(this.#summary.names, (name) => this.get(name));
  }

  /** A mark is written before a device or a peer is sent it. */
  #writeDeferred(): void {
    if (!this.early.isPossible) this.flushDeferred();
    this.#write();
  }

  /** Writes changed rows first, so that the table has everything that is known but for deferred rows. */
  #query(query: string, ...bindings: number[]): Peer[] {
    this.#writeDeferred();
    return this.#sql.rows<{ name: string }>(query, ...bindings).map(({ name }) => this.get(name));
  }
}
