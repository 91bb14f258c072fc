// Finds the entries to which relations refer, without an index: by a peer's number, and the edits of a message. The
// caller knows which seqs may be meant. The open run is written before.
import { relationText } from "../../protocol/relation.ts";
import { IS_RECEIVED, WAS_DELIVERED } from "./kinds.ts";
import type { RunColumns } from "./run-columns.ts";
import { boundLists, ROWS_CONTAINING } from "./run-row.ts";
import type { Sql } from "./sql.ts";

export class RelatedEntries {
  /** The database, with all entries in it. */
  readonly #written: () => Sql;
  readonly #columns: RunColumns;
  /** Whether this instance has added one, which may be in no row yet. */
  isAdded = false;

  constructor(written: () => Sql, columns: RunColumns) {
    this.#written = written;
    this.#columns = columns;
  }

  /** Whether any message of the log has a relation, or had one. It writes no row. */
  get areThere(): boolean {
    return this.isAdded || this.#columns.has("re");
  }

  /** The one of these seqs whose message `peer` sent as `origin`; 0 for none. */
  seqOfOrigin(peer: string, origin: number, seqs: readonly number[]): number {
    const query = `SELECT seq, origin ${ROWS_CONTAINING} AND ${IS_RECEIVED} AND peer = ? AND origin >= ? AND origin - count < ?`;
    for (const list of boundLists(seqs)) {
      const row = this.#written().row<{ seq: number; origin: number }>(
        query,
        JSON.stringify(list),
        peer,
        origin,
        origin,
      );
      if (row !== undefined) return row.seq - (row.origin - origin);
    }
    return 0;
  }

  /** The lowest origin in the rows of these seqs, of messages of `peer`, also of removed ones; null for none. */
  firstOriginAmong(peer: string, seqs: readonly number[]): number | null {
    const query = `SELECT min(origin - count + 1) AS first ${ROWS_CONTAINING} AND ${WAS_DELIVERED} AND peer = ?`;
    return this.#written().row<{ first: number | null }>(query, JSON.stringify(seqs), peer)?.first ?? null;
  }

  /** Those of these ascending seqs that are the message `target`, or edits of it. */
  versionsAmong(seqs: readonly number[], target: number): readonly number[] {
    const own = seqs.includes(target) ? [target] : [];
    const sql = this.#written();
    if (!this.#columns.has("re")) return own;
    const query = `SELECT seq ${ROWS_CONTAINING} AND re = ? ORDER BY seq`;
    const edit = relationText({ is: "edit", to: target });
    const rows = boundLists(seqs).flatMap((list) => sql.rows<{ seq: number }>(query, JSON.stringify(list), edit));
    return [...own, ...rows.map(({ seq }) => seq)];
  }
}
