// The records of a store as rows of its tables. It knows records and nothing of their meaning.
import type { SQLOutputValue, StatementSync, DatabaseSync } from "node:sqlite";
import type {
  Arrival,
  Commit,
  Draft,
  Entry,
  Kept,
  Past,
  Piece,
  Position,
  Read,
  Row,
  Written,
} from "../client/store.ts";
import { Limits } from "./limits.ts";

type Columns = Record<string, SQLOutputValue>;

const json = (value: unknown): string => JSON.stringify(value ?? null);
const parsed = (text: SQLOutputValue | undefined): unknown => JSON.parse(String(text)) as unknown;

export class Records {
  readonly #db: DatabaseSync;
  readonly #limits: Limits;
  /** By their SQL. */
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync, maxMessages: number) {
    this.#db = db;
    this.#limits = new Limits((sql) => this.#sql(sql), maxMessages);
  }

  about(name: string): string | undefined {
    const row = this.#sql("SELECT value FROM about WHERE name = ?").get(name);
    return row && String(row["value"]);
  }

  setAbout(name: string, value: string): void {
    this.#sql("INSERT OR REPLACE INTO about (name, value) VALUES (?, ?)").run(name, value);
  }

  kept(first: Position): Kept {
    const position = this.about("position");
    if (position === undefined) this.setAbout("position", json(first));
    return {
      position: position === undefined ? first : (parsed(position) as Position),
      rows: this.#records("SELECT record FROM rows") as Row[],
      drafts: this.#records("SELECT record FROM drafts ORDER BY number") as Draft[],
      reads: this.#sql("SELECT peer, seq FROM reads").all() as unknown as Read[],
    };
  }

  apply(commit: Commit): void {
    if (commit.position) this.setAbout("position", json(commit.position));
    if (commit.taken !== undefined) this.setAbout("taken", `${commit.taken}`);
    for (const row of commit.rows ?? [])
      this.#sql("INSERT OR REPLACE INTO rows (peer, record) VALUES (?, ?)").run(row.peer, json(row));
    for (const entry of commit.entries ?? []) this.#putEntry(entry);
    for (const { peer, from, upTo } of commit.removed ?? [])
      this.#sql("DELETE FROM entries WHERE peer = ? AND seq BETWEEN ? AND ?").run(peer, from, upTo);
    for (const { seq, ...why } of commit.failures ?? [])
      this.#sql("UPDATE entries SET failed = ? WHERE seq = ?").run(json(why), seq);
    for (const draft of commit.drafts ?? []) this.#putDraft(draft);
    for (const { key, is } of commit.unnumbered ?? [])
      this.#sql("UPDATE send_keys SET state = ? WHERE key = ?").run(is, key);
    for (const key of commit.settled ?? []) this.#settle(key);
    for (const { peer, seq } of commit.reads ?? [])
      this.#sql("INSERT OR REPLACE INTO reads (peer, seq) VALUES (?, ?)").run(peer, seq);
    for (const peer of commit.told ?? []) this.#sql("DELETE FROM reads WHERE peer = ?").run(peer);
    if (commit.past) this.#putPast(commit.past);
    this.#limits.hold(commit);
  }

  piece(peer: string, before: number, limit: number): Piece {
    const past = this.#sql("SELECT first FROM past WHERE peer = ?").get(peer)?.["first"];
    const { base } = parsed(this.about("position")) as Position;
    const from = Math.max(Number(past ?? base ?? Infinity), this.#limits.begin);
    if (!Number.isFinite(from)) return { entries: [], from };
    const select = "SELECT * FROM entries WHERE peer = ? AND seq >= ? AND seq < ? ORDER BY seq DESC LIMIT ?";
    const rows = this.#sql(select).all(peer, from, Math.min(before, Number.MAX_SAFE_INTEGER), limit);
    return { entries: rows.toReversed().map(entryOf), from };
  }

  /** From the first call on messages wait for an iteration. */
  arrivals(after: number | null, limit: number): Arrival[] {
    if (after === null) this.#sql("INSERT OR IGNORE INTO about (name, value) VALUES ('taken', '0')").run();
    const select = "SELECT * FROM entries WHERE number > ? AND is_arrival ORDER BY number LIMIT ?";
    const rows = this.#sql(select).all(after ?? Number(this.about("taken")), limit);
    return rows.map((row) => ({ number: Number(row["number"]), entry: entryOf(row) }));
  }

  written(sendKey: string): Written | undefined {
    const select = `SELECT k.key, k.at, k.seq, k.state, e.body, e.failed, d.record
      FROM send_keys k LEFT JOIN entries e ON e.peer = k.peer AND e.seq = k.seq LEFT JOIN drafts d ON d.key = k.key
      WHERE k.send_key = ?`;
    const row = this.#sql(select).get(sendKey);
    if (row === undefined) return undefined;
    if (row["record"] !== null) return parsed(row["record"]) as Draft;
    return {
      key: String(row["key"]),
      at: Number(row["at"]),
      seq: row["seq"] === null ? null : Number(row["seq"]),
      ...(row["state"] !== null && { is: row["state"] as "stored" | "queued" }),
      ...(row["body"] !== null && { body: parsed(row["body"]) }),
      ...(row["failed"] !== null && { failed: parsed(row["failed"]) as Entry["failed"] & object }),
    };
  }

  #putEntry(entry: Entry): void {
    const { peer, seq, from, key, at, body, failed, sendKey } = entry;
    const insert = `INSERT OR REPLACE INTO entries (peer, seq, is_arrival, sender, key, at, body, failed, send_key)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    const failure = failed === undefined ? null : json(failed);
    this.#sql(insert).run(peer, seq, Number(from === peer), from, key, at, json(body), failure, sendKey ?? null);
    if (sendKey === undefined) return;
    this.#sql("UPDATE send_keys SET seq = ?, at = ? WHERE send_key = ?").run(seq, at, sendKey);
  }

  #putDraft(draft: Draft): void {
    const upsert =
      "INSERT INTO drafts (key, record) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET record = excluded.record";
    this.#sql(upsert).run(draft.key, json(draft));
    if (draft.sendKey === undefined) return;
    const remember = `INSERT INTO send_keys (send_key, key, peer, at) VALUES (?, ?, ?, ?)
      ON CONFLICT (send_key) DO UPDATE SET key = excluded.key, at = excluded.at, seq = NULL, state = NULL`;
    this.#sql(remember).run(draft.sendKey, draft.key, draft.peer, draft.at);
  }

  /** A key whose message was discarded is free again. */
  #settle(key: string): void {
    const record = this.#sql("DELETE FROM drafts WHERE key = ? RETURNING record").get(key)?.["record"];
    const { sendKey } = record === undefined ? {} : (parsed(record) as Draft);
    if (sendKey === undefined) return;
    this.#sql("DELETE FROM send_keys WHERE send_key = ? AND seq IS NULL AND state IS NULL").run(sendKey);
  }

  /** Messages that are here stay as they are. */
  #putPast({ peer, from, entries }: Past): void {
    const insert = `INSERT OR IGNORE INTO entries (peer, seq, is_arrival, sender, key, at, body, failed)
      VALUES (?, ?, 0, ?, ?, ?, ?, ?)`;
    for (const { seq, from: sender, key, at, body, failed } of entries)
      this.#sql(insert).run(peer, seq, sender, key, at, json(body), failed === undefined ? null : json(failed));
    this.#sql("INSERT OR REPLACE INTO past (peer, first) VALUES (?, ?)").run(peer, from);
  }

  #records(select: string): unknown[] {
    return this.#sql(select)
      .all()
      .map((row) => parsed(row["record"]));
  }

  #sql(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function entryOf(row: Columns): Entry {
  return {
    key: String(row["key"]),
    seq: Number(row["seq"]),
    peer: String(row["peer"]),
    from: String(row["sender"]),
    at: Number(row["at"]),
    body: parsed(row["body"]),
    ...(row["failed"] !== null && { failed: parsed(row["failed"]) as Entry["failed"] & object }),
    ...(row["send_key"] !== null && { sendKey: String(row["send_key"]) }),
  };
}
