// The suspension of this user by an operator: one row while it lasts, in a table that is created with the first one.
import type { Suspension } from "../../../protocol/operator-orders.ts";
import type { Sql } from "../../../durable/log/sql.ts";

const TABLE =
  "CREATE TABLE IF NOT EXISTS suspension (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL, reason TEXT NOT NULL)";

export class SuspensionRow {
  readonly #sql: Sql;
  #now: Suspension | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
    if (sql.row("SELECT 1 FROM sqlite_master WHERE name = 'suspension'") === undefined) return;
    this.#now = sql.row<Suspension>("SELECT at, reason FROM suspension") ?? null;
  }

  /** Null while the user is not suspended. */
  get current(): Suspension | null {
    return this.#now;
  }

  /** Suspends the user from now on. A suspension that lasts already stays as it is. */
  begin(reason: string): Suspension {
    if (this.#now !== null) return this.#now;
    const at = Date.now();
    this.#sql.run(TABLE);
    this.#sql.run("INSERT INTO suspension (one, at, reason) VALUES (1, ?, ?)", at, reason);
    return (this.#now = { at, reason });
  }

  end(): void {
    if (this.#now !== null) this.#sql.run("DELETE FROM suspension");
    this.#now = null;
  }
}
