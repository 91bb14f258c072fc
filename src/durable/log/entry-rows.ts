// The entries of a log: the newest ones in memory, all of them in runs on disk. Every question to the table first
// writes the open run.
import type { Entry, Head, SentEntry } from "./entry.ts";
import { IS_TOMBSTONE, IS_UNSETTLED_WHEN_NEW } from "./kinds.ts";
import { countAfter, countAmong, firstOriginOf, lastAmong, originsFrom } from "./received-messages.ts";
import { RelatedEntries } from "./related-entries.ts";
import { replaceMessages, type Replacement } from "./replace-messages.ts";
import { boundLists, chunks, entriesOf, type HeadRow, headsOf, ROWS_CONTAINING, type RunRow } from "./run-row.ts";
import { type NotesOf, RunWriter } from "./run-writer.ts";
import type { Sql } from "./sql.ts";
import { TailCache } from "./tail-cache.ts";

/** The newest entries in memory, for the live path, in UTF-16 units of their bodies, and some for each entry. */
const CACHED_UNITS = 400_000;
const UNITS_PER_ENTRY = 100;

/** Rows that are read at once, without and with their bodies. Answers: a log that is in memory as a whole. */
const HEADS_AT_ONCE = 512;
const ROWS_AT_ONCE = 32;

/** Rows in which a repeated send is looked for. Answers: a repeat of an old id that walks through the log. */
const MAX_ROWS_SEARCHED = 4_096;

/** A run with what was stored with it, as JSON text. */
interface Notes {
  readonly seq: number;
  readonly notes: string;
}

export class EntryRows {
  readonly #sql: Sql;
  readonly #writer: RunWriter;
  readonly related: RelatedEntries;
  readonly #cache = new TailCache<Entry>(CACHED_UNITS, (entry) => entry.body.length + UNITS_PER_ENTRY);

