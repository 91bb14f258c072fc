// What is stored of a peer beside the messages: the standing, and what the user has set for the conversation. A row for
// each peer who was written to first, has asked, or was blocked, or for whom something is set. A row is read when it is
// needed. The table is created with its first row, and a column of `COLUMNS` with its first value.
import type { Sql } from "../../../durable/log/sql.ts";

const TABLE =
  "CREATE TABLE IF NOT EXISTS contact (name TEXT PRIMARY KEY, standing TEXT NOT NULL, wrote INTEGER NOT NULL) WITHOUT ROWID";
/** `wrote` is never lowered, so that a later standing does not restart the count of new people. */
const PUT_CONTACT = `INSERT INTO contact (name, standing, wrote) VALUES (?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET standing = excluded.standing, wrote = max(wrote, excluded.wrote)`;
/** Columns that the first tables do not have. They are NULL in rows of code that does not know them. */
const COLUMNS = {
  /** The standing before a block. */
  before: "TEXT",
  pinned: "INTEGER",
  muted: "INTEGER",
  hidden: "INTEGER",
  cleared: "INTEGER",
  displayName: "TEXT",
  /** When the display name last changed, ms since 1970. */
  named: "INTEGER",
} as const;
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

/** What the user has set for a conversation. */
export interface ChosenSettings {
  readonly pinned: boolean;
  readonly muted: boolean;
  /** The conversation is hidden until it has an entry above this seq; 0: it is not hidden. */
  readonly hiddenUpTo: number;
}

/** What a peer calls itself; empty if there is no name. */
export interface GivenName {
  readonly displayName: string;
  /** When it last changed, ms since 1970; 0 if it never did. */
  readonly changed: number;
}

const NO_NAME: GivenName = { displayName: "", changed: 0 };

const PUT_NAME = `INSERT INTO contact (name, standing, wrote, displayName, named) VALUES (?, 'contact', 0, ?, ?)
  ON CONFLICT (name) DO UPDATE SET displayName = excluded.displayName, named = excluded.named`;

const NOTHING_CHOSEN: ChosenSettings = { pinned: false, muted: false, hiddenUpTo: 0 };

/** A cleared conversation is hidden, too. */
const CLEAR = `INSERT INTO contact (name, standing, wrote, hidden, cleared) VALUES (?1, 'contact', 0, ?2, ?2)
  ON CONFLICT (name) DO UPDATE SET hidden = excluded.hidden, cleared = excluded.cleared`;

const PUT_CHOSEN = `INSERT INTO contact (name, standing, wrote, pinned, muted, hidden) VALUES (?, 'contact', 0, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET pinned = excluded.pinned, muted = excluded.muted, hidden = excluded.hidden`;

/** A row as far as it is cached. */
interface Contact {
  readonly standing: Standing;
  readonly chosen: ChosenSettings;
  readonly clearedUpTo: number;
  readonly name: GivenName;
}

/** Columns that the table does not have are absent. */
interface ContactRow {
  readonly standing: Standing;
  readonly pinned?: number | null;
  readonly muted?: number | null;
  readonly hidden?: number | null;
  readonly cleared?: number | null;
  readonly displayName?: string | null;
  readonly named?: number | null;
}

/** Cached names, so that not every message costs a query. */
const MAX_CACHED = 10_000;

export class ContactRows {
  readonly #sql: Sql;
  readonly #cached = new Map<string, Contact | null>();
  #exists: boolean;
  /** The columns of `COLUMNS` that the table has. */
  readonly #columns: Set<string>;

  constructor(sql: Sql) {
    this.#sql = sql;
    const table = sql.row<{ sql: string }>("SELECT sql FROM sqlite_master WHERE name = 'contact'")?.sql;
    this.#exists = table !== undefined;
    const words = new Set(table?.split(/\W+/));
    this.#columns = new Set(Object.keys(COLUMNS).filter((column) => words.has(column)));
  }

  /** Null for a name without a row. */
  standing(name: string): Standing | null {
    return this.#contact(name)?.standing ?? null;
  }

  /** What the user has set for the conversation with this peer. */
  chosen(name: string): ChosenSettings {
    return this.#contact(name)?.chosen ?? NOTHING_CHOSEN;
  }

  /** Stores what the user has set. A peer without a row is a contact. */
  choose(name: string, chosen: ChosenSettings): void {
    this.#createColumns("pinned", "muted", "hidden");
    this.#sql.run(PUT_CHOSEN, name, Number(chosen.pinned), Number(chosen.muted), chosen.hiddenUpTo);
    this.#cached.delete(name);
  }

  /** What this peer calls itself. */
  givenName(name: string): GivenName {
    return this.#contact(name)?.name ?? NO_NAME;
  }

  /** Stores what a contact calls itself. */
  giveName(name: string, { displayName, changed }: GivenName): void {
    this.#createColumns("displayName", "named");
    this.#sql.run(PUT_NAME, name, displayName, changed);
    this.#cached.delete(name);
  }

  /** Every message of the conversation up to this seq was removed, or is being removed; 0 for none. */
  clearedUpTo(name: string): number {
    return this.#contact(name)?.clearedUpTo ?? 0;
  }

  /** Stores that the conversation is removed up to a seq. */
  clear(name: string, upTo: number): void {
    this.#createColumns("hidden", "cleared");
    this.#sql.run(CLEAR, name, upTo);
    this.#cached.delete(name);
  }

  /** `wrote`: when the user first wrote to this peer, ms since 1970; 0 otherwise. */
  put(name: string, standing: Standing, wrote = 0): void {
    this.#createTable();
    this.#sql.run(PUT_CONTACT, name, standing, wrote);
    this.#cached.delete(name);
  }

  /** Blocks a peer, and stores the standing `before`. */
  block(name: string, before: Exclude<Standing, "blocked"> | null): void {
    this.#createColumns("before");
    this.#sql.run(BLOCK, name, (before ?? "nobody") satisfies Before);
    this.#cached.delete(name);
  }

  /** The standing before the block; null where it is unknown. */
  before(name: string): Before | null {
    if (!this.#columns.has("before")) return null;
    return this.#sql.row<{ before: Before | null }>("SELECT before FROM contact WHERE name = ?", name)?.before ?? null;
  }

  /** Deletes the row. */
  drop(name: string): void {
    this.#sql.run("DELETE FROM contact WHERE name = ?", name);
    this.#cached.delete(name);
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

  #contact(name: string): Contact | null {
    const known = this.#cached.get(name);
    if (known !== undefined || !this.#exists) return known ?? null;
    const row = this.#sql.row<ContactRow>("SELECT * FROM contact WHERE name = ?", name);
    const contact = row === undefined ? null : contactOf(row);
    if (this.#cached.size >= MAX_CACHED) this.#cached.clear();
    this.#cached.set(name, contact);
    return contact;
  }

  #createTable(): void {
    if (!this.#exists) this.#sql.run(TABLE);
    this.#exists = true;
  }

  #createColumns(...columns: (keyof typeof COLUMNS)[]): void {
    this.#createTable();
    for (const column of columns) {
      if (!this.#columns.has(column)) this.#sql.run(`ALTER TABLE contact ADD COLUMN ${column} ${COLUMNS[column]}`);
      this.#columns.add(column);
    }
  }
}

function contactOf({ standing, pinned, muted, hidden, cleared, displayName, named }: ContactRow): Contact {
  const chosen = { pinned: pinned === 1, muted: muted === 1, hiddenUpTo: hidden ?? 0 };
  const name = { displayName: displayName ?? "", changed: named ?? 0 };
  return { standing, chosen, clearedUpTo: cleared ?? 0, name };
}
