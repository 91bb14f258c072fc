// Buffers the writes of a log: the open run, and the codes of written entries that have failed since. A run of many
// messages costs one row.
import { continuesRun, type Entry } from "./entry.ts";
import { boundLists, failedText, HEAD_COLUMNS, type HeadRow, joinBodies, ROWS_CONTAINING } from "./run-row.ts";
import type { Sql } from "./sql.ts";

/**
 * UTF-16 units of a run, after which it is written: those of its bodies, and a few for each entry. Answers: to read one
 * entry of a run means to read all of them, and the codes of those that failed.
 */
const MAX_RUN_UNITS = 64_000;
const UNITS_PER_ENTRY = 16;

const INSERT_RUN = `INSERT INTO run (seq, count, kind, peer, origin, device, id, at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export class RunWriter {
  readonly #sql: Sql;
  #run: Entry[] = [];
  #units = 0;
  /** The codes of entries that failed, by seq. */
  readonly #failed = new Map<number, string>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Takes an entry with a higher seq than all others; true if it begins a row. */
  add(entry: Entry): boolean {
    const last = this.#run.at(-1);
    const continues =
      last !== undefined && continuesRun(last, entry) && this.#units + entry.body.length <= MAX_RUN_UNITS;
    if (!continues) this.#writeRun();
    this.#run.push(entry);
    this.#units += entry.body.length + UNITS_PER_ENTRY;
    return !continues;
  }

  fail(seq: number, code: string): void {
    this.#failed.set(seq, code);
  }

  flush(): void {
    this.#writeRun();
    if (this.#failed.size > 0) this.#writeFailed();
  }

  #writeRun(): void {
    const last = this.#run.at(-1);
    if (last === undefined) return;
    const { seq, kind, peer, origin, device, id, at } = last;
    this.#sql.run(INSERT_RUN, seq, this.#run.length, kind, peer, origin, device, id, at, joinBodies(this.#run));
    this.#run = [];
    this.#units = 0;
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
