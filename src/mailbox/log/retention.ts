// What retention keeps of a log: by count, by age, or everything.
import type { Sent } from "./schema.ts";
import type { Sql } from "../../durable/log/sql.ts";

/** What to keep, at most, and what shares a row with the oldest of it; null for everything. `age` in ms. */
export interface Retention {
  readonly entries: number | null;
  readonly age: number | null;
}

/** Whether nothing is ever taken away. */
export function keepsAll({ entries, age }: Retention): boolean {
  return entries === null && age === null;
}

/** The last entry that is not kept any more, by its seq; 0 for none. */
export function lastToGo(sql: Sql, { entries, age }: Retention): number {
  const beyond = entries === null ? 0 : lastBeyond(sql, entries);
  return Math.max(beyond, age === null ? 0 : lastBefore(sql, Date.now() - age));
}

/** Rows that are read at once. */
const ROWS = 512;

function lastBeyond(sql: Sql, entries: number): number {
  let kept = 0;
  const query = "SELECT seq, count FROM run WHERE seq < ? ORDER BY seq DESC LIMIT ?";
  for (const { seq, count } of sql.pages<{ seq: number; count: number }>(ROWS, query, (last) => [
    last?.seq ?? Infinity,
  ])) {
    if (kept >= entries) return seq;
    kept += count;
  }
  return 0;
}

/** Entries are in the order of their writing, but `at` is the author's clock: it stops at the first young one. */
function lastBefore(sql: Sql, time: number): number {
  let last = 0;
  // Mostly the very first is young.
  if ((sql.row<Sent>("SELECT seq, at FROM run ORDER BY seq LIMIT 1")?.at ?? time) >= time) return 0;
  const query = "SELECT seq, at FROM run WHERE seq > ? ORDER BY seq LIMIT ?";
  for (const { seq, at } of sql.pages<Sent>(ROWS, query, (row) => [row?.seq ?? 0])) {
    if (at >= time) break;
    last = seq;
  }
  return last;
}
