// The keys under which requests were sent, so that a repetition is known: a row for each, for a day at least. They lie by days, so that
// the old ones are taken away without looking at the others. The table is made with its first row.
import { upsert, type Sql } from "../../durable/log/sql.ts";

const TABLE = `CREATE TABLE IF NOT EXISTS sending (day INTEGER NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL,
  entries TEXT NOT NULL, PRIMARY KEY (day, key)) WITHOUT ROWID`;
const PUT_KEY = upsert("sending", ["day", "key", "digest", "at", "entries"], 2);
const DAY = 86_400_000;

/** A request that was made under a key. `entries`: the seq of each of its messages, in their order; 0 for one that was refused. */
export interface Keyed {
  readonly key: string;
  readonly digest: string;
  /** When it was first made, ms since 1970. */
  readonly at: number;
  readonly entries: readonly number[];
}

type Row = Omit<Keyed, "entries"> & { readonly entries: string };

export class KeyRows {
  readonly #sql: Sql;
  #exists: boolean;
  /** Days before this one are gone. */
  #from = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#exists = this.#sql.row("SELECT 1 FROM sqlite_master WHERE name = 'sending'") !== undefined;
  }

  /** What was sent under `key` in the last 24 hours, or null. */
  get(key: string, now: number): Keyed | null {
    if (!this.#exists) return null;
    const query = "SELECT key, digest, at, entries FROM sending WHERE day IN (?, ?) AND key = ? AND at > ?";
    const row = this.#sql.row<Row>(query, dayOf(now), dayOf(now) - 1, key, now - DAY);
    return row === undefined ? null : { ...row, entries: JSON.parse(row.entries) as number[] };
  }

  put({ key, digest, at, entries }: Keyed, now: number): void {
    if (!this.#exists) this.#sql.run(TABLE);
    this.#exists = true;
    this.#forget(dayOf(now) - 1);
    this.#sql.run(PUT_KEY, dayOf(at), key, digest, at, JSON.stringify(entries));
  }

  #forget(from: number): void {
    if (from <= this.#from) return;
    this.#from = from;
    this.#sql.run("DELETE FROM sending WHERE day < ?", from);
  }
}

function dayOf(time: number): number {
  return Math.floor(time / DAY);
}
