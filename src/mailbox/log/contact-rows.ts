// How the user stands to whom: a row for everybody who was written to first, asked, or was blocked. Read when somebody is needed.
// The table is made with its first row: a mailbox without limits and requests has none.
import { putting, type Sql } from "./sql.ts";

const TABLE =
  "CREATE TABLE IF NOT EXISTS contact (name TEXT PRIMARY KEY, standing TEXT NOT NULL, wrote INTEGER NOT NULL) WITHOUT ROWID";
const PUT_CONTACT = putting("contact", ["name", "standing", "wrote"]);

/** contact: they may write. request: a stranger who has written and was not answered. blocked: nothing of theirs is taken. */
export type Standing = "contact" | "request" | "blocked";

/** Names remembered, so that not every message costs a look. */
const KNOWN = 10_000;

export class ContactRows {
  readonly #sql: Sql;
  readonly #known = new Map<string, Standing | null>();
  #exists: boolean;
  #wrote = false;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#exists = sql.row("SELECT 1 FROM sqlite_master WHERE name = 'contact'") !== undefined;
  }

  /** Null for whoever has no row. */
  standing(name: string): Standing | null {
    const known = this.#known.get(name);
    if (known !== undefined || !this.#exists) return known ?? null;
    const row = this.#sql.row<{ standing: Standing }>("SELECT standing FROM contact WHERE name = ?", name);
    return this.#know(name, row?.standing ?? null);
  }

  /** `wrote`: when the user wrote to somebody new, ms since 1970; 0 otherwise. */
  put(name: string, standing: Standing, wrote = 0): void {
    if (!this.#exists) this.#sql.run(TABLE);
    this.#exists = true;
    this.#sql.run(PUT_CONTACT, name, standing, wrote);
    this.#know(name, standing);
    this.#wrote = true;
  }

  /** Everybody who stands so, by name. */
  all(standing: Standing): string[] {
    if (!this.#exists) return [];
    const query = "SELECT name FROM contact WHERE standing = ? ORDER BY name";
    return this.#sql.rows<{ name: string }>(query, standing).map(({ name }) => name);
  }

  /** When the user wrote to new people after `time`, oldest first. */
  wroteAfter(time: number): number[] {
    if (!this.#exists) return [];
    const query = "SELECT wrote FROM contact WHERE wrote > ? ORDER BY wrote";
    return this.#sql.rows<{ wrote: number }>(query, time).map(({ wrote }) => wrote);
  }

  /** Ends a group; true if anything was written. */
  seal(): boolean {
    const wrote = this.#wrote;
    this.#wrote = false;
    return wrote;
  }

  #know(name: string, standing: Standing | null): Standing | null {
    if (this.#known.size >= KNOWN) this.#known.clear();
    this.#known.set(name, standing);
    return standing;
  }
}
