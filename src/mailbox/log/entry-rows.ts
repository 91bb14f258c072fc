// The rows of the log: a run of entries each, mostly of one. Neighbours that differ only by what counts up are written as one row, whose
// numbers are the last one's, so that a text of many messages costs what one costs; whoever asks this table anything is answered after
// the open run is written.
import { TailCache } from "../../durable/log/tail-cache.ts";
import { type Entry, continuesRun, type Sent } from "./schema.ts";
import type { Sql } from "../../durable/log/sql.ts";

/** What stays in memory for the live path, in UTF-16 units of bodies and a little for each row. */
const RECENT_UNITS = 400_000;
const ENTRY_UNITS = 100;

/**
 * A run is written when it has grown to so many UTF-16 units: bodies, and a little for each entry. Answers: whoever wants one entry of it
 * reads all, and has the codes of all where they failed.
 */
const RUN_UNITS = 64_000;
const RUN_ENTRY_UNITS = 16;

/** Rows that are read at once, without and with their bodies. Answers: a log that is in memory as a whole. */
const HEADS = 512;
const BODIES = 32;

/** Seqs bound as one list. Answers: a text of more bytes than a statement takes. */
const SEQS = 10_000;

/** Rows in which a send that came again is looked for. Answers: a repeat of an old id that walks through the log. */
const LOOKED_AT = 4_096;

/** Between the bodies of a run (RS, as in RFC 7464): the JSON texts that are kept have no such character. */
const SEPARATOR = "\u001E";

