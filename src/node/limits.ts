// What a store deletes so that its file does not grow without limit: the oldest messages, and the oldest send keys.
// What an iteration has not taken stays.
import type { StatementSync } from "node:sqlite";
import type { Commit } from "../client/store.ts";

/** Records between two deletions, each of which walks an index. */
const INTERVAL = 1_000;
/**
 * The latest send keys that are remembered. Answers: a bot that answers for years. The key of an answer matters until
 * its message is taken; 100,000 other messages may be sent meanwhile.
 */
const MAX_SEND_KEYS = 100_000;

export class Limits {
  readonly #sql: (sql: string) => StatementSync;
  readonly #maxMessages: number;
  /** At the start something may be left of the last process. */
  #newRecords = INTERVAL;
  /** Messages before this seq are deleted; 0 where none was. */
  begin: number;

  constructor(sql: (sql: string) => StatementSync, maxMessages: number) {
    this.#sql = sql;
    this.#maxMessages = maxMessages;
    this.begin = Number(sql("SELECT value FROM about WHERE name = 'begin'").get()?.["value"] ?? 0);
  }

  /** Within the transaction of a commit. */
  hold({ entries = [], drafts = [], past }: Commit): void {
    this.#newRecords += entries.length + drafts.length + (past?.entries.length ?? 0);
    if (this.#newRecords < INTERVAL) return;
    this.#newRecords = 0;
    this.#deleteMessages();
    this.#sql("DELETE FROM send_keys WHERE number <= (SELECT max(number) FROM send_keys) - ?").run(MAX_SEND_KEYS);
  }

  /** Where no iteration ever took a message, none waits for one. */
  #deleteMessages(): void {
    if (!Number.isFinite(this.#maxMessages)) return;
    const select = "SELECT seq FROM entries ORDER BY seq DESC LIMIT 1 OFFSET ?";
    const upTo = Number(this.#sql(select).get(this.#maxMessages)?.["seq"] ?? -1);
    if (upTo < this.begin) return;
    this.begin = upTo + 1;
    this.#sql("INSERT OR REPLACE INTO about (name, value) VALUES ('begin', ?)").run(`${this.begin}`);
    const taken = this.#sql("SELECT value FROM about WHERE name = 'taken'").get()?.["value"] ?? Number.MAX_SAFE_INTEGER;
    this.#sql("DELETE FROM entries WHERE seq <= ? AND (number <= ? OR NOT is_arrival)").run(upTo, Number(taken));
  }
}
