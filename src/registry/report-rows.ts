// The rows of the reports, in an object of their own. The messages are in a table apart, so that a list does not read
// them.
import {
  MAX_OPEN_REPORTS,
  MAX_REPORTS,
  type NewReport,
  type Report,
  REPORT_PAGE,
  type ReportPage,
  type ReportQuery,
  RESOLVED_REPORT_MS,
} from "../protocol/reports.ts";

const TABLES = [
  `CREATE TABLE IF NOT EXISTS report (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, reporter TEXT NOT NULL,
    user TEXT NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL, resolved INTEGER, resolvedBy TEXT, resolution TEXT)`,
  "CREATE TABLE IF NOT EXISTS reported (id INTEGER PRIMARY KEY, messages TEXT NOT NULL)",
];
const COLUMNS = "id, at, reporter, user, reason, note, resolved, resolvedBy, resolution";
const OLDEST_RESOLVED = "SELECT id FROM report WHERE resolved IS NOT NULL ORDER BY resolved LIMIT 1";

type Row = Record<string, SqlStorageValue>;

export class ReportRows {
  readonly #sql: SqlStorage;
  readonly #max: number;
  #isMade = false;

  constructor(sql: SqlStorage, max = MAX_REPORTS) {
    this.#sql = sql;
    this.#max = max;
  }

  add({ reporter, user, reason, note, messages }: NewReport): number | "reporter" | "full" {
    this.#dropOld();
    const [open] = this.#rows("SELECT COUNT(*) AS n FROM report WHERE reporter = ? AND resolved IS NULL", reporter);
    if (Number(open?.["n"]) >= MAX_OPEN_REPORTS) return "reporter";
    const [all] = this.#rows("SELECT COUNT(*) AS n FROM report");
    if (Number(all?.["n"]) >= this.#max) {
      const [oldest] = this.#rows(OLDEST_RESOLVED);
      if (oldest === undefined) return "full";
      this.#delete("id = ?", Number(oldest["id"]));
    }
    const insert = "INSERT INTO report (at, reporter, user, reason, note) VALUES (?, ?, ?, ?, ?) RETURNING id";
    const [row] = this.#rows(insert, Date.now(), reporter, user, reason, note);
    const id = Number(row?.["id"]);
    this.#rows("INSERT INTO reported (id, messages) VALUES (?, ?)", id, messages);
    return id;
  }

  list({ state, user, before }: ReportQuery): ReportPage {
    this.#dropOld();
    const query = `SELECT ${COLUMNS} FROM report WHERE id < ?1 AND (?2 IS NULL OR user = ?2)
      AND (resolved IS NULL) = ?3 ORDER BY id DESC LIMIT ?4`;
    const top = before ?? Number.MAX_SAFE_INTEGER;
    const found = this.#rows(query, top, user, state === "open" ? 1 : 0, REPORT_PAGE + 1) as unknown as Report[];
    const reports = found.slice(0, REPORT_PAGE);
    return { reports, next: found.length > REPORT_PAGE ? (reports.at(-1)?.id ?? null) : null };
  }

  read(id: number): (Report & { readonly messages: string }) | null {
    const query = `SELECT report.${COLUMNS.replaceAll(", ", ", report.")}, messages FROM report JOIN reported USING (id)
      WHERE id = ?`;
    const [row] = this.#rows(query, id);
    return (row as unknown as (Report & { readonly messages: string }) | undefined) ?? null;
  }

  resolve(id: number, by: string, resolution: string): Report | null {
    const update = "UPDATE report SET resolved = ?, resolvedBy = ?, resolution = ? WHERE id = ? AND resolved IS NULL";
    this.#rows(update, Date.now(), by, resolution, id);
    const [row] = this.#rows(`SELECT ${COLUMNS} FROM report WHERE id = ?`, id);
    return (row as unknown as Report | undefined) ?? null;
  }

  forget(reporter: string): void {
    this.#delete("reporter = ?", reporter);
  }

  /** Resolved reports are kept for a limited time. */
  #dropOld(): void {
    this.#delete("resolved < ?", Date.now() - RESOLVED_REPORT_MS);
  }

  #delete(where: string, value: string | number): void {
    this.#rows(`DELETE FROM reported WHERE id IN (SELECT id FROM report WHERE ${where})`, value);
    this.#rows(`DELETE FROM report WHERE ${where}`, value);
  }

  #rows(statement: string, ...values: (string | number | null)[]): Row[] {
    if (!this.#isMade) for (const table of TABLES) this.#sql.exec(table);
    this.#isMade = true;
    return this.#sql.exec(statement, ...values).toArray();
  }
}
