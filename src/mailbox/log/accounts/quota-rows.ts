// The quotas that operators have set for this user: a row for each, in a table that is created with the first one.
import { QUOTAS } from "../../../protocol/limits.ts";
import type { OwnQuotas, QuotaChange, QuotaName } from "../../../protocol/own-quotas.ts";
import type { Sql } from "../../../durable/log/sql.ts";

const TABLE = "CREATE TABLE IF NOT EXISTS quota (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID";

export class QuotaRows {
  readonly #sql: Sql;
  #own: OwnQuotas = {};

  constructor(sql: Sql) {
    this.#sql = sql;
    if (sql.row("SELECT 1 FROM sqlite_master WHERE name = 'quota'") === undefined) return;
    const rows = sql.rows<{ name: QuotaName; value: number }>("SELECT name, value FROM quota");
    // Newer code may know quotas that this code does not.
    this.#own = Object.fromEntries(
      rows.filter(({ name }) => Object.hasOwn(QUOTAS, name)).map((row) => [row.name, row.value]),
    );
  }

  get own(): OwnQuotas {
    return this.#own;
  }

  /** Sets quotas; null ends one. */
  change(change: QuotaChange): void {
    const own = new Map(Object.entries(this.#own));
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined || value === (own.get(name) ?? null)) continue;
      this.#sql.run(TABLE);
      if (value === null) {
        this.#sql.run("DELETE FROM quota WHERE name = ?", name);
        own.delete(name);
      } else {
        this.#sql.run("INSERT OR REPLACE INTO quota (name, value) VALUES (?, ?)", name, value);
        own.set(name, value);
      }
    }
    this.#own = Object.fromEntries(own);
  }
}
