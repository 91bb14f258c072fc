// The account of a mailbox whose name was claimed: its tokens, passkeys, recovery code and link code. All of it is in
// memory, and a row is written when it changes. Of every secret only the hash is here; hashes are compared in constant
// time.
import type { Passkey } from "../../../protocol/account.ts";
import type { Sql } from "../../../durable/log/sql.ts";
import { ServiceRows } from "./service-rows.ts";

/** Written once, when a name is claimed. */
const TABLES = [
  `CREATE TABLE account (one INTEGER PRIMARY KEY CHECK (one = 1), created INTEGER NOT NULL, recovery TEXT NOT NULL,
    link TEXT, linkEnds INTEGER NOT NULL, linkTries INTEGER NOT NULL, secret TEXT NOT NULL, used TEXT NOT NULL)`,
  `CREATE TABLE token (hash TEXT PRIMARY KEY, label TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID`,
  `CREATE TABLE passkey (id TEXT PRIMARY KEY, key TEXT NOT NULL, counter INTEGER NOT NULL, transports TEXT NOT NULL,
    label TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID`,
];

/**
 * Columns that the first version had not. An older account gets them when one of them is written for the first time.
 */
const ADDED = [
  "ALTER TABLE account ADD COLUMN recoveryBy TEXT",
  "ALTER TABLE account ADD COLUMN linkBy TEXT",
  "ALTER TABLE account ADD COLUMN notified INTEGER NOT NULL DEFAULT 0",
  "ALTER TABLE token ADD COLUMN proved INTEGER NOT NULL DEFAULT 0",
  // The last one: where it exists, all exist.
  "ALTER TABLE passkey ADD COLUMN maker TEXT",
];
const ALL_ADDED = "SELECT 1 FROM sqlite_master WHERE name = 'passkey' AND sql LIKE '%maker TEXT%'";

/** A challenge that this mailbox made. `expires`: ms since 1970. */
export interface Challenge {
  readonly nonce: string;
  readonly expires: number;
}

/** The account itself. Hashes are SHA-256 in hex; times are ms since 1970. */
export interface Account {
  readonly created: number;
  recovery: string;
  /** The id of the device that made the recovery code; null where it is unknown. */
  recoveryBy: string | null;
  /** The link code that is valid until `linkEnds`; null for none. */
  link: string | null;
  linkEnds: number;
  /** The id of the device that made the link code. */
  linkBy: string | null;
  /** When the user was last notified of wrong codes. */
  notified: number;
  /** The key that signs challenges, and the used challenges that have not expired, which are JSON in the row. */
  readonly secret: string;
  used: readonly Challenge[];
}

type Added = "recoveryBy" | "linkBy" | "notified";
type Row = Omit<Account, "used" | Added> & Partial<Pick<Account, Added>> & { readonly used: string };
type PasskeyRow = Omit<Passkey, "transports" | "maker"> & {
  readonly transports: string;
  readonly maker?: string | null;
};
type TokenRow = Omit<Token, "proved"> & { readonly proved?: number };

/** A signed-in device. */
export interface Token {
  readonly hash: string;
  readonly label: string;
  readonly created: number;
  seen: number;
  /** When it last proved that it is the user; 0 for never. */
  proved: number;
}

