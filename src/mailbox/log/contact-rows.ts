// How the user stands to whom: a row for everybody who was written to first, asked, or was blocked. Read when somebody is needed.
// The table is made with its first row: a mailbox without limits and requests has none.
import type { Sql } from "../../durable/log/sql.ts";

const TABLE =
  "CREATE TABLE IF NOT EXISTS contact (name TEXT PRIMARY KEY, standing TEXT NOT NULL, wrote INTEGER NOT NULL) WITHOUT ROWID";
/** When somebody was first written to is never forgotten: a later standing does not begin the count of new people anew. */
const PUT_CONTACT = `INSERT INTO contact (name, standing, wrote) VALUES (?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET standing = excluded.standing, wrote = max(wrote, excluded.wrote)`;
/** How somebody stood before a block: made with the first one, and NULL in rows of code that does not know it. */
const ADD_BEFORE = "ALTER TABLE contact ADD COLUMN before TEXT";
const BLOCK = `INSERT INTO contact (name, standing, wrote, before) VALUES (?, 'blocked', 0, ?)
  ON CONFLICT (name) DO UPDATE SET standing = 'blocked', before = excluded.before`;

/** contact: they may write. request: a stranger who has written and was not answered. blocked: nothing of theirs is taken. */
export type Standing = "contact" | "request" | "blocked";

/** How somebody stood before a block; nobody: nothing was exchanged. */
export type Before = Exclude<Standing, "blocked"> | "nobody";

/** Names remembered, so that not every message costs a look. */
const KNOWN = 10_000;

export class ContactRows {
  readonly #sql: Sql;
  readonly #known = new Map<string, Standing | null>();
  #exists: boolean;
  /** Whether there is a column `before`. */
  #hasBefore: boolean;

  constructor(sql: Sql) {
    this.#sql = sql;
    const table = sql.row<{ sql: string }>("SELECT sql FROM sqlite_master WHERE name = 'contact'")?.sql;
    this.#exists = table !== undefined;
    this.#hasBefore = table?.includes("before") === true;
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
    this.#make();
    this.#sql.run(PUT_CONTACT, name, standing, wrote);
    this.#know(name, standing);
  }

  /** From now on blocked; `before` is remembered. */
  block(name: string, before: Exclude<Standing, "blocked"> | null): void {
    this.#make();
    if (!this.#hasBefore) this.#sql.run(ADD_BEFORE);
    this.#hasBefore = true;
    this.#sql.run(BLOCK, name, (before ?? "nobody") satisfies Before);
    this.#know(name, "blocked");
  }

  /** How somebody stood before the block; null where that is not known. */
  before(name: string): Before | null {
    if (!this.#hasBefore) return null;
    return this.#sql.row<{ before: Before | null }>("SELECT before FROM contact WHERE name = ?", name)?.before ?? null;
  }

  /** Forgets how somebody stands. */
  drop(name: string): void {
    this.#sql.run("DELETE FROM contact WHERE name = ?", name);
    this.#know(name, null);
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

  #make(): void {
    if (!this.#exists) this.#sql.run(TABLE);
    this.#exists = true;
  }

  #know(name: string, standing: Standing | null): Standing | null {
    if (this.#known.size >= KNOWN) this.#known.clear();
    this.#known.set(name, standing);
    return standing;
  }
}
