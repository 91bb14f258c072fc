// What retention keeps of a log: by count, by age, or everything.
import type { Sql } from "../../durable/log/sql.ts";

/** How many entries are kept, and for how many ms; null for all. A row is kept as a whole if one of its entries is. */
export interface Retention {
  readonly entries: number | null;
  readonly age: number | null;
}

/** Whether nothing is ever removed. */
export function keepsAll({ entries, age }: Retention): boolean {
  return entries === null && age === null;
}

/** The seq of the last entry that is not kept any more; 0 for none. */
export function lastToRemove(sql: Sql, { entries, age }: Retention): number {
  const beyond = entries === null ? 0 : lastBeyond(sql, entries);
  return Math.max(beyond, age === null ? 0 : lastBefore(sql, Date.now() - age));
}

interface Row {
  readonly seq: number;
  readonly count: number;
  readonly at: number;
}

/** Rows that are read at once. */
const ROWS_AT_ONCE = 512;

function lastBeyond(sql: Sql, entries: number): number {
  let kept = 0;
  const query = "SELECT seq, count FROM run WHERE seq < ? ORDER BY seq DESC LIMIT ?";
  const rows = sql.pages<Row>(ROWS_AT_ONCE, query, (last) => [last?.seq ?? Infinity]);
  for (const { seq, count } of rows) {
    if (kept >= entries) return seq;
    kept += count;
  }
  return 0;
}

/**
 * Entries are in the order of their writing, but `at` is by the clock of the author: the search stops at the first
 * entry that is kept.
 */
function lastBefore(sql: Sql, time: number): number {
  let last = 0;
  // The common case: the first one is kept.
  if ((sql.row<Row>("SELECT at FROM run ORDER BY seq LIMIT 1")?.at ?? time) >= time) return 0;
  const query = "SELECT seq, at FROM run WHERE seq > ? ORDER BY seq LIMIT ?";
  for (const { seq, at } of sql.pages<Row>(ROWS_AT_ONCE, query, (row) => [row?.seq ?? 0])) {
    if (at >= time) break;
    last = seq;
  }
  return last;
}
