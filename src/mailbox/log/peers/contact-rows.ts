// The standings of peers: a row for each peer who was written to first, has asked, or was blocked. A row is read when
// it is needed. The table is created with its first row: a mailbox without limits and requests has none.
import type { Sql } from "../../../durable/log/sql.ts";

const TABLE =
  "CREATE TABLE IF NOT EXISTS contact (name TEXT PRIMARY KEY, standing TEXT NOT NULL, wrote INTEGER NOT NULL) WITHOUT ROWID";
/** `wrote` is never lowered, so that a later standing does not restart the count of new people. */
const PUT_CONTACT = `INSERT INTO contact (name, standing, wrote) VALUES (?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET standing = excluded.standing, wrote = max(wrote, excluded.wrote)`;
/**
 * The standing before a block. The column is created with the first block, and NULL in rows of code that does not know
 * it.
 */
const ADD_BEFORE = "ALTER TABLE contact ADD COLUMN before TEXT";
const BLOCK = `INSERT INTO contact (name, standing, wrote, before) VALUES (?, 'blocked', 0, ?)
  ON CONFLICT (name) DO UPDATE SET standing = 'blocked', before = excluded.before`;

/**
 * - contact: may write.
 * - request: a stranger who has written and was not answered.
 * - blocked: everything from them is refused.
 */
export type Standing = "contact" | "request" | "blocked";

/** The standing before a block; `nobody`: nothing was exchanged. */
export type Before = Exclude<Standing, "blocked"> | "nobody";

/** Cached names, so that not every message costs a query. */
const MAX_CACHED = 10_000;

export class ContactRows {
  readonly #sql: Sql;
  readonly #cached = new Map<string, Standing | null>();
  #exists: boolean;
  /** Whether there is a column `before`. */
  #hasBefore: boolean;

  constructor(sql: Sql) {
    this.#sql = sql;
    const table = sql.row<{ sql: string }>("SELECT sql FROM sqlite_master WHERE name = 'contact'")?.sql;
    this.#exists = table !== undefined;
    this.#hasBefore = table?.includes("before") === true;
  }

  /** Null for a name without a row. */
  standing(name: string): Standing | null {
    const known = this.#cached.get(name);
    if (known !== undefined || !this.#exists) return known ?? null;
    const row = this.#sql.row<{ standing: Standing }>("SELECT standing FROM contact WHERE name = ?", name);
    return this.#cache(name, row?.standing ?? null);
  }

  /** `wrote`: when the user first wrote to this peer, ms since 1970; 0 otherwise. */
  put(name: string, standing: Standing, wrote = 0): void {
    this.#createTable();
    this.#sql.run(PUT_CONTACT, name, standing, wrote);
    this.#cache(name, standing);
  }

  /** Blocks a peer, and stores the standing `before`. */
  block(name: string, before: Exclude<Standing, "blocked"> | null): void {
    this.#createTable();
    if (!this.#hasBefore) this.#sql.run(ADD_BEFORE);
    this.#hasBefore = true;
    this.#sql.run(BLOCK, name, (before ?? "nobody") satisfies Before);
    this.#cache(name, "blocked");
  }

  /** The standing before the block; null where it is unknown. */
  before(name: string): Before | null {
    if (!this.#hasBefore) return null;
    return this.#sql.row<{ before: Before | null }>("SELECT before FROM contact WHERE name = ?", name)?.before ?? null;
  }

  /** Deletes the standing. */
  drop(name: string): void {
    this.#sql.run("DELETE FROM contact WHERE name = ?", name);
    this.#cache(name, null);
  }

  /** The names with this standing, in order. */
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

  #createTable(): void {
    if (!this.#exists) this.#sql.run(TABLE);
    this.#exists = true;
  }

  #cache(name: string, standing: Standing | null): Standing | null {
    if (this.#cached.size >= MAX_CACHED) this.#cached.clear();
    this.#cached.set(name, standing);
    return standing;
  }
}
