// Where a service's mail is posted to, and how that goes: one row, in memory, written when it changes. Up to where it was posted is in the
// row of a device of its own. The table is made with its first row.
import { putting, type Sql } from "./sql.ts";

const TABLE = `CREATE TABLE IF NOT EXISTS webhook (one INTEGER PRIMARY KEY CHECK (one = 1), url TEXT NOT NULL, secret TEXT NOT NULL,
  created INTEGER NOT NULL, failing INTEGER NOT NULL, tries INTEGER NOT NULL, due INTEGER NOT NULL, disabled INTEGER NOT NULL)`;
const PUT_WEBHOOK = putting("webhook", ["one", "url", "secret", "created", "failing", "tries", "due", "disabled"]);

/** Times in ms since 1970; 0 for never. */
export interface WebhookRow {
  readonly url: string;
  /** What posts are signed with: base64. */
  readonly secret: string;
  readonly created: number;
  /** Since when nothing was taken. */
  readonly failing: number;
  /** Posts since then. */
  readonly tries: number;
  /** When to try again. */
  readonly due: number;
  /** When it was given up. */
  readonly disabled: number;
}

export class WebhookRows {
  readonly #sql: Sql;
  #row: WebhookRow | null = null;
  #wrote = false;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Reads it, after a wake. */
  load(): void {
    if (this.#sql.row("SELECT 1 FROM sqlite_master WHERE name = 'webhook'") === undefined) return;
    this.#row = this.#sql.row<WebhookRow>("SELECT * FROM webhook") ?? null;
  }

  get row(): WebhookRow | null {
    return this.#row;
  }

  put(row: WebhookRow): void {
    if (this.#row === null) this.#sql.run(TABLE);
    this.#row = row;
    const { url, secret, created, failing, tries, due, disabled } = row;
    this.#sql.run(PUT_WEBHOOK, 1, url, secret, created, failing, tries, due, disabled);
    this.#wrote = true;
  }

  remove(): void {
    if (this.#row === null) return;
    this.#row = null;
    this.#sql.run("DELETE FROM webhook");
    this.#wrote = true;
  }

  /** Ends a group; true if anything was written. */
  seal(): boolean {
    const wrote = this.#wrote;
    this.#wrote = false;
    return wrote;
  }
}