export class AccountRows {
  readonly service: ServiceRows;
  readonly #sql: Sql;
  #account: Account | null = null;
  readonly #tokens = new Map<string, Token>();
  readonly #passkeys = new Map<string, Passkey>();
  /** Whether the tables have the columns of `ADDED`. */
  #isComplete = false;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.service = new ServiceRows(sql);
  }

  /** Reads all rows, after a wake. */
  load(): void {
    this.service.load();
    if (this.#sql.row("SELECT 1 FROM sqlite_master WHERE name = 'account'") === undefined) return;
    this.#isComplete = this.#sql.row(ALL_ADDED) !== undefined;
    const added = { recoveryBy: null, linkBy: null, notified: 0 };
    const row = this.#sql.row<Row>("SELECT * FROM account");
    this.#account = row === undefined ? null : { ...added, ...row, used: JSON.parse(row.used) as Challenge[] };
    for (const key of this.#sql.rows<PasskeyRow>("SELECT * FROM passkey")) {
      this.#passkeys.set(key.id, { maker: null, ...key, transports: JSON.parse(key.transports) as string[] });
    }
    for (const token of this.#sql.rows<TokenRow>("SELECT * FROM token")) {
      this.#tokens.set(token.hash, { proved: 0, ...token });
    }
  }

  /** Null until the name is claimed. */
  get account(): Readonly<Account> | null {
    return this.#account;
  }

  /** Claims the name: from now on only tokens of the account open the mailbox. */
  claim(first: { readonly recovery: string; readonly recoveryBy: string; readonly secret: string }, now: number): void {
    for (const statement of [...TABLES, ...ADDED]) this.#sql.run(statement);
    this.#isComplete = true;
    const { recovery, recoveryBy, secret } = first;
    const columns = "one, created, recovery, link, linkEnds, linkTries, secret, used, recoveryBy";
    this.#sql.run(
      `INSERT INTO account (${columns}) VALUES (1, ?, ?, NULL, 0, 0, ?, '[]', ?)`,
      now,
      recovery,
      secret,
      recoveryBy,
    );
    this.#account = { ...first, created: now, link: null, linkEnds: 0, linkBy: null, notified: 0, used: [] };
  }

  /** Leaves `linkTries` as it is, in which older code counts wrong link codes. */
  change(change: Partial<Account>): void {
    if (this.#account === null) return;
    this.#addColumns();
    Object.assign(this.#account, change);
    const { recovery, recoveryBy, link, linkEnds, linkBy, notified, used } = this.#account;
    const columns = ["recovery", "recoveryBy", "link", "linkEnds", "linkBy", "notified", "used"];
    const statement = `UPDATE account SET ${columns.map((column) => `${column} = ?`).join(", ")}`;
    this.#sql.run(statement, recovery, recoveryBy, link, linkEnds, linkBy, notified, JSON.stringify(used));
  }

  /** The device with this token, or null. */
  token(hash: string): Token | null {
    let found: Token | null = null;
    for (const token of this.#tokens.values()) if (isSame(token.hash, hash)) found = token;
    return found;
  }

  /** Whether a token is still valid whose hash begins with `id`. */
  hasTokenWith(id: string): boolean {
    for (const hash of this.#tokens.keys()) if (hash.startsWith(id)) return true;
    return this.service.hasTokenWith(id);
  }

  /** The tokens of the devices, the last seen device first. */
  tokens(): Token[] {
    return [...this.#tokens.values()].toSorted((a, b) => b.seen - a.seen);
  }

  addToken(token: Token): void {
    this.#tokens.set(token.hash, token);
    const { hash, label, created, seen } = token;
    this.#sql.run("INSERT INTO token (hash, label, created, seen) VALUES (?, ?, ?, ?)", hash, label, created, seen);
  }

  removeToken({ hash }: Token): void {
    this.#tokens.delete(hash);
    this.#sql.run("DELETE FROM token WHERE hash = ?", hash);
  }

  recordProof(token: Token, now: number): void {
    this.#addColumns();
    token.proved = now;
    this.#sql.run("UPDATE token SET proved = ? WHERE hash = ?", now, token.hash);
  }

  recordSeen(token: Token, now: number): void {
    token.seen = now;
    this.#sql.run("UPDATE token SET seen = ? WHERE hash = ?", now, token.hash);
  }

  /** The passkeys, the oldest first. */
  passkeys(): Passkey[] {
    return [...this.#passkeys.values()].toSorted((a, b) => a.created - b.created);
  }

  addPasskey(passkey: Passkey): void {
    this.#addColumns();
    this.#passkeys.set(passkey.id, passkey);
    const { id, key, counter, transports, label, created, seen, maker } = passkey;
    const statement =
      "INSERT INTO passkey (id, key, counter, transports, label, created, seen, maker) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    this.#sql.run(statement, id, key, counter, JSON.stringify(transports), label, created, seen, maker);
  }

  /** A browser signed in again: codes and passkeys that its last device made belong to its next one. */
  moveToDevice(from: string, to: string): void {
    for (const passkey of this.#passkeys.values()) {
      if (passkey.maker !== from) continue;
      this.#passkeys.set(passkey.id, { ...passkey, maker: to });
      this.#sql.run("UPDATE passkey SET maker = ? WHERE id = ?", to, passkey.id);
    }
    const { recoveryBy = null, linkBy = null } = this.#account ?? {};
    if (recoveryBy !== from && linkBy !== from) return;
    this.change({ recoveryBy: recoveryBy === from ? to : recoveryBy, linkBy: linkBy === from ? to : linkBy });
  }

  recordPasskeyUse(passkey: Passkey, counter: number, seen: number): void {
    this.#passkeys.set(passkey.id, { ...passkey, counter, seen });
    this.#sql.run("UPDATE passkey SET counter = ?, seen = ? WHERE id = ?", counter, seen, passkey.id);
  }

  removePasskey(id: string): void {
    this.#passkeys.delete(id);
    this.#sql.run("DELETE FROM passkey WHERE id = ?", id);
  }

  #addColumns(): void {
    if (!this.#isComplete) for (const statement of ADDED) this.#sql.run(statement);
    this.#isComplete = true;
  }
}

/** Whether two hashes are the same, compared in constant time. */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [encoder.encode(one), encoder.encode(other)];
  return a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b);
}

const encoder = new TextEncoder();
