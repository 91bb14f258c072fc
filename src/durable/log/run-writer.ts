// Buffers the writes of a log: the open run, and the codes of written entries that have failed since. A run of many
// messages costs one row.
import { continuesRun, type Entry } from "./entry.ts";
import { type Relation, relationText } from "../../protocol/relation.ts";
import { RunColumns } from "./run-columns.ts";
import { boundLists, failedText, type HeadRow, joinBodies, ROWS_CONTAINING } from "./run-row.ts";
import type { Sql } from "./sql.ts";

/**
 * UTF-16 units of a run, after which it is written: those of its bodies, and a few for each entry. Answers: to read one
 * entry of a run means to read all of them, and the codes of those that failed.
 */
const MAX_RUN_UNITS = 64_000;
const UNITS_PER_ENTRY = 16;

const INSERT_RUN = `INSERT INTO run (seq, count, kind, peer, origin, device, id, at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const INSERT_WITH_NOTES = `INSERT INTO run (seq, count, kind, peer, origin, device, id, at, body, notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const INSERT_RELATION = `INSERT INTO run (seq, count, kind, peer, origin, device, id, at, body, notes, re) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/**
 * What the owner of the log stores with a run, because its row is written anyway: JSON text, or null if there is
 * nothing. `first`: the seq of the first entry. `endsCommit`: no later run of this commit can take it.
 */
export type NotesOf = (first: number, endsCommit: boolean) => string | null;

export class RunWriter {
  readonly #sql: Sql;
  readonly #notesOf: NotesOf;
  readonly columns: RunColumns;
  #run: Entry[] = [];
  #units = 0;
  /** The codes of entries that failed, by seq. */
  readonly #failed = new Map<number, string>();

  constructor(sql: Sql, notesOf: NotesOf) {
    this.#sql = sql;
    this.#notesOf = notesOf;
    this.columns = new RunColumns(sql);
  }

  /** Whether entries wait for `flush`. */
  get hasOpenRun(): boolean {
    return this.#run.length > 0;
  }

  /** Takes an entry with a higher seq than all others; true if it begins a row. */
  add(entry: Entry): boolean {
    const last = this.#run.at(-1);
    const continues =
      last !== undefined && continuesRun(last, entry) && this.#units + entry.body.length <= MAX_RUN_UNITS;
    if (!continues) this.#writeRun(false);
    this.#run.push(entry);
    this.#units += entry.body.length + UNITS_PER_ENTRY;
    return !continues;
  }

  fail(seq: number, code: string): void {
    this.#failed.set(seq, code);
  }

  flush(endsCommit: boolean): void {
    this.#writeRun(endsCommit);
    if (this.#failed.size > 0) this.#writeFailed();
  }

  #writeRun(endsCommit: boolean): void {
    const last = this.#run.at(-1);
    if (last === undefined) return;
    const { seq, kind, peer, origin, device, id, at } = last;
    const values = [seq, this.#run.length, kind, peer, origin, device, id, at, joinBodies(this.#run)];
    const notes = this.#notesOf(seq - this.#run.length + 1, endsCommit);
    this.#run = [];
    this.#units = 0;
    if (last.re !== undefined) return this.#writeRelation(values, last.re, notes);
    if (notes === null) return this.#sql.run(INSERT_RUN, ...values);
    this.columns.add("notes");
    this.#sql.run(INSERT_WITH_NOTES, ...values, notes);
  }

  #writeRelation(values: readonly (string | number | null)[], re: Relation, notes: string | null): void {
    this.columns.add("notes");
    this.columns.add("re");
    this.#sql.run(INSERT_RELATION, ...values, notes, relationText(re));
  }

  #writeFailed(): void {
    const rows = boundLists([...this.#failed.keys()]).flatMap((seqs) =>
      this.#sql.rows<HeadRow>(`SELECT ${this.columns.heads} ${ROWS_CONTAINING}`, JSON.stringify(seqs)),
    );
    // One row may contain seqs of two lists.
    for (const row of new Map(rows.map((each) => [each.seq, each])).values())
      this.#sql.run("UPDATE run SET failed = ? WHERE seq = ?", failedText(row, this.#failed), row.seq);
    this.#failed.clear();
  }
}
