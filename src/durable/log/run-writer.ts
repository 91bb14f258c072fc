// Buffers the writes of a log: the open run, and the codes of written entries that have failed since. A run of many
// messages costs one row.
import { continuesRun, type Entry } from "./entry.ts";
import { boundLists, failedText, HEAD_COLUMNS, type HeadRow, joinBodies, ROWS_CONTAINING } from "./run-row.ts";
import { ADD_NOTES, HAS_NOTES } from "./run-tables.ts";
import type { Sql } from "./sql.ts";

/**
 * UTF-16 units of a run, after which it is written: those of its bodies, and a few for each entry. Answers: to read one
 * entry of a run means to read all of them, and the codes of those that failed.
 */
const MAX_RUN_UNITS = 64_000;
const UNITS_PER_ENTRY = 16;

const INSERT_RUN = `INSERT INTO run (seq, count, kind, peer, origin, device, id, at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const INSERT_WITH_NOTES = `INSERT INTO run (seq, count, kind, peer, origin, device, id, at, body, notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/**
 * What the owner of the log stores with a run, because its row is written anyway: JSON text, or null if there is
 * nothing. `first`: the seq of the first entry. `endsCommit`: no later run of this commit can take it.
 */
export type NotesOf = (first: number, endsCommit: boolean) => string | null;

export class RunWriter {
  readonly #sql: Sql;
  readonly #notesOf: NotesOf;
  #hasNotes = false;
  #run: Entry[] = [];
  #units = 0;
  /** The codes of entries that failed, by seq. */
  readonly #failed = new Map<number, string>();

  constructor(sql: Sql, notesOf: NotesOf) {
    this.#sql = sql;
    this.#notesOf = notesOf;
  }

  /** Whether entries wait for `flush`. */
  get hasOpenRun(): boolean {
    return this.#run.length > 0;
  }

  /** Whether the table has a column for notes. */
  get hasNotes(): boolean {
    return (this.#hasNotes ||= this.#sql.row(HAS_NOTES) !== undefined);
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
    if (notes === null) return this.#sql.run(INSERT_RUN, ...values);
    if (!this.hasNotes) this.#sql.run(ADD_NOTES);
    this.#sql.run(INSERT_WITH_NOTES, ...values, notes);
  }

  #writeFailed(): void {
    const rows = boundLists([...this.#failed.keys()]).flatMap((seqs) =>
      this.#sql.rows<HeadRow>(`SELECT ${HEAD_COLUMNS} ${ROWS_CONTAINING}`, JSON.stringify(seqs)),
    );
    // One row may contain seqs of two lists.
    for (const row of new Map(rows.map((each) => [each.seq, each])).values())
      this.#sql.run("UPDATE run SET failed = ? WHERE seq = ?", failedText(row, this.#failed), row.seq);
    this.#failed.clear();
  }
}
