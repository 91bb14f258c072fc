// Removes the entries that retention does not keep, whole rows of them, and never an unsettled message.
import type { Checkpoints } from "./checkpoints.ts";
import { flushParts, type LogParts, type OldestUnsettled } from "./log-parts.ts";
import { keepsAll, lastToRemove, type Retention } from "./retention.ts";
import type { MailboxRow } from "./schema.ts";

export class LogTrimmer {
  readonly #parts: LogParts;
  readonly #checkpoints: Checkpoints;
  readonly #retention: Retention;
  readonly #head: () => number;
  #row: MailboxRow | null = null;
  #isDue = false;

  constructor(parts: LogParts, checkpoints: Checkpoints, retention: Retention, head: () => number) {
    this.#parts = parts;
    this.#checkpoints = checkpoints;
    this.#retention = retention;
    this.#head = head;
  }

  /** `isDue`: whether the log may be longer than retention allows. */
  startAt(row: MailboxRow, isDue: boolean): void {
    this.#row = row;
    this.#isDue = isDue;
  }

  /** A checkpoint has passed. */
  schedule(): void {
    this.#isDue = true;
  }

  /** Trims where a checkpoint has passed since the last time, or an entry is too old. */
  trimIfDue(oldestUnsettled: OldestUnsettled): void {
    const { age } = this.#retention;
    if (this.#isDue) this.trim(oldestUnsettled);
    else if (age !== null) this.#trimTo(lastToRemove(this.#parts.sql, { entries: null, age }), oldestUnsettled);
  }

  trim(oldestUnsettled: OldestUnsettled): void {
    if (this.#row === null || keepsAll(this.#retention)) return;
    const { sql, entries, summary } = this.#parts;
    this.#isDue = false;
    entries.flush();
    this.#trimTo(lastToRemove(sql, this.#retention), oldestUnsettled);
    if (this.#row.kept === this.#retention.entries || !summary.exists) return;
    this.#row.kept = this.#retention.entries;
    sql.run("UPDATE mailbox SET kept = ?", this.#row.kept);
  }

  #trimTo(wanted: number, oldestUnsettled: OldestUnsettled): void {
    const row = this.#row;
    if (row === null || wanted <= row.trimmed) return;
    const { sql, entries, conversations } = this.#parts;
    const last = entries.cutUpTo(Math.min(wanted, (oldestUnsettled() ?? Infinity) - 1));
    if (last <= row.trimmed) return;
    // A wake can't read removed entries any more, so the rows have to be up to date.
    if (last > row.checkpoint) this.#checkpoints.advance(this.#head(), oldestUnsettled());
    entries.trim(last);
    conversations.trim(last);
    row.trimmed = last;
    sql.run("UPDATE mailbox SET trimmed = ?", last);
    flushParts(this.#parts);
  }
}
