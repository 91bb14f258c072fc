// What a mailbox's tables say to an operator: sizes, what is owed, and one message; never a body. Asked seldom, so these may scan what
// the verbs must not.
import type { MessageRow, Owing } from "../../protocol/operator-orders.ts";
import type { Sql } from "../../durable/log/sql.ts";

const MESSAGE =
  "SELECT seq, kind, peer, origin, device, id, at, failed, length(CAST(body AS BLOB)) AS bytes FROM entry";
/** Sent, neither stored nor failed; entries up to the checkpoint are settled. */
const OWED = `FROM entry LEFT JOIN peer ON peer.name = entry.peer
  WHERE entry.run > (SELECT checkpoint FROM mailbox) AND entry.seq > (SELECT checkpoint FROM mailbox) AND kind = 'out'
  AND failed IS NULL AND entry.seq > max(coalesce(peer.reached, 0), coalesce(peer.began, 0))`;

const AFTER = "SELECT coalesce(sum(min(count, seq - ?1)), 0) AS n FROM run WHERE seq > ?1";
/** Entries after ?1 up to ?2, of which the last row may have some behind it. */
const BETWEEN = `SELECT coalesce(sum(min(seq, ?2) - max(seq - count, ?1)), 0) AS n FROM run
  WHERE seq > ?1 AND seq <= coalesce((SELECT min(seq) FROM run WHERE seq >= ?2), ?2) AND seq - count < ?2`;

/** Peers named in one answer. */
const OWING = 20;

export class Inspector {
  readonly #sql: Sql;

  /** Of a mailbox that has begun. */
  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** How much there is. */
  sizes(): { readonly entries: number; readonly conversations: number } {
    const conversations = this.#sql.row<{ n: number }>("SELECT count(*) AS n FROM peer WHERE last > 0")?.n ?? 0;
    return { entries: this.after(0), conversations };
  }

  /** How many entries came after `seq`. */
  after(seq: number): number {
    return this.#sql.row<{ n: number }>(AFTER, seq)?.n ?? 0;
  }

  /** How many entries came after each of these seqs; the log is read once, however many they are. */
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

  /** To whom something is on its way, those with the oldest first. */
  owing(): Owing[] {
    const query = `SELECT entry.peer AS peer, count(*) AS messages, min(at) AS since ${OWED} GROUP BY entry.peer ORDER BY since LIMIT ?`;
    return this.#sql.rows<Owing>(query, OWING);
  }

  /** Whether the entry `seq` is on its way. */
  owes(seq: number): boolean {
    return this.#sql.row(`SELECT 1 ${OWED} AND entry.seq = ?`, seq) !== undefined;
  }

  /** The entry `seq`, without its body. */
  message(seq: number): MessageRow | null {
    return (
      this.#sql.row<MessageRow>(
        `${MESSAGE} WHERE run = (SELECT min(seq) FROM run WHERE seq >= ?1) AND seq = ?1`,
        seq,
      ) ?? null
    );
  }

  /** What this author sent as `origin`. */
  received(peer: string, origin: number): MessageRow | null {
    const run = "SELECT seq FROM run WHERE kind = 'in' AND peer = ?1 AND origin >= ?2 AND origin - count < ?2";
    return this.#sql.row<MessageRow>(`${MESSAGE} WHERE run IN (${run}) AND origin = ?2`, peer, origin) ?? null;
  }
}