  constructor(sql: Sql, notesOf: NotesOf = () => null) {
    this.#sql = sql;
    this.#writer = new RunWriter(sql, notesOf);
    this.related = new RelatedEntries(() => this.#written(), this.#writer.columns);
  }

  /** Every entry that is added from now on lies above `head`. */
  startAt(head: number): void {
    this.#cache.startAt(head);
  }

  /**
   * Adds an entry with a higher seq than all others; true if it begins a row. It is written by `flush` at the latest.
   */
  add(entry: Entry): boolean {
    this.#cache.push(entry);
    if (entry.re !== undefined) this.related.isAdded = true;
    return this.#writer.add(entry);
  }

  /** Records that the peer finally refused the entry `seq`. */
  fail(seq: number, code: string): void {
    this.#writer.fail(seq, code);
  }

  /**
   * Replaces messages in the rows that contain these ascending seqs by tombstones, on disk and in memory: row by row,
   * until `maxUnits` UTF-16 units were read, and some for each entry. `last`: everything up to this seq is done.
   */
  replace(
    seqs: readonly number[],
    replacement: Replacement,
    maxUnits: number,
  ): { readonly count: number; readonly units: number; readonly last: number } {
    let [count, units, last] = [0, 0, 0];
    for (const key of this.#keysOf(seqs)) {
      if (units >= maxUnits) return { count, units, last };
      const replaced = replaceMessages(this.#sql, key, replacement, this.#writer.columns);
      for (const entry of replaced.tombstones) this.#cache.replace(entry);
      count += replaced.tombstones.length;
      units += replaced.units + UNITS_PER_ENTRY;
      last = key;
    }
    return { count, units, last: Math.max(last, seqs.at(-1) ?? 0) };
  }

  /** Writes the open run, and the codes of failed entries. `endsCommit`: no further entry comes in this commit. */
  flush(endsCommit = false): void {
    this.#writer.flush(endsCommit);
  }

  /** Whether `flush` will write a run, which can take notes. */
  get hasOpenRun(): boolean {
    return this.#writer.hasOpenRun;
  }

  /** The notes of the runs that end after `seq`, oldest first, except those that begin with `but`. */
  *notesAfter(seq: number, but: string): Iterable<Notes> {
    const sql = this.#written();
    if (!this.#writer.columns.has("notes")) return;
    const query = "SELECT seq, notes FROM run WHERE seq > ? AND substr(notes, 1, ?) <> ? ORDER BY seq LIMIT ?";
    yield* sql.pages<Notes>(HEADS_AT_ONCE, query, (last) => [last?.seq ?? seq, but.length, but]);
  }

  /** The notes of the run that contains `seq`, or, where none does, of the first one after it; null for none. */
  notesFrom(seq: number): string | null {
    const sql = this.#written();
    if (!this.#writer.columns.has("notes")) return null;
    return sql.row<Notes>("SELECT seq, notes FROM run WHERE seq >= ? ORDER BY seq LIMIT 1", seq)?.notes ?? null;
  }

  /** When the entries of the newest two rows on disk were sent, ms since 1970, the newest first. */
  get newestTimes(): readonly number[] {
    return this.#sql.rows<{ at: number }>("SELECT at FROM run ORDER BY seq DESC LIMIT 2").map(({ at }) => at);
  }

  /** The entries after `seq`, oldest first. To be read before the next `await`. */
  after(seq: number): Iterable<Entry> {
    return this.#cache.after(seq) ?? this.#readAfter(seq);
  }

  /**
   * The entries after `seq`, up to `last`, without bodies, oldest first; from disk without tombstones. Only those of
   * earlier commits, which devices may have been sent: the open run is not written for them, because its commit would
   * write one more row.
   */
  *headsBetween(seq: number, last: number): Iterable<Head> {
    for (const head of this.#cache.after(seq) ?? this.#readHeads(seq, last)) {
      if (head.seq > last) return;
      yield head;
    }
  }

  /** The same, without bodies, and always from disk. */
  *headsAfter(seq: number): Iterable<Head> {
    const query = `SELECT ${this.#heads} FROM run WHERE seq > ? ORDER BY seq LIMIT ?`;
    const rows = this.#written().pages<HeadRow>(HEADS_AT_ONCE, query, (last) => [last?.seq ?? seq]);
    for (const row of rows) for (const entry of headsOf(row)) if (entry.seq > seq) yield entry;
  }

  /** At most `limit` entries after `seq`, up to `last`, oldest first. */
  page(seq: number, last: number, limit: number): Entry[] {
    const page: Entry[] = [];
    for (const entry of this.#readAfter(seq)) if (entry.seq > last || page.push(entry) === limit) break;
    return page;
  }

  get(seq: number): Entry | null {
    const query = `SELECT ${this.#heads}, body FROM run WHERE seq >= ? ORDER BY seq LIMIT 1`;
    const row = this.#written().row<RunRow>(query, seq);
    return (row && entriesOf(row).find((entry) => entry.seq === seq)) ?? null;
  }

  /** Whether the entry `seq` was finally refused. */
  hasFailed(seq: number): boolean {
    return (this.get(seq)?.failed ?? null) !== null;
  }

  /**
   * The entries of these ascending seqs, oldest first, read as the caller asks for them. To be read before the next
   * `await`.
   */
  *of(seqs: readonly number[]): Iterable<Entry> {
    const wanted = new Set(seqs);
    let done = 0;
    for (const keys of this.#keysOfRows(seqs)) {
      const query = `SELECT ${this.#heads}, body FROM run WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`;
      for (const row of this.#sql.rows<RunRow>(query, JSON.stringify(keys))) {
        if (row.seq <= done) continue;
        done = row.seq;
        for (const entry of entriesOf(row)) if (wanted.has(entry.seq)) yield entry;
      }
    }
  }

  /**
   * The entries that `device` sent with these ids, by id, as far as they are among the newest rows. Ids grow with seq,
   * so the search goes backwards and stops.
   */
  sentBy(device: string, ids: ReadonlySet<number>): Map<number, Entry> {
    let first = Infinity;
    for (const id of ids) first = Math.min(first, id);
    const seqs: number[] = [];
    let left = MAX_ROWS_SEARCHED;
    const query = "SELECT seq, count, device, id FROM run WHERE seq < ? ORDER BY seq DESC LIMIT ?";
    const rows = this.#written().pages<HeadRow>(HEADS_AT_ONCE, query, (last) => [last?.seq ?? Infinity]);
    for (const { seq, count, device: by, id } of rows) {
      if (left-- === 0 || seqs.length === ids.size) break;
      if (by !== device || id === null) continue;
      if (id < first) break;
      for (let back = 0; back < count; back++) if (ids.has(id - back)) seqs.push(seq - back);
    }
    return new Map([...this.of(seqs.toSorted((a, b) => a - b))].map((entry) => [entry.id ?? 0, entry]));
  }

  /** The messages to `peer` after `seq`, in order, without finally refused ones. To be read before the next `await`. */
  *sentTo(peer: string, seq: number): Iterable<SentEntry> {
    const query = `SELECT ${this.#heads} FROM run WHERE ${IS_UNSETTLED_WHEN_NEW} AND peer = ? AND seq > ? ORDER BY seq LIMIT ?`;
    for (const row of this.#written().pages<HeadRow>(HEADS_AT_ONCE, query, (last) => [peer, last?.seq ?? seq]))
      for (const entry of headsOf(row)) if (entry.seq > seq && entry.failed === null) yield entry;
  }

  /** How many messages of others came after `seq`. */
  countReceivedAfter(seq: number): number {
    return countAfter(this.#written(), seq);
  }

  /** How many of these seqs are messages of others. An empty list flushes nothing: the run in memory goes on. */
  countReceivedAmong(seqs: readonly number[]): number {
    return seqs.length === 0 ? 0 : countAmong(this.#written(), seqs);
  }

  /** The same without messages that only change what is shown of another one. */
  countShownAmong(seqs: readonly number[]): number {
    return seqs.length === 0 ? 0 : countAmong(this.#written(), seqs, this.#writer.columns.isShown);
  }

  /** The highest of these ascending seqs that is a received message; 0 for none. */
  lastReceivedAmong(seqs: readonly number[]): number {
    return seqs.length === 0 ? 0 : lastAmong(this.#written(), seqs);
  }

  /** The origins of messages of `peer`, from `first` on. */
  originsFrom(peer: string, first: number): Set<number> {
    return originsFrom(this.#written(), peer, first);
  }

  /** The lowest origin of a message of `peer`; Infinity for none. */
  firstOriginOf(peer: string): number {
    return firstOriginOf(this.#written(), peer);
  }

  /** The last entry up to `seq` that ends a row; 0 for none. */
  cutUpTo(seq: number): number {
    const query = "SELECT max(seq) AS last FROM run WHERE seq <= ?";
    return this.#written().row<{ last: number | null }>(query, seq)?.last ?? 0;
  }

  /** Removes everything up to `seq`, which ends a row. */
  trim(seq: number): void {
    this.#written().run("DELETE FROM run WHERE seq <= ?", seq);
  }

  /** The keys of the rows that contain these seqs, ascending, in lists that are read at once. */
  *#keysOfRows(seqs: readonly number[]): Iterable<readonly number[]> {
    for (const list of boundLists(seqs)) yield* chunks(this.#keysOf(list), ROWS_AT_ONCE);
  }

  #keysOf(seqs: readonly number[]): readonly number[] {
    const query = `SELECT seq ${ROWS_CONTAINING} ORDER BY seq`;
    return this.#written()
      .rows<{ seq: number }>(query, JSON.stringify(seqs))
      .map(({ seq }) => seq);
  }

  *#readHeads(seq: number, upTo: number): Iterable<Head> {
    const end = "(SELECT coalesce(min(seq), 0) FROM run WHERE seq >= ?)";
    const query = `SELECT ${this.#writer.columns.heads} FROM run WHERE seq > ? AND seq <= max(?, ${end}) AND NOT ${IS_TOMBSTONE} ORDER BY seq LIMIT ?`;
    const rows = this.#sql.pages<HeadRow>(HEADS_AT_ONCE, query, (last) => [last?.seq ?? seq, upTo, upTo]);
    for (const row of rows) for (const head of headsOf(row)) if (head.seq > seq) yield head;
  }

  *#readAfter(seq: number): Iterable<Entry> {
    const query = `SELECT ${this.#heads}, body FROM run WHERE seq > ? ORDER BY seq LIMIT ?`;
    const rows = this.#written().pages<RunRow>(ROWS_AT_ONCE, query, (last) => [last?.seq ?? seq]);
    for (const row of rows) for (const entry of entriesOf(row)) if (entry.seq > seq) yield entry;
  }

  /** The columns of a row without bodies. The open run is written first, because it may need a new column. */
  get #heads(): string {
    this.#writer.flush(false);
    return this.#writer.columns.heads;
  }

  #written(): Sql {
    this.#writer.flush(false);
    return this.#sql;
  }
}
