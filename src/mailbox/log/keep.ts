// What retention keeps of a log: by count, by age, or everything.
import type { Sent } from "./schema.ts";
import type { Sql } from "./sql.ts";

/** What to keep, at most; null for everything. `age` in ms. */
export interface Retention {
  readonly entries: number | null;
  readonly age: number | null;
}

/** The last entry that is not kept any more, by its seq; 0 for none. */
export function lastToGo(sql: Sql, { entries, age }: Retention): number {
  const beyond = entries === null ? 0 : lastBeyond(sql, entries);
  return Math.max(beyond, age === null ? 0 : lastBefore(sql, Date.now() - age));
}

function lastBeyond(sql: Sql, entries: number): number {
  return sql.row<Sent>("SELECT seq FROM entry ORDER BY seq DESC LIMIT 1 OFFSET ?", entries)?.seq ?? 0;
}

/** Entries are in the order of their writing, but `at` is the author's clock: it stops at the first young one. */
function lastBefore(sql: Sql, time: number): number {
  let last = 0;
  for (const { seq, at } of sql.read<Sent>("SELECT seq, at FROM entry ORDER BY seq")) {
    if (at >= time) break;
    last = seq;
  }
  return last;
}
