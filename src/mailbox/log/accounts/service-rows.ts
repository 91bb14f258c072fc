// The rows of a service account: that an operator made this mailbox one, and its tokens with their scopes. All of it is
// in memory, and a row is written when it changes; of a token only the hash is here. The tables are created with their
// first row.
import type { Scope } from "../../../protocol/service.ts";
import type { Sql } from "../../../durable/log/sql.ts";
import { WebhookRows } from "./webhook-rows.ts";

const TABLES = [
  "CREATE TABLE service (one INTEGER PRIMARY KEY CHECK (one = 1), created INTEGER NOT NULL, ended INTEGER NOT NULL)",
  `CREATE TABLE access (hash TEXT PRIMARY KEY, label TEXT NOT NULL, scopes TEXT NOT NULL, created INTEGER NOT NULL,
    seen INTEGER NOT NULL) WITHOUT ROWID`,
];

/** A token of the service. `hash`: SHA-256, hex; times in ms since 1970. */
export interface ServiceToken {
  readonly hash: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly created: number;
  seen: number;
}

/** `ended`: when an operator revoked it, ms since 1970; 0 while it is in use. */
interface ServiceRow {
  readonly created: number;
  ended: number;
}

export class ServiceRows {
  readonly webhook: WebhookRows;
  readonly #sql: Sql;
  #row: ServiceRow | null = null;
  readonly #access = new Map<string, ServiceToken>();

  constructor(sql: Sql) {
    this.#sql = sql;
    this.webhook = new WebhookRows(sql);
  }

  /** Reads all rows, after a wake. */
  load(): void {
    if (this.#sql.row("SELECT 1 FROM sqlite_master WHERE name = 'service'") === undefined) return;
    this.#row = this.#sql.row<ServiceRow>("SELECT * FROM service") ?? null;
    this.webhook.load();
    for (const row of this.#sql.rows<ServiceToken & { scopes: string }>("SELECT * FROM access")) {
      this.#access.set(row.hash, { ...row, scopes: row.scopes.split(" ") as Scope[] });
    }
  }

  /** Null for a mailbox that is no service account. A revoked service stays one: no other account gets its name. */
  get row(): Readonly<ServiceRow> | null {
    return this.#row;
  }

  /** Makes the mailbox a service account, also a revoked one. */
  create(now: number): void {
    if (this.#row === null) {
      for (const table of TABLES) this.#sql.run(table);
      this.#sql.run("INSERT INTO service (one, created, ended) VALUES (1, ?, 0)", now);
      this.#row = { created: now, ended: 0 };
    } else this.#end(0);
  }

  /** Revokes the service: it has no tokens and no webhook any more. */
  end(now: number): void {
    for (const row of this.tokens()) this.removeToken(row);
    this.webhook.remove();
    this.#end(now);
  }

  token(hash: string): ServiceToken | null {
    return this.#access.get(hash) ?? null;
  }

  /** Whether a token is still valid whose hash begins with `id`. */
  hasTokenWith(id: string): boolean {
    for (const hash of this.#access.keys()) if (hash.startsWith(id)) return true;
    return false;
  }

  /** The tokens, the oldest first. */
  tokens(): ServiceToken[] {
    return [...this.#access.values()].toSorted((a, b) => a.created - b.created);
  }

  addToken(row: ServiceToken): void {
    this.#access.set(row.hash, row);
    const { hash, label, scopes, created, seen } = row;
    const statement = "INSERT INTO access (hash, label, scopes, created, seen) VALUES (?, ?, ?, ?, ?)";
    this.#sql.run(statement, hash, label, scopes.join(" "), created, seen);
  }

  removeToken({ hash }: ServiceToken): void {
    this.#access.delete(hash);
    this.#sql.run("DELETE FROM access WHERE hash = ?", hash);
  }

  recordSeen(row: ServiceToken, now: number): void {
    row.seen = now;
    this.#sql.run("UPDATE access SET seen = ? WHERE hash = ?", now, row.hash);
  }

  #end(ended: number): void {
    if (this.#row === null) return;
    this.#row.ended = ended;
    this.#sql.run("UPDATE service SET ended = ?", ended);
  }
}
