// The summary of the peers in the row of the mailbox, so that a wake need not read all of their rows: it names the
// peers that may have a new mark, a due receipt, or one of the latest conversations. It is written at a checkpoint.
// Later changes are in the tail of the log, or their peers are named one by one. Where code that does not know the
// summary writes a row of a peer, a trigger removes it.
import type { Sql } from "../../../durable/log/sql.ts";
import { hasDueReceipts, type Peer } from "./peer.ts";
import type { PeerRow } from "./peer-codec.ts";
import type { Pair, SkippedRanges } from "./skipped-ranges.ts";

/** Latest conversations that are named. */
const LISTED = 200;
/** Names at most: with more there is no summary. Answers: a row of the mailbox that is long to read and write. */
const MAX_NAMES = 1_000;
/**
 * Peers that are named one by one between two checkpoints, a row each; with more there is no summary until the next
 * checkpoint.
 */
const MAX_ADDED = 16;

/**
 * As the row has it. A peer that is not named has no mark above `marked`, no entry above `above`, and no due receipt.
 */
interface Stored {
  /** The checkpoint with which it was written. Code that does not know the summary moves the checkpoint alone. */
  readonly checkpoint: number;
  readonly marked: number;
  readonly above: number;
  readonly names: readonly string[];
  /** The newest skipped ranges; those below `from` are in the rows of the peers alone. */
  readonly jumps: readonly Pair[];
  readonly from: number;
}

export class PeerSummary {
  /** Every peer that may have a newer mark or entry than `marked` and `above`, or a due receipt. */
  readonly names = new Set<string>();
  /** The other peers have no mark above `marked` and no entry above `above`; 0 where all peers are named. */
  marked = 0;
  above = 0;
  /** Whether the tables have columns for it. */
  exists = true;
  readonly #sql: Sql;
  readonly #skipped: SkippedRanges;
  /** The tail of the log begins after it. */
  #checkpoint = 0;
  /** The names in the row, and the highest mark of the other peers; null where the row has no summary. */
  #written: { readonly names: Set<string>; readonly marked: number } | null = null;
  #added = 0;
  #isDue = false;

  constructor(sql: Sql, skipped: SkippedRanges) {
    this.#sql = sql;
    this.#skipped = skipped;
  }

  /** The text for a mailbox that begins, which has no peers. */
  begin(checkpoint: number): string {
    this.#checkpoint = checkpoint;
    return this.#text([]);
  }

  /** Reads the rows that a wake needs. `text`: as the row of the mailbox has it; undefined where there is no column. */
  load(text: string | null | undefined, checkpoint: number): readonly PeerRow[] {
    this.exists = text !== undefined;
    this.#checkpoint = checkpoint;
    const rows = typeof text === "string" ? this.#read(JSON.parse(text) as Stored | null) : this.#scan();
    for (const { name } of rows) this.names.add(name);
    return rows;
  }

  /** Whether a wake reads the row of this peer: the tail of the log has an entry of it, or it is named. */
  isReadByWake({ name, lastSeq }: Peer): boolean {
    return this.#written === null || lastSeq > this.#checkpoint || this.#written.names.has(name);
  }

  /** A row is written: sees to it that a wake reads it, if it has to. */
  onRowWritten(peer: Peer): void {
    if (this.#written === null || this.isReadByWake(peer)) return;
    if (peer.markSeq <= this.#written.marked && !hasDueReceipts(peer)) return;
    this.#added++;
    this.#written.names.add(peer.name);
    this.#isDue = true;
  }

  /**
   * An entry of this peer was removed from the tail of the log, which named the peer: now the summary does, also for
   * code that does not know what is in the place of the entry.
   */
  entryRemoved({ name }: Peer): void {
    if (this.#written === null || this.#written.names.has(name)) return;
    this.#added++;
    this.#written.names.add(name);
    this.#isDue = true;
  }

  /** Whether the summary has to be written with this commit. */
  get isDue(): boolean {
    return this.#isDue && this.exists;
  }

  /** Writes the summary, and the checkpoint with it if there is a new one. */
  write(peers: readonly Peer[], checkpoint: number | null = null): void {
    if (checkpoint === null) {
      const text = this.#added > MAX_ADDED ? this.#drop() : this.#text(peers, this.#written?.names);
      this.#sql.run("UPDATE mailbox SET summary = ?", text);
    } else {
      this.#checkpoint = checkpoint;
      this.#added = 0;
      this.#sql.run("UPDATE mailbox SET checkpoint = ?, summary = ?", checkpoint, this.#text(peers));
    }
    this.#isDue = false;
  }

  /** `more`: names beside those that are necessary. */
  #text(peers: readonly Peer[], more: Iterable<string> = []): string {
    const exchanged = peers.filter(({ lastSeq }) => lastSeq > 0).toSorted((a, b) => b.lastSeq - a.lastSeq);
    const top = exchanged.slice(0, LISTED);
    const names = new Set([...[...top, ...peers.filter(hasDueReceipts)].map(({ name }) => name), ...more]);
    let { marked } = this;
    for (const { markSeq } of peers) marked = Math.max(marked, markSeq);
    const above = exchanged.length > LISTED ? (top.at(-1)?.lastSeq ?? 0) : this.above;
    this.#written = { names, marked };
    if (names.size > MAX_NAMES) return this.#drop();
    const checkpoint = this.#checkpoint;
    return JSON.stringify({ checkpoint, marked, above, names: [...names], ...this.#skipped.newest() } satisfies Stored);
  }

  /** The JSON text of no summary. */
  #drop(): string {
    this.#written = null;
    return "null";
  }

  #read(stored: Stored | null): readonly PeerRow[] {
    if (stored === null || stored.checkpoint < this.#checkpoint) return this.#scan();
    this.marked = stored.marked;
    this.above = stored.above;
    this.#skipped.learnFromSummary(stored.jumps, stored.from);
    this.#written = { names: new Set(stored.names), marked: stored.marked };
    const query = "SELECT * FROM peer WHERE name IN (SELECT value FROM json_each(?))";
    return this.#sql.rows<PeerRow>(query, JSON.stringify(stored.names));
  }

  /** Without a summary the whole table has to be read. The next commit writes one, so that the next wake need not. */
  #scan(): readonly PeerRow[] {
    const top = this.#sql.rows<PeerRow>("SELECT * FROM peer WHERE last > 0 ORDER BY last DESC LIMIT ?", LISTED);
    const due = this.#sql.rows<PeerRow>("SELECT * FROM peer WHERE owesDelivered > 0 OR owesRead > 0");
    this.marked = this.#sql.row<{ mark: number | null }>("SELECT max(mark) AS mark FROM peer")?.mark ?? 0;
    this.above = top.length < LISTED ? 0 : (top.at(-1)?.last ?? 0);
    this.#isDue = top.length === LISTED;
    return [...new Map([...top, ...due].map((row) => [row.name, row])).values()];
  }
}
