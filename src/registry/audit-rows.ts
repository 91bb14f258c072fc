// The rows of the audit, in an object of their own. Each part numbers its lines, and its oldest line goes when it is
// full, so that no count is needed.
import {
  ATTEMPT_LINES_PER_MINUTE,
  AUDIT_LINES,
  AUDIT_PAGE,
  AUDIT_SCAN,
  AUDITED,
  type AuditLine,
  type AuditPage,
  type AuditPart,
  type AuditQuery,
  type NewAuditLine,
} from "../protocol/audit.ts";

const TABLE = `CREATE TABLE IF NOT EXISTS audit (part TEXT NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL,
  action TEXT NOT NULL, user TEXT, operator TEXT, operatorToken TEXT, network TEXT NOT NULL, detail TEXT NOT NULL,
  result TEXT, count INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (part, n)) WITHOUT ROWID`;

/** Ms for which the attempts of a network are added to one line. */
const ATTEMPT_LINE_MS = 3_600_000;
const MINUTE_MS = 60_000;

type NewRow = Omit<AuditLine, "n" | "at" | "last" | "result">;

export class AuditRows {
  readonly #sql: SqlStorage;
  readonly #lines: Readonly<Record<AuditPart, number>>;
  #isMade = false;
  /** The open line of each network with wrong tokens. Bounded: cleared with the lines that it names. */
  readonly #open = new Map<string, { readonly n: number; readonly at: number }>();
  #minute = { at: 0, lines: 0 };

  constructor(sql: SqlStorage, lines: Readonly<Record<AuditPart, number>> = AUDIT_LINES) {
    this.#sql = sql;
    this.#lines = lines;
  }

  begin(line: NewAuditLine): number {
    return this.#insert(AUDITED[line.action], { ...line, count: 1 }, Date.now());
  }

  amend(part: AuditPart, n: number, detail: string): void {
    this.#sql.exec("UPDATE audit SET detail = ? WHERE part = ? AND n = ?", detail, part, n);
  }

  finish(part: AuditPart, n: number, result: string): void {
    this.#sql.exec("UPDATE audit SET result = ?, last = ? WHERE part = ? AND n = ?", result, Date.now(), part, n);
  }

  countAttempts(network: string, code: string, count: number): void {
    const now = Date.now();
    const open = this.#open.get(network);
    if (open !== undefined && now - open.at < ATTEMPT_LINE_MS) {
      const update = "UPDATE audit SET count = count + ?, result = ?, last = ? WHERE part = 'attempts' AND n = ?";
      this.#sql.exec(update, count, code, now, open.n);
      return;
    }
    if (now - this.#minute.at >= MINUTE_MS) this.#minute = { at: now, lines: 0 };
    if (++this.#minute.lines > ATTEMPT_LINES_PER_MINUTE) return;
    const line = { action: "attempt", user: null, operator: null, operatorToken: null, network, detail: "{}", count };
    const n = this.#insert("attempts", line, now, code);
    if (this.#open.size >= this.#lines.attempts) this.#open.clear();
    this.#open.set(network, { n, at: now });
  }

  /** The newest lines first. Looks through AUDIT_SCAN lines at most. */
  list({ of, user, operator, since, before }: AuditQuery): AuditPage {
    this.#make();
    const query = `SELECT n, at, action, user, operator, operatorToken, network, detail, result, count, last FROM audit
      WHERE part = ? AND n < ? ORDER BY n DESC LIMIT ?`;
    const lines: AuditLine[] = [];
    let scanned = 0;
    // No number of a line is that high.
    for (const row of this.#sql.exec(query, of, before ?? Number.MAX_SAFE_INTEGER, AUDIT_SCAN + 1)) {
      const line = row as unknown as AuditLine;
      if (line.last < since) return { lines, next: null };
      if (lines.length === AUDIT_PAGE || scanned === AUDIT_SCAN) return { lines, next: line.n + 1 };
      scanned++;
      if ((user === null || line.user === user) && (operator === null || line.operator === operator)) lines.push(line);
    }
    return { lines, next: null };
  }

  #insert(part: AuditPart, row: NewRow, at: number, result: string | null = null): number {
    this.#make();
    const [top] = this.#sql.exec<{ n: number | null }>("SELECT MAX(n) AS n FROM audit WHERE part = ?", part).toArray();
    const n = (top?.n ?? 0) + 1;
    const { action, user, operator, operatorToken, network, detail, count } = row;
    const values = [part, n, at, action, user, operator, operatorToken, network, detail, result, count, at];
    this.#sql.exec(`INSERT INTO audit VALUES (${values.map(() => "?").join(", ")})`, ...values);
    this.#sql.exec("DELETE FROM audit WHERE part = ? AND n <= ?", part, n - this.#lines[part]);
    return n;
  }

  #make(): void {
    if (!this.#isMade) this.#sql.exec(TABLE);
    this.#isMade = true;
  }
}
