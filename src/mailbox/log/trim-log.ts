// Removes the entries that retention does not keep, whole rows of them, and never an unsettled message.
import type { Checkpoints } from "./checkpoints.ts";
import type { LogParts, OldestUnsettled } from "./log-parts.ts";
import { keepsAll, lastToRemove, type Retention } from "./retention.ts";
import type { MailboxRow } from "./schema.ts";

/** What trimming needs of the log itself. */
interface TrimmedLog {
  head(): number;
  /** Writes the rows that changed. */
  flush(): void;
}

export class LogTrimmer {
  readonly #parts: LogParts;
  readonly #checkpoints: Checkpoints;
  readonly #retention: Retention;
  readonly #log: TrimmedLog;
  #row: MailboxRow | null = null;
  #isDue = false;

  constructor(parts: LogParts, checkpoints: Checkpoints, retention: Retention, log: TrimmedLog) {
    this.#parts = parts;
    this.#checkpoints = checkpoints;
    this.#retention = retention;
    this.#log = log;
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
    if (last > row.checkpoint) this.#checkpoints.advance(this.#log.head(), oldestUnsettled());
    entries.trim(last);
    conversations.trim(last);
    row.trimmed = last;
    sql.run("UPDATE mailbox SET trimmed = ?", last);
    this.#log.flush();
  }
}
