// Where a service's mail is posted to, and how that goes: one row, in memory, written when it changes. Up to where it was posted is in the
// row of a device of its own. The table is made with its first row.
import { upsert, type Sql } from "../../durable/log/sql.ts";

const TABLE = `CREATE TABLE IF NOT EXISTS webhook (one INTEGER PRIMARY KEY CHECK (one = 1), url TEXT NOT NULL, secret TEXT NOT NULL,
  created INTEGER NOT NULL, failing INTEGER NOT NULL, tries INTEGER NOT NULL, due INTEGER NOT NULL, disabled INTEGER NOT NULL,
  first INTEGER, last INTEGER, gap INTEGER)`;
/** What a table of before lacks. Code of before leaves them be. */
const LATER = ["first", "last", "gap"].map((column) => `ALTER TABLE webhook ADD COLUMN ${column} INTEGER`);
const COLUMNS = ["one", "url", "secret", "created", "failing", "tries", "due", "disabled", "first", "last", "gap"];
const PUT_WEBHOOK = upsert("webhook", COLUMNS);

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
  /** The post that was not taken: what lies above `first`, up to `last`, after a gap up to `gap`. Each is 0 where there is none. */
  readonly first: number;
  readonly last: number;
  readonly gap: number;
}

export class WebhookRows {
  readonly #sql: Sql;
  #row: WebhookRow | null = null;
  #ready = false;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Reads it, after a wake. */
  load(): void {
    if (this.#sql.row("SELECT 1 FROM sqlite_master WHERE name = 'webhook'") === undefined) return;
    const row = this.#sql.row<WebhookRow>("SELECT * FROM webhook");
    this.#row = row === undefined ? null : { ...row, first: row.first ?? 0, last: row.last ?? 0, gap: row.gap ?? 0 };
  }

  get row(): WebhookRow | null {
    return this.#row;
  }

  put(row: WebhookRow): void {
    this.#prepare();
    this.#row = row;
    const { url, secret, created, failing, tries, due, disabled, first, last, gap } = row;
    this.#sql.run(PUT_WEBHOOK, 1, url, secret, created, failing, tries, due, disabled, first, last, gap);
  }

  remove(): void {
    if (this.#row === null) return;
    this.#row = null;
    this.#sql.run("DELETE FROM webhook");
  }

  /** The table as this version has it. */
  #prepare(): void {
    if (this.#ready) return;
    this.#sql.run(TABLE);
    const isLater = "SELECT 1 FROM sqlite_master WHERE name = 'webhook' AND sql LIKE '%gap%'";
    if (this.#sql.row(isLater) === undefined) for (const column of LATER) this.#sql.run(column);
    this.#ready = true;
  }
}
