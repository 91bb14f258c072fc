// The counters of isolates, as last reported: one row each. Rows of isolates that have ended are merged into one, so
// there are few. Only this file and census.ts use the shard's database.
import { type CounterValues, sumOf } from "../protocol/counters.ts";

/** The age at which a row is merged, ms. A reporter's name ends well before that: see metrics/report-counters.ts. */
const ENDED_MS = 3 * 3_600_000;
/** Least ms between two merges. */
const ADD_UP_EVERY_MS = 600_000;

/** The reporter of the merged row; no isolate has this name. */
const SUM_REPORTER = "";

interface Row {
  readonly reporter: string;
  readonly at: number;
  readonly figures: string;
}

export class IsolateCounters {
  readonly #sql: SqlStorage;
  #exists: boolean;
  #addedUpAt = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#exists = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'counted'").toArray().length > 0;
  }

  /** Stores a reporter's counters; the last report counts. `figures` is JSON text. */
  put(reporter: string, figures: string, now = Date.now()): void {
    if (!this.#exists) {
      this.#sql.exec(
        "CREATE TABLE counted (reporter TEXT PRIMARY KEY, at INTEGER NOT NULL, figures TEXT NOT NULL) WITHOUT ROWID",
      );
    }
    this.#exists = true;
    this.#sql.exec("INSERT OR REPLACE INTO counted (reporter, at, figures) VALUES (?, ?, ?)", reporter, now, figures);
    if (now - this.#addedUpAt > ADD_UP_EVERY_MS) this.#addUp(now);
  }

  /** The sum over all reporters. */
  total(): CounterValues {
    return sumOf(this.#rows("SELECT * FROM counted").map(parseFigures));
  }

  #addUp(now: number): void {
    this.#addedUpAt = now;
    const ended = this.#rows("SELECT * FROM counted WHERE at <= ? AND reporter <> ''", now - ENDED_MS);
    if (ended.length === 0) return;
    const before = this.#rows("SELECT * FROM counted WHERE reporter = ''");
    const text = JSON.stringify(sumOf([...before, ...ended].map(parseFigures)));
    this.#sql.exec("INSERT OR REPLACE INTO counted (reporter, at, figures) VALUES (?, ?, ?)", SUM_REPORTER, now, text);
    for (const { reporter } of ended) this.#sql.exec("DELETE FROM counted WHERE reporter = ?", reporter);
  }

  #rows(query: string, ...bindings: number[]): Row[] {
    return this.#exists ? (this.#sql.exec(query, ...bindings).toArray() as unknown as Row[]) : [];
  }
}

function parseFigures({ figures }: Row): CounterValues {
  return JSON.parse(figures) as CounterValues;
}
