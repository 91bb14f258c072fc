// The rows of the log. A statement costs several times what a row in it costs, so neighbours that differ only by what counts up are
// one run, written by one statement; whoever asks this table anything is answered after the open run is written.
import { Recent } from "./recent.ts";
import { type Entry, follows, type Sent } from "./schema.ts";
import type { Sql } from "./sql.ts";

/** What stays in memory for the live path, in UTF-16 units of bodies and a little for each row. */
const RECENT_UNITS = 400_000;
const ROW_UNITS = 100;

/** A run is written when it has grown to so many UTF-16 units of bodies. Answers: a statement as large as a group. */
const RUN_UNITS = 1_000_000;

/** ?1, ?4 and ?6 count up with the row; where they are null they stay null. */
const INSERT_RUN = `INSERT INTO entry (seq, kind, peer, origin, device, id, at, body)
  SELECT ?1 + key, ?2, ?3, ?4 + key, ?5, ?6 + key, ?7, value FROM json_each(?8)`;

/** Rows that differ only by what counts up: the first and the last of them, and the bodies of all. */
interface Run {
  readonly first: Entry;
  last: Entry;
  readonly bodies: string[];
  units: number;
}

export class EntryRows {
  readonly #sql: Sql;
  readonly #recent: Recent<Entry>;
  #run: Run | null = null;

  /** Everything after `head` is yet to come. */
  constructor(sql: Sql, head: number) {
    this.#sql = sql;
    this.#recent = new Recent(head, RECENT_UNITS, (entry) => entry.body.length + ROW_UNITS);
  }

  /** One more row, above all others. It is written with the group at the latest. */
  add(entry: Entry): void {
    this.#recent.push(entry);
    let run = this.#run;
    if (run === null || !follows(run.last, entry) || run.units + entry.body.length > RUN_UNITS) {
      this.seal();
      run = this.#run = { first: entry, last: entry, bodies: [], units: 0 };
    }
    run.last = entry;
    run.bodies.push(entry.body);
    run.units += entry.body.length;
  }

  /** Writes what is not written yet. */
  seal(): void {
    if (this.#run === null) return;
    const { first, bodies } = this.#run;
    this.#run = null;
    const { seq, kind, peer, origin, device, id, at } = first;
    this.#sql.run(INSERT_RUN, seq, kind, peer, origin, device, id, at, JSON.stringify(bodies));
  }

  /** The entries after `seq`, oldest first. Read it before the next `await`. */
  after(seq: number): Iterable<Entry> {
    return this.#recent.after(seq) ?? this.#written().read("SELECT * FROM entry WHERE seq > ? ORDER BY seq", seq);
  }

  /** The entry of this seq. */
  get(seq: number): Entry | null {
    return this.#written().row<Entry>("SELECT * FROM entry WHERE seq = ?", seq) ?? null;
  }

  /** The entries of these seqs, oldest first. */
  of(seqs: readonly number[]): Entry[] {
    const query = "SELECT * FROM entry WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq";
    return this.#written().rows<Entry>(query, JSON.stringify(seqs));
  }

  /** How many of these seqs are messages of others. */
  countInOf(seqs: readonly number[]): number {
    const query = "SELECT count(*) AS n FROM entry WHERE kind = 'in' AND seq IN (SELECT value FROM json_each(?))";
    return this.#written().row<{ n: number }>(query, JSON.stringify(seqs))?.n ?? 0;
  }

  /** How many messages of others came after `seq`. */
  countIn(seq: number): number {
    const query = "SELECT count(*) AS n FROM entry WHERE seq > ? AND kind = 'in'";
    return this.#written().row<{ n: number }>(query, seq)?.n ?? 0;
  }

  /** The bodies of these entries, in the order of seq, read as they are asked for. */
  bodies(seqs: readonly number[]): Iterable<Pick<Entry, "seq" | "body">> {
    if (seqs.length === 0) return [];
    const query = "SELECT seq, body FROM entry WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq";
    return this.#written().read(query, JSON.stringify(seqs));
  }

  /** What `device` sent under these ids and is still in the log, by id. Ids grow with seq, so it reads backwards and stops. */
  sentBy(device: string, ids: ReadonlySet<number>): Map<number, Entry> {
    const found = new Map<number, Entry>();
    const first = Math.min(...ids);
    const query = "SELECT seq, id FROM entry WHERE device = ? ORDER BY seq DESC";
    for (const { seq, id } of this.#written().read<Entry>(query, device)) {
      if (id !== null && id < first) break;
      const entry = id !== null && ids.has(id) ? this.get(seq) : null;
      if (entry !== null && id !== null) found.set(id, entry);
      if (found.size === ids.size) break;
    }
    return found;
  }

  /** Which origins from `first` on this peer's entries have. */
  originsFrom(peer: string, first: number): Set<number> {
    const query = "SELECT origin FROM entry WHERE kind = 'in' AND peer = ? AND origin >= ?";
    return new Set(
      this.#written()
        .rows<{ origin: number }>(query, peer, first)
        .map((row) => row.origin),
    );
  }

  /** What was sent to `peer` after `seq`, but for what it finally refused. */
  sentTo(peer: string, seq: number): Sent[] {
    const query =
      "SELECT seq, peer, at FROM entry WHERE kind = 'out' AND peer = ? AND seq > ? AND failed IS NULL ORDER BY seq";
    return this.#written().rows<Sent>(query, peer, seq);
  }

  /** At most `limit` entries after `seq`, up to `last`, oldest first. */
  page(seq: number, last: number, limit: number): Entry[] {
    const query = "SELECT * FROM entry WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?";
    return this.#written().rows<Entry>(query, seq, last, limit);
  }

  /** Puts down that the peer finally refused the entry `seq`. */
  fail(seq: number, code: string): void {
    this.#written().run("UPDATE entry SET failed = ? WHERE seq = ?", code, seq);
  }

  /** Whether the entry `seq` was finally refused. */
  failed(seq: number): boolean {
    return this.#written().row("SELECT 1 FROM entry WHERE seq = ? AND failed IS NOT NULL", seq) !== undefined;
  }

  /** Retention takes everything up to `seq`. */
  trim(seq: number): void {
    this.#written().run("DELETE FROM entry WHERE seq <= ?", seq);
  }

  #written(): Sql {
    this.seal();
    return this.#sql;
  }
}
