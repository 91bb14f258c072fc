// Ranges of seqs that this mailbox never gave. A device that has such a seq knew the mailbox before it was restored
// from an older copy. A range is a note of the run that begins after it. If a mark took the first number behind it, the
// row of that peer has it until then. Older code stored all ranges in rows of peers, and the newest ones in the
// summary.
import type { Sql } from "../../../durable/log/sql.ts";

/**
 * The seqs between `before` and `last` were never given. `last` is where the numbering continued, and can be a cursor.
 */
export interface SkippedRange {
  readonly before: number;
  readonly last: number;
}

export type Pair = readonly [before: number, last: number];

/** Ranges in the row of one peer: one for each wake in which this peer was written before any entry. */
const MAX_IN_ROW = 16;
/** Ranges in the summary. */
const MAX_IN_SUMMARY = 64;

export class SkippedRanges {
  readonly #sql: Sql;
  /** Known ranges. They are complete above `#completeFrom`; Infinity where that is not known. */
  readonly #known: Pair[] = [];
  #completeFrom = Infinity;
  /** Those in no row, and those in no run. */
  #unsaved: Pair[] = [];
  #unnoted: Pair[] = [];
  /** Tables that older code made have no column for it. */
  #hasColumn = false;

  /** The ranges in the notes of the first run that ends at `seq` or behind it. */
  readonly #notedFrom: (seq: number) => readonly Pair[];

  constructor(sql: Sql, notedFrom: (seq: number) => readonly Pair[]) {
    this.#sql = sql;
    this.#notedFrom = notedFrom;
  }

  add(before: number, last: number): void {
    if (last <= before) return;
    this.#known.push([before, last]);
    this.#unsaved.push([before, last]);
    this.#unnoted.push([before, last]);
  }

  /** The newest run ends at `seq`: no run has the ranges behind it. */
  startAt(seq: number): void {
    const behind = this.#known.filter(([, last]) => last > seq);
    this.#unnoted = [...new Map(behind.map((pair) => [pair[1], pair])).values()];
  }

  /** The row of a peer, which may be newer than the summary, has these. */
  learnFromRow(text: string | null | undefined): void {
    if (typeof text === "string") this.#known.push(...(JSON.parse(text) as Pair[]));
  }

  /** The summary has these, and they are complete above `from`. */
  learnFromSummary(pairs: readonly Pair[], from: number): void {
    this.#known.push(...pairs);
    this.#completeFrom = from;
  }

  /** The newest ranges for the summary, and from where on they are complete. */
  newest(): { readonly jumps: readonly Pair[]; readonly from: number } {
    if (this.#completeFrom === Infinity) this.#readAll();
    const all = new Map(this.#known.map((pair) => [pair[1], pair])).values();
    const sorted = [...all].toSorted((a, b) => a[1] - b[1]);
    const jumps = sorted.slice(-MAX_IN_SUMMARY);
    const from = this.#completeFrom;
    return { jumps, from: sorted.length > jumps.length ? (jumps[0]?.[0] ?? from) : from };
  }

  /** The ranges before `first` that are in no run yet: the one that begins there is about to be written with them. */
  takeBefore(first: number): readonly Pair[] {
    if (this.#unnoted.length === 0) return [];
    const taken = this.#unnoted.filter(([, last]) => last < first);
    this.#unnoted = this.#unnoted.filter(([, last]) => last >= first);
    this.#unsaved = this.#unsaved.filter(([, last]) => last >= first);
    return taken;
  }

  /** The column `jumps` of the row of `peer`, which is about to be written; null where no range is unsaved. */
  takeUnsaved(peer: string): string | null {
    if (this.#unsaved.length === 0) return null;
    if (!this.#findColumn()) this.#sql.run("ALTER TABLE peer ADD COLUMN jumps TEXT");
    this.#hasColumn = true;
    const row = this.#sql.row<{ jumps: string | null }>("SELECT jumps FROM peer WHERE name = ?", peer);
    const pairs = [...(JSON.parse(row?.jumps ?? "[]") as Pair[]), ...this.#unsaved];
    this.#unsaved = [];
    return JSON.stringify(pairs.slice(-MAX_IN_ROW));
  }

  /** The range that contains `seq`, or null: as far as is known, `seq` was given. */
  rangeContaining(seq: number): SkippedRange | null {
    const found = find(this.#known, seq) ?? find(this.#notedFrom(seq), seq);
    if (found !== null || seq > this.#completeFrom) return found;
    this.#readAll();
    return find(this.#known, seq);
  }

  /** From the rows of all peers, once. */
  #readAll(): void {
    if (this.#completeFrom === 0) return;
    this.#completeFrom = 0;
    if (!this.#findColumn()) return;
    for (const { jumps } of this.#sql.rows<{ jumps: string }>("SELECT jumps FROM peer WHERE jumps IS NOT NULL"))
      this.learnFromRow(jumps);
  }

  #findColumn(): boolean {
    const query = "SELECT 1 FROM sqlite_master WHERE name = 'peer' AND sql LIKE '%jumps%'";
    return (this.#hasColumn ||= this.#sql.row(query) !== undefined);
  }
}

function find(ranges: readonly Pair[], seq: number): SkippedRange | null {
  for (const [before, last] of ranges) if (before < seq && seq < last) return { before, last };
  return null;
}
