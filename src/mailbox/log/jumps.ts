// Where the numbering jumped: numbers that this mailbox never gave. A device that was given one of them knew the mailbox before it was set
// back to an older copy. Kept in the row of the first peer that a wake writes, which mostly is written anyway.
import type { Sql } from "./sql.ts";

/** The numbers between `before` and `last` were never given; `last` is where the numbering went on, and can be a cursor. */
export interface Jump {
  readonly before: number;
  readonly last: number;
}

type Pair = readonly [before: number, last: number];

/** Jumps that one peer's row keeps: one for each wake that this peer was the first to write in. */
const KEPT = 16;

export class Jumps {
  readonly #sql: Sql;
  /** Of this wake, and those of them that are in no row yet. */
  readonly #fresh: Pair[] = [];
  #unkept: Pair[] = [];
  /** Tables that older code made have no column for it. */
  #hasColumn = false;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  note(before: number, last: number): void {
    if (last <= before) return;
    this.#fresh.push([before, last]);
    this.#unkept.push([before, last]);
  }

  /** Whether there is one that is in no row yet. */
  get wait(): boolean {
    return this.#unkept.length > 0;
  }

  /** What the row of `peer`, which is about to be written, has to keep; null for nothing new. */
  take(peer: string): string | null {
    if (this.#unkept.length === 0) return null;
    if (!this.#column()) this.#sql.run("ALTER TABLE peer ADD COLUMN jumps TEXT");
    this.#hasColumn = true;
    const kept = this.#sql.row<{ jumps: string | null }>("SELECT jumps FROM peer WHERE name = ?", peer)?.jumps ?? "[]";
    const pairs = [...(JSON.parse(kept) as Pair[]), ...this.#unkept];
    this.#unkept = [];
    return JSON.stringify(pairs.slice(-KEPT));
  }

  /** The jump in which `seq` lies, or null: as far as is known it was given. */
  around(seq: number): Jump | null {
    const kept = this.#column()
      ? this.#sql.rows<{ jumps: string }>("SELECT jumps FROM peer WHERE jumps IS NOT NULL")
      : [];
    for (const pairs of [this.#fresh, ...kept.map(({ jumps }) => JSON.parse(jumps) as Pair[])]) {
      for (const [before, last] of pairs) if (before < seq && seq < last) return { before, last };
    }
    return null;
  }

  #column(): boolean {
    const query = "SELECT 1 FROM sqlite_master WHERE name = 'peer' AND sql LIKE '%jumps%'";
    return (this.#hasColumn ||= this.#sql.row(query) !== undefined);
  }
}