const HEAD = "seq, count, kind, peer, origin, device, id, at, failed";
const PUT_RUN = `INSERT INTO run (seq, count, kind, peer, origin, device, id, at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
/** The rows in which these seqs lie. The columns that follow are said by whoever asks. */
const HOLDING = `FROM run WHERE seq IN
  (SELECT (SELECT min(run.seq) FROM run WHERE run.seq >= value) FROM json_each(?))`;

/** An entry without its body. */
export type Head = Omit<Entry, "body">;

/** A row without its bodies: `seq`, `origin` and `id` are the last one's; `failed` is JSON, codes by seq, where there are several entries. */
type HeadRow = Head & { readonly count: number };
type Row = HeadRow & { readonly body: string };

export class EntryRows {
  readonly #sql: Sql;
  readonly #recent: TailCache<Entry>;
  /** What is not written yet: a run, the UTF-16 units of its bodies, and which entries failed, with the code. */
  #run: Entry[] = [];
  #units = 0;
  readonly #failed = new Map<number, string>();

  /** Everything after `head` is yet to come. */
  constructor(sql: Sql, head: number) {
    this.#sql = sql;
    this.#recent = new TailCache(head, RECENT_UNITS, (entry) => entry.body.length + ENTRY_UNITS);
  }

  /** One more entry, above all others; true if it begins a row. It is written with the group at the latest. */
  add(entry: Entry): boolean {
    this.#recent.push(entry);
    const last = this.#run.at(-1);
    const goesOn = last !== undefined && continuesRun(last, entry) && this.#units + entry.body.length <= RUN_UNITS;
    if (!goesOn) this.#write();
    this.#run.push(entry);
    this.#units += entry.body.length + RUN_ENTRY_UNITS;
    return !goesOn;
  }

  /** Writes what is not written yet. */
  flush(): void {
    this.#write();
    if (this.#failed.size === 0) return;
    const rows = chunks([...this.#failed.keys()], SEQS).flatMap((seqs) =>
      this.#sql.rows<HeadRow>(`SELECT ${HEAD} ${HOLDING}`, JSON.stringify(seqs)),
    );
    // One row may hold seqs of two chunks.
    for (const row of new Map(rows.map((each) => [each.seq, each])).values()) {
      const codes = headsOf(row).map(({ seq, failed: before }) => [seq, this.#failed.get(seq) ?? before] as const);
      const said =
        row.count === 1 ? codes[0]?.[1] : JSON.stringify(Object.fromEntries(codes.filter(([, code]) => code)));
      this.#sql.run("UPDATE run SET failed = ? WHERE seq = ?", said ?? null, row.seq);
    }
    this.#failed.clear();
  }

  #write(): void {
    const last = this.#run.at(-1);
    if (last === undefined) return;
    const { seq, kind, peer, origin, device, id, at } = last;
    const bodies = this.#run.map(({ body }) => body).join(SEPARATOR);
    this.#sql.run(PUT_RUN, seq, this.#run.length, kind, peer, origin, device, id, at, bodies);
    this.#run = [];
    this.#units = 0;
  }

  /** The entries after `seq`, oldest first. Read it before the next `await`. */
  after(seq: number): Iterable<Entry> {
    return this.#recent.after(seq) ?? this.#after(seq);
  }

  /** The same, without bodies, and always from disk. */
  *headsAfter(seq: number): Iterable<Head> {
    const query = `SELECT ${HEAD} FROM run WHERE seq > ? ORDER BY seq LIMIT ?`;
    const rows = this.#written().pages<HeadRow>(HEADS, query, (last) => [last?.seq ?? seq]);
    for (const row of rows) for (const entry of headsOf(row)) if (entry.seq > seq) yield entry;
  }

  /** The entry of this seq. */
  get(seq: number): Entry | null {
    const row = this.#written().row<Row>(`SELECT ${HEAD}, body FROM run WHERE seq >= ? ORDER BY seq LIMIT 1`, seq);
    return (row && entriesOf(row).find((entry) => entry.seq === seq)) ?? null;
  }

  /** The entries of these seqs, which are in order, oldest first, read as they are asked for. Read it before the next `await`. */
  *of(seqs: readonly number[]): Iterable<Entry> {
    const asked = new Set(seqs);
    let done = 0;
    for (const rows of this.#holding(seqs)) {
      const query = `SELECT ${HEAD}, body FROM run WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`;
      for (const row of this.#sql.rows<Row>(query, JSON.stringify(rows))) {
        if (row.seq <= done) continue;
        done = row.seq;
        for (const entry of entriesOf(row)) if (asked.has(entry.seq)) yield entry;
      }
    }
  }

  /** How many of these seqs are messages of others. */
  countInOf(seqs: readonly number[]): number {
    let found = 0;
    for (const chunk of chunks(seqs, SEQS)) {
      const asked = new Set(chunk);
      const query = `SELECT seq, count ${HOLDING} AND kind = 'in'`;
      for (const { seq, count } of this.#written().rows<HeadRow>(query, JSON.stringify(chunk)))
        for (let back = 0; back < count; back++) if (asked.has(seq - back)) found++;
    }
    return found;
  }

  /** The newest of these seqs, which are in order, that is a message of others; 0 for none. */
  lastInOf(seqs: readonly number[]): number {
    for (const chunk of chunks(seqs, SEQS).toReversed()) {
      const asked = new Set(chunk);
      const query = `SELECT seq, count ${HOLDING} AND kind = 'in' ORDER BY seq DESC`;
      for (const { seq, count } of this.#written().rows<HeadRow>(query, JSON.stringify(chunk)))
        for (let back = 0; back < count; back++) if (asked.has(seq - back)) return seq - back;
    }
    return 0;
  }

  /** How many messages of others came after `seq`. */
  countIn(seq: number): number {
    const query = "SELECT coalesce(sum(min(count, seq - ?1)), 0) AS n FROM run WHERE seq > ?1 AND kind = 'in'";
    return this.#written().row<{ n: number }>(query, seq)?.n ?? 0;
  }

  /**
   * What `device` sent under these ids and is among the newest rows of the log, by id. Ids grow with seq, so it reads backwards and stops.
   */
  sentBy(device: string, ids: ReadonlySet<number>): Map<number, Entry> {
    let first = Infinity;
    for (const id of ids) first = Math.min(first, id);
    const seqs: number[] = [];
    let left = LOOKED_AT;
    const query = "SELECT seq, count, device, id FROM run WHERE seq < ? ORDER BY seq DESC LIMIT ?";
    const rows = this.#written().pages<HeadRow>(HEADS, query, (last) => [last?.seq ?? Infinity]);
    for (const { seq, count, device: by, id } of rows) {
      if (left-- === 0 || seqs.length === ids.size) break;
      if (by !== device || id === null) continue;
      if (id < first) break;
      for (let back = 0; back < count; back++) if (ids.has(id - back)) seqs.push(seq - back);
    }
    return new Map([...this.of(seqs.toSorted((a, b) => a - b))].map((entry) => [entry.id ?? 0, entry]));
  }

  /** Which origins from `first` on this peer's entries have. */
  originsFrom(peer: string, first: number): Set<number> {
    const query = `SELECT ${HEAD} FROM run WHERE kind = 'in' AND peer = ? AND origin >= ?`;
    const origins = this.#written().rows<HeadRow>(query, peer, first).flatMap(headsOf);
    return new Set(origins.map(({ origin }) => origin ?? 0).filter((origin) => origin >= first));
  }

  /** The lowest origin that this peer's entries have; Infinity for none. */
  firstOriginOf(peer: string): number {
    const query = "SELECT min(origin - count + 1) AS first FROM run WHERE kind = 'in' AND peer = ?";
    return this.#written().row<{ first: number | null }>(query, peer)?.first ?? Infinity;
  }

  /** What was sent to `peer` after `seq`, but for what it finally refused, in order; read as it is asked for, before the next `await`. */
  *sentTo(peer: string, seq: number): Iterable<Sent> {
    const query = `SELECT ${HEAD} FROM run WHERE kind = 'out' AND peer = ? AND seq > ? ORDER BY seq LIMIT ?`;
    for (const row of this.#written().pages<HeadRow>(HEADS, query, (last) => [peer, last?.seq ?? seq]))
      for (const entry of headsOf(row)) if (entry.seq > seq && entry.failed === null) yield entry;
  }

  /** At most `limit` entries after `seq`, up to `last`, oldest first. */
  page(seq: number, last: number, limit: number): Entry[] {
    const page: Entry[] = [];
    for (const entry of this.#after(seq)) if (entry.seq > last || page.push(entry) === limit) break;
    return page;
  }

  /** Puts down that the peer finally refused the entry `seq`. */
  fail(seq: number, code: string): void {
    this.#failed.set(seq, code);
  }

  /** Whether the entry `seq` was finally refused. */
  failed(seq: number): boolean {
    return (this.get(seq)?.failed ?? null) !== null;
  }

  /** The last entry, up to `seq`, after which no run is cut in two; 0 for none. */
  cutUpTo(seq: number): number {
    return (
      this.#written().row<{ last: number | null }>("SELECT max(seq) AS last FROM run WHERE seq <= ?", seq)?.last ?? 0
    );
  }

  /** Retention takes everything up to `seq`, which ends a run. */
  trim(seq: number): void {
    this.#written().run("DELETE FROM run WHERE seq <= ?", seq);
  }

  /** The keys of the rows in which these seqs lie, so many as are read at once. */
  *#holding(seqs: readonly number[]): Iterable<readonly number[]> {
    const sql = this.#written();
    for (const chunk of chunks(seqs, SEQS)) {
      const rows = sql.rows<{ seq: number }>(`SELECT seq ${HOLDING} ORDER BY seq`, JSON.stringify(chunk));
      yield* chunks(
        rows.map(({ seq }) => seq),
        BODIES,
      );
    }
  }

  *#after(seq: number): Iterable<Entry> {
    const query = `SELECT ${HEAD}, body FROM run WHERE seq > ? ORDER BY seq LIMIT ?`;
    const rows = this.#written().pages<Row>(BODIES, query, (last) => [last?.seq ?? seq]);
    for (const row of rows) for (const entry of entriesOf(row)) if (entry.seq > seq) yield entry;
  }

  #written(): Sql {
    this.flush();
    return this.#sql;
  }
}

/** In lists of at most so many. */
function chunks(seqs: readonly number[], size: number): readonly number[][] {
  return Array.from({ length: Math.ceil(seqs.length / size) }, (_, i) => seqs.slice(i * size, (i + 1) * size));
}

function headsOf(row: HeadRow): readonly Head[] {
  return unfold(row, []);
}

function entriesOf(row: Row): readonly Entry[] {
  const bodies = row.count === 1 ? [row.body] : row.body.split(SEPARATOR);
  if (bodies.length !== row.count) throw new Error(`the row ${row.seq} has ${bodies.length} bodies of ${row.count}`);
  return unfold(row, bodies);
}

/** The entries of a row, oldest first. */
function unfold(
  { seq, count, kind, peer, origin, device, id, at, failed }: HeadRow,
  bodies: readonly string[],
): Entry[] {
  const codes = count === 1 || failed === null ? null : (JSON.parse(failed) as Record<number, string>);
  const entries: Entry[] = [];
  for (let back = count - 1; back >= 0; back--) {
    entries.push({
      seq: seq - back,
      kind,
      peer,
      origin: origin === null ? null : origin - back,
      device,
      id: id === null ? null : id - back,
      at,
      failed: count === 1 ? failed : (codes?.[seq - back] ?? null),
      body: bodies[entries.length] ?? "",
    });
  }
  return entries;
}
