// What a wake has to know of the peers, kept in the row of the mailbox so that it need not read all of their rows: who may have a mark,
// a receipt on its way, or a place among the latest conversations. Written at a checkpoint; what changes after it is told by the tail of
// the log, or the peer is among those that are named. Where code that knows nothing of it wrote a peer's row, a trigger takes it away.
import type { SkippedRanges, Pair } from "./skipped-ranges.ts";
import type { Peer } from "./schema.ts";
import type { Sql } from "../../durable/log/sql.ts";

/** Latest conversations that are named. */
const LISTED = 200;
/** Names at most: with more there is no summary. Answers: a row of the mailbox that is long to read and write. */
const NAMES = 1_000;
/** Peers that are named one by one between two checkpoints, a row each; with more there is none until the next one. */
const ADDED = 16;

/** As it stands in the row. Who is not named has no mark above `marked`, no entry above `above`, and no receipt on its way. */
interface Kept {
  /** With which checkpoint it was written: one that code of before has moved on leaves it behind. */
  readonly checkpoint: number;
  readonly marked: number;
  readonly above: number;
  readonly names: readonly string[];
  /** The newest jumps; those below `from` are in the rows of peers alone. */
  readonly jumps: readonly Pair[];
  readonly from: number;
}

type Facts = Pick<Peer, "name" | "last" | "mark" | "owesDelivered" | "owesRead">;

export class PeerSummary {
  /** Every peer whose row may differ from what is said of those who are not named. */
  readonly names = new Set<string>();
  /** Nobody else has a mark above it, or an entry above `above`; 0 where everybody is named. */
  marked = 0;
  above = 0;
  /** Up to here the tail of the log tells nothing. */
  checkpoint = 0;
  /** Whether the tables have columns for it. */
  exists: boolean;
  readonly #sql: Sql;
  readonly #jumps: SkippedRanges;
  /** Who is named in the row, and the highest mark of the others; null where the row says nothing. */
  #written: { readonly names: Set<string>; readonly marked: number } | null = null;
  #added = 0;
  #isDue = false;

  constructor(sql: Sql, jumps: SkippedRanges, exists: boolean) {
    this.#sql = sql;
    this.#jumps = jumps;
    this.exists = exists;
  }

  /** Of a mailbox that has just begun: nobody is there. */
  begin(checkpoint: number): string {
    this.checkpoint = checkpoint;
    return this.text([]);
  }

  /** Reads the rows that a wake needs. */
  load<Row extends Facts>(text: string | null, checkpoint: number): Row[] {
    this.checkpoint = checkpoint;
    const rows = text === null ? this.#scan<Row>() : this.#read<Row>(JSON.parse(text) as Kept);
    for (const { name } of rows) this.names.add(name);
    return rows;
  }

  /** Whether a wake reads this peer's row, because the tail tells of the peer or the peer is named. */
  finds({ name, last }: Facts): boolean {
    return this.#written === null || last > this.checkpoint || this.#written.names.has(name);
  }

  /** A row of this peer's was written: if a wake has to find it, it will. */
  wrote(peer: Facts): void {
    if (this.#written === null || this.finds(peer) || (peer.mark <= this.#written.marked && !owes(peer))) return;
    this.#added++;
    this.#written.names.add(peer.name);
    this.#isDue = true;
  }

  /** Whether the row has to be written, with whatever else is. */
  get isDue(): boolean {
    return this.#isDue && this.exists;
  }

  /** Writes the row, or with it the checkpoint too. */
  seal(peers: readonly Facts[], checkpoint: number | null = null): void {
    if (checkpoint === null) {
      const text = this.#added > ADDED ? this.#drop() : this.text(peers, this.#written?.names);
      this.#sql.run("UPDATE mailbox SET summary = ?", text);
    } else {
      this.checkpoint = checkpoint;
      this.#added = 0;
      this.#sql.run("UPDATE mailbox SET checkpoint = ?, summary = ?", checkpoint, this.text(peers));
    }
    this.#isDue = false;
  }

  /** What the row is to say; null where that is too much. `more`: who is to be named beside those who have to be. */
  text(peers: readonly Facts[], more: Iterable<string> = []): string {
    const talked = peers.filter(({ last }) => last > 0).toSorted((a, b) => b.last - a.last);
    const top = talked.slice(0, LISTED);
    const names = new Set([...[...top, ...peers.filter(owes)].map(({ name }) => name), ...more]);
    let { marked } = this;
    for (const { mark } of peers) marked = Math.max(marked, mark);
    const above = talked.length > LISTED ? (top.at(-1)?.last ?? 0) : this.above;
    this.#written = { names, marked };
    if (names.size > NAMES) return this.#drop();
    const { checkpoint } = this;
    return JSON.stringify({ checkpoint, marked, above, names: [...names], ...this.#jumps.newest() } satisfies Kept);
  }

  /** JSON for none, which reads as null. */
  #drop(): string {
    this.#written = null;
    return "null";
  }

  #read<Row extends Facts>(kept: Kept | null): Row[] {
    if (kept === null || kept.checkpoint < this.checkpoint) return this.#scan();
    this.marked = kept.marked;
    this.above = kept.above;
    this.#jumps.know(kept.jumps, kept.from);
    this.#written = { names: new Set(kept.names), marked: kept.marked };
    const query = "SELECT * FROM peer WHERE name IN (SELECT value FROM json_each(?))";
    return this.#sql.rows<Row>(query, JSON.stringify(kept.names));
  }

  /** There is no summary: the whole table has to be read, and is not again where the next group writes one. */
  #scan<Row extends Facts>(): Row[] {
    const top = this.#sql.rows<Row>("SELECT * FROM peer WHERE last > 0 ORDER BY last DESC LIMIT ?", LISTED);
    const owing = this.#sql.rows<Row>("SELECT * FROM peer WHERE owesDelivered > 0 OR owesRead > 0");
    this.marked = this.#sql.row<{ mark: number | null }>("SELECT max(mark) AS mark FROM peer")?.mark ?? 0;
    this.above = top.length < LISTED ? 0 : (top.at(-1)?.last ?? 0);
    this.#isDue = top.length === LISTED;
    return [...new Map([...top, ...owing].map((row) => [row.name, row])).values()];
  }
}

function owes({ owesDelivered, owesRead }: Facts): boolean {
  return owesDelivered > 0 || owesRead > 0;
}
