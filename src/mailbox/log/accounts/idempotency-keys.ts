// The idempotency keys of requests: a row for each, for 24 hours at least. The day is the first column of the key, so
// that old rows are deleted without reading the others. The table is created with its first row.
import { upsert, type Sql } from "../../../durable/log/sql.ts";

const TABLE = `CREATE TABLE IF NOT EXISTS sending (day INTEGER NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL,
  entries TEXT NOT NULL, PRIMARY KEY (day, key)) WITHOUT ROWID`;
const PUT_KEY = upsert("sending", ["day", "key", "digest", "at", "entries"], 2);
/**
 * The digest that is independent of the order of keys. The column is created with the first one that differs from the
 * other digest, and NULL in all other rows.
 */
const ADD_SORTED = "ALTER TABLE sending ADD COLUMN sorted TEXT";
const PUT_SORTED = upsert("sending", ["day", "key", "digest", "at", "entries", "sorted"], 2);
const DAY_MS = 86_400_000;

/** A request with a key. `entries`: the seq of each of its messages, in their order; 0 for a refused one. */
export interface KeyedRequest {
  readonly key: string;
  readonly digest: string;
  /** The digest with the keys of all bodies in order; null if it is the same, or unknown. */
  readonly sorted: string | null;
  /** When it was first made, ms since 1970. */
  readonly at: number;
  readonly entries: readonly number[];
}

type Row = Omit<KeyedRequest, "entries"> & { readonly entries: string };

export class IdempotencyKeys {
  readonly #sql: Sql;
  #exists: boolean;
  /** Whether there is a column `sorted`. */
  #hasSorted: boolean;
  /** Days before this one were deleted. */
  #firstDay = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
    const table = sql.row<{ sql: string }>("SELECT sql FROM sqlite_master WHERE name = 'sending'")?.sql;
    this.#exists = table !== undefined;
    this.#hasSorted = table?.includes("sorted") === true;
  }

  /** The request with `key` in the last 24 hours, or null. */
  get(key: string, now: number): KeyedRequest | null {
    if (!this.#exists) return null;
    const sorted = this.#hasSorted ? "sorted" : "NULL AS sorted";
    const query = `SELECT key, digest, ${sorted}, at, entries FROM sending WHERE day IN (?, ?) AND key = ? AND at > ?`;
    const row = this.#sql.row<Row>(query, dayOf(now), dayOf(now) - 1, key, now - DAY_MS);
    return row === undefined ? null : { ...row, entries: JSON.parse(row.entries) as number[] };
  }

  put({ key, digest, sorted, at, entries }: KeyedRequest, now: number): void {
    if (!this.#exists) this.#sql.run(TABLE);
    this.#exists = true;
    this.#deleteBefore(dayOf(now) - 1);
    const values = [dayOf(at), key, digest, at, JSON.stringify(entries)];
    if (sorted === null || sorted === digest) return this.#sql.run(PUT_KEY, ...values);
    if (!this.#hasSorted) this.#sql.run(ADD_SORTED);
    this.#hasSorted = true;
    this.#sql.run(PUT_SORTED, ...values, sorted);
  }

  #deleteBefore(day: number): void {
    if (day <= this.#firstDay) return;
    this.#firstDay = day;
    this.#sql.run("DELETE FROM sending WHERE day < ?", day);
  }
}

function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}
