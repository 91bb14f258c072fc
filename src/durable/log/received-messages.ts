// Queries about messages of others. The caller has written the open run before.
import { IS_RECEIVED, WAS_DELIVERED } from "./kinds.ts";
import { boundLists, HEAD_COLUMNS, type HeadRow, headsOf, ROWS_CONTAINING } from "./run-row.ts";
import type { Sql } from "./sql.ts";

/** How many messages of others have a seq above `seq`. */
export function countAfter(sql: Sql, seq: number): number {
  const query = `SELECT coalesce(sum(min(count, seq - ?1)), 0) AS n FROM run WHERE seq > ?1 AND ${IS_RECEIVED}`;
  return sql.row<{ n: number }>(query, seq)?.n ?? 0;
}

/** How many of these seqs are messages of others, in rows that meet the condition. */
export function countAmong(sql: Sql, seqs: readonly number[], condition = "1"): number {
  let found = 0;
  for (const list of boundLists(seqs)) {
    const wanted = new Set(list);
    const query = `SELECT seq, count ${ROWS_CONTAINING} AND ${IS_RECEIVED} AND ${condition}`;
    for (const { seq, count } of sql.rows<HeadRow>(query, JSON.stringify(list)))
      for (let back = 0; back < count; back++) if (wanted.has(seq - back)) found++;
  }
  return found;
}

/** The highest of these ascending seqs that is a received message; 0 for none. */
export function lastAmong(sql: Sql, seqs: readonly number[]): number {
  for (const list of boundLists(seqs).toReversed()) {
    const wanted = new Set(list);
    const query = `SELECT seq, count ${ROWS_CONTAINING} AND ${IS_RECEIVED} ORDER BY seq DESC`;
    for (const { seq, count } of sql.rows<HeadRow>(query, JSON.stringify(list)))
      for (let back = 0; back < count; back++) if (wanted.has(seq - back)) return seq - back;
  }
  return 0;
}

/** The origins of messages of `peer`, from `first` on, also of removed ones. */
export function originsFrom(sql: Sql, peer: string, first: number): Set<number> {
  const query = `SELECT ${HEAD_COLUMNS} FROM run WHERE ${WAS_DELIVERED} AND peer = ? AND origin >= ?`;
  const heads = sql.rows<HeadRow>(query, peer, first).flatMap(headsOf);
  return new Set(heads.map(({ origin }) => origin ?? 0).filter((origin) => origin >= first));
}

/** The lowest origin of a message of `peer`, also of a removed one; Infinity for none. */
export function firstOriginOf(sql: Sql, peer: string): number {
  const query = `SELECT min(origin - count + 1) AS first FROM run WHERE ${WAS_DELIVERED} AND peer = ?`;
  return sql.row<{ first: number | null }>(query, peer)?.first ?? Infinity;
}
