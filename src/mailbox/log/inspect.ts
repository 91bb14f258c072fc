// What an operator can see of the tables of a mailbox: sizes, and one message; never a body.
// Operators ask seldom, so these queries may scan tables that requests of users must not.
import type { MessageRow } from "../../protocol/operator-orders.ts";
import { WAS_DELIVERED } from "../../durable/log/kinds.ts";
import type { Sql } from "../../durable/log/sql.ts";

const MESSAGE =
  "SELECT seq, kind, peer, origin, device, id, at, failed, length(CAST(body AS BLOB)) AS bytes FROM entry";

const AFTER = "SELECT coalesce(sum(min(count, seq - ?1)), 0) AS n FROM run WHERE seq > ?1";
/** Entries after ?1 up to ?2. The last of their rows may contain entries behind ?2. */
const BETWEEN = `SELECT coalesce(sum(min(seq, ?2) - max(seq - count, ?1)), 0) AS n FROM run
  WHERE seq > ?1 AND seq <= coalesce((SELECT min(seq) FROM run WHERE seq >= ?2), ?2) AND seq - count < ?2`;

export class Inspector {
  readonly #sql: Sql;

  /** Of a mailbox that has begun. */
  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** How many entries and conversations there are. */
  sizes(): { readonly entries: number; readonly conversations: number } {
    const conversations = this.#sql.row<{ n: number }>("SELECT count(*) AS n FROM peer WHERE last > 0")?.n ?? 0;
    return { entries: this.after(0), conversations };
  }

  /** How many entries came after `seq`. */
  after(seq: number): number {
    return this.#sql.row<{ n: number }>(AFTER, seq)?.n ?? 0;
  }

  /** How many entries came after each of these seqs. The log is read once, however many seqs there are. */
  afterEach(seqs: readonly number[]): Map<number, number> {
    const found = new Map<number, number>();
    let [above, after]: [number | null, number] = [null, 0];
    for (const seq of seqs.toSorted((a, b) => b - a)) {
      after += above === null ? this.after(seq) : (this.#sql.row<{ n: number }>(BETWEEN, seq, above)?.n ?? 0);
      found.set(seq, after);
      above = seq;
    }
    return found;
  }

  /** The entry `seq`, without its body. */
  message(seq: number): MessageRow | null {
    const query = `${MESSAGE} WHERE run = (SELECT min(seq) FROM run WHERE seq >= ?1) AND seq = ?1`;
    return this.#sql.row<MessageRow>(query, seq) ?? null;
  }

  /** The message that this author sent as `origin`. */
  received(peer: string, origin: number): MessageRow | null {
    const run = `SELECT seq FROM run WHERE ${WAS_DELIVERED} AND peer = ?1 AND origin >= ?2 AND origin - count < ?2`;
    return this.#sql.row<MessageRow>(`${MESSAGE} WHERE run IN (${run}) AND origin = ?2`, peer, origin) ?? null;
  }
}
