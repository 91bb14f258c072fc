// The suspension of this user by an operator: one row while it lasts, in a table that is created with the first one. It
// may have an end; after it the row stays without effect until the next order.
import type { Suspension } from "../../../protocol/operator-orders.ts";
import type { Sql } from "../../../durable/log/sql.ts";

const TABLE =
  "CREATE TABLE IF NOT EXISTS suspension (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL, reason TEXT NOT NULL, until INTEGER)";
/** Tables of older code have no end. */
const HAS_END = "SELECT 1 FROM sqlite_master WHERE name = 'suspension' AND sql LIKE '%until%'";
const ADD_END = "ALTER TABLE suspension ADD COLUMN until INTEGER";

export class SuspensionRow {
  readonly #sql: Sql;
  #row: Suspension | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
    if (sql.row("SELECT 1 FROM sqlite_master WHERE name = 'suspension'") === undefined) return;
    const row = sql.row<Omit<Suspension, "until"> & { readonly until?: number | null }>("SELECT * FROM suspension");
    if (row !== undefined) this.#row = { at: row.at, reason: row.reason, until: row.until ?? null };
  }

  /** Null while the user is not suspended. */
  get current(): Suspension | null {
    const row = this.#row;
    return row === null || row.until === null || row.until > Date.now() ? row : null;
  }

  /**
   * Suspends the user from now on, until then or, for null, until an operator ends it. Of a suspension that lasts the
   * end is replaced, and the reason, unless the new one is empty.
   */
  begin(reason: string, until: number | null): Suspension {
    const { current } = this;
    const at = current?.at ?? Date.now();
    const next = { at, reason: reason || (current?.reason ?? ""), until };
    if (current?.reason === next.reason && current.until === until) return current;
    this.#sql.run(TABLE);
    if (this.#sql.row(HAS_END) === undefined) this.#sql.run(ADD_END);
    const statement = "INSERT OR REPLACE INTO suspension (one, at, reason, until) VALUES (1, ?, ?, ?)";
    this.#sql.run(statement, at, next.reason, until);
    return (this.#row = next);
  }

  end(): void {
    if (this.#row !== null) this.#sql.run("DELETE FROM suspension");
    this.#row = null;
  }
}
