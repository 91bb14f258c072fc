// Where the numbering jumped: numbers that this mailbox never gave. A device that was given one of them knew the mailbox before it was set
// back to an older copy. Kept in the row of the first peer that a wake writes, which mostly is written anyway; the newest ones are in the
// summary of the peers as well.
import type { Sql } from "../../durable/log/sql.ts";

/** The numbers between `before` and `last` were never given; `last` is where the numbering went on, and can be a cursor. */
export interface SkippedRange {
  readonly before: number;
  readonly last: number;
}

export type Pair = readonly [before: number, last: number];

/** Jumps that one peer's row keeps: one for each wake that this peer was the first to write in. */
const KEPT = 16;
/** Jumps that the summary keeps. */
const NEWEST = 64;

export class SkippedRanges {
  readonly #sql: Sql;
  /** Those that are known, and from where on these are all; Infinity where that is not known. */
  readonly #known: Pair[] = [];
  #from = Infinity;
  #unkept: Pair[] = [];
  /** Tables that older code made have no column for it. */
  #hasColumn = false;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  add(before: number, last: number): void {
    if (last <= before) return;
    this.#known.push([before, last]);
    this.#unkept.push([before, last]);
  }

  /** A peer's row, which may be newer than the summary, has these. */
  learn(text: string | null | undefined): void {
    if (typeof text === "string") this.#known.push(...(JSON.parse(text) as Pair[]));
  }

  /** The summary has these, and all that there were above `from`. */
  know(pairs: readonly Pair[], from: number): void {
    this.#known.push(...pairs);
    this.#from = from;
  }

  /** Whether there is one that is in no row yet. */
  get hasUnsaved(): boolean {
    return this.#unkept.length > 0;
  }

  /** What the summary keeps: the newest ones, and from where on these are all. */
  newest(): { readonly jumps: readonly Pair[]; readonly from: number } {
    if (this.#from === Infinity) this.#readAll();
    const all = new Map(this.#known.map((pair) => [pair[1], pair])).values();
    const sorted = [...all].toSorted((a, b) => a[1] - b[1]);
    const jumps = sorted.slice(-NEWEST);
    return { jumps, from: sorted.length > jumps.length ? (jumps[0]?.[0] ?? this.#from) : this.#from };
  }

  /** What the row of `peer`, which is about to be written, has to keep; null for nothing new. */
  takeUnsaved(peer: string): string | null {
    if (this.#unkept.length === 0) return null;
    if (!this.#column()) this.#sql.run("ALTER TABLE peer ADD COLUMN jumps TEXT");
    this.#hasColumn = true;
    const kept = this.#sql.row<{ jumps: string | null }>("SELECT jumps FROM peer WHERE name = ?", peer)?.jumps ?? "[]";
    const pairs = [...(JSON.parse(kept) as Pair[]), ...this.#unkept];
    this.#unkept = [];
    return JSON.stringify(pairs.slice(-KEPT));
  }

  /** The jump in which `seq` lies, or null: as far as is known it was given. */
  rangeContaining(seq: number): SkippedRange | null {
    const found = this.#find(seq);
    if (found !== null || seq > this.#from) return found;
    this.#readAll();
    return this.#find(seq);
  }

  #find(seq: number): SkippedRange | null {
    for (const [before, last] of this.#known) if (before < seq && seq < last) return { before, last };
    return null;
  }

  /** From the rows of all peers, once. */
  #readAll(): void {
    if (this.#from === 0) return;
    this.#from = 0;
    if (!this.#column()) return;
    for (const { jumps } of this.#sql.rows<{ jumps: string }>("SELECT jumps FROM peer WHERE jumps IS NOT NULL"))
      this.learn(jumps);
  }

  #column(): boolean {
    const query = "SELECT 1 FROM sqlite_master WHERE name = 'peer' AND sql LIKE '%jumps%'";
    return (this.#hasColumn ||= this.#sql.row(query) !== undefined);
  }
}
