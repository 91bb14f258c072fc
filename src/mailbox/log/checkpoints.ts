// Checkpoints. Up to a checkpoint the rows of peers and devices are complete, so that a wake reads only the entries
// after it.
import type { LogParts } from "./log-parts.ts";
import { MAKE_SUMMARY, type MailboxRow } from "./schema.ts";

/** Rows of entries between two checkpoints: a wake scans no more of them while nothing is unsettled. */
const ROWS_BETWEEN = 512;
/** An entry that continues a row counts as this part of a row: about as much as it adds to the scan. */
const WEIGHT_IN_RUN = 1 / 16;

export class Checkpoints {
  readonly #parts: LogParts;
  /** Retention works after a checkpoint and counts entries: with it each one counts as a row. */
  readonly #weightInRun: number;
  #row: MailboxRow | null = null;
  #rowsSince = 0;

  constructor(parts: LogParts, hasRetention: boolean) {
    this.#parts = parts;
    this.#weightInRun = hasRetention ? 1 : WEIGHT_IN_RUN;
  }

  /** `rowsSince`: rows that were written after the last checkpoint. */
  startAt(row: MailboxRow, rowsSince: number): void {
    this.#row = row;
    this.#rowsSince = rowsSince;
  }

  /** An entry was appended. */
  count(beginsRow: boolean): void {
    this.#rowsSince += beginsRow ? 1 : this.#weightInRun;
  }

  get isDue(): boolean {
    return this.#rowsSince >= ROWS_BETWEEN;
  }

  /** Moves the checkpoint up to the oldest unsettled message, or to the head. The rows are written with this commit. */
  advance(head: number, oldestUnsettled: number | null): void {
    if (this.#row === null) return;
    this.#rowsSince = 0;
    const settled = oldestUnsettled === null ? head : oldestUnsettled - 1;
    if (settled <= this.#row.checkpoint) return;
    const { sql, summary, peers, devices } = this.#parts;
    if (!summary.exists) for (const statement of MAKE_SUMMARY) sql.run(statement);
    summary.exists = true;
    this.#row.checkpoint = settled;
    peers.checkpoint(settled);
    devices.checkpoint();
  }

  /** Entries from `seq` on may be unsettled again: a wake has to read them too. */
  reopen(seq: number): void {
    if (this.#row === null || seq >= this.#row.checkpoint) return;
    this.#row.checkpoint = seq;
    this.#parts.sql.run("UPDATE mailbox SET checkpoint = ?", seq);
  }
}
