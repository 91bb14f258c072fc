// The webhook of a service and the state of its posts: one row, in memory, written when it changes. Its position in the
// log is in the row of a device of its own. The table is created with its first row.
import { upsert, type Sql } from "../../../durable/log/sql.ts";

const TABLE = `CREATE TABLE IF NOT EXISTS webhook (one INTEGER PRIMARY KEY CHECK (one = 1), url TEXT NOT NULL, secret TEXT NOT NULL,
  created INTEGER NOT NULL, failing INTEGER NOT NULL, tries INTEGER NOT NULL, due INTEGER NOT NULL, disabled INTEGER NOT NULL,
  first INTEGER, last INTEGER, gap INTEGER)`;
/** Columns that tables of older code lack. Older code does not touch them. */
const ADDED = ["first", "last", "gap"].map((column) => `ALTER TABLE webhook ADD COLUMN ${column} INTEGER`);
const COLUMNS = ["one", "url", "secret", "created", "failing", "tries", "due", "disabled", "first", "last", "gap"];
const PUT_WEBHOOK = upsert("webhook", COLUMNS);

/** Times in ms since 1970; 0 for never. */
export interface WebhookRow {
  readonly url: string;
  /** The key that signs posts: base64. */
  readonly secret: string;
  readonly created: number;
  /** Since when every post has failed. */
  readonly failing: number;
  /** How many posts have failed since then. */
  readonly tries: number;
  /** When the next post is due. */
  readonly due: number;
  /** When the webhook was disabled. */
  readonly disabled: number;
  /**
   * The failed post: the entries above `first`, up to `last`, after a gap up to `gap`. Each is 0 where there is none.
   */
  readonly first: number;
  readonly last: number;
  readonly gap: number;
}

export class WebhookRows {
  readonly #sql: Sql;
  #row: WebhookRow | null = null;
  #isPrepared = false;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Reads the row, after a wake. */
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

  /** Creates the table, or adds the columns that it lacks. */
  #prepare(): void {
    if (this.#isPrepared) return;
    this.#sql.run(TABLE);
    const hasAdded = "SELECT 1 FROM sqlite_master WHERE name = 'webhook' AND sql LIKE '%gap%'";
    if (this.#sql.row(hasAdded) === undefined) for (const column of ADDED) this.#sql.run(column);
    this.#isPrepared = true;
  }
}
