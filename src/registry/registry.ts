// Objects with one task each. "services" has the names of the service accounts, so that operators can list them; only
// operators' requests reach it, and the accounts' own mailboxes are the authority. "keys" has the key that marks tokens;
// each isolate fetches it once. "audit" has what operators did. "users" has the claimed names, if USER_LIST is on.
// "reports" has what users report to operators.
import { DurableObject } from "cloudflare:workers";
import type { AuditPage, AuditPart, AuditQuery, NewAuditLine } from "../protocol/audit.ts";
import { type ServiceListing, type RegistryCalls, TOKEN_KEY_BYTES } from "../protocol/registry.ts";
import type { NewReport, Report, ReportPage, ReportQuery } from "../protocol/reports.ts";
import type { UserPage, UserQuery } from "../protocol/user-list.ts";
import { AuditRows } from "./audit-rows.ts";
import { ReportRows } from "./report-rows.ts";
import { UserRows } from "./user-rows.ts";

export class Registry extends DurableObject<Env> implements RegistryCalls {
  readonly #sql: SqlStorage;
  readonly #audit: AuditRows;
  readonly #users: UserRows;
  readonly #reports: ReportRows;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#audit = new AuditRows(ctx.storage.sql);
    this.#users = new UserRows(ctx.storage.sql);
    this.#reports = new ReportRows(ctx.storage.sql);
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS service (userName TEXT PRIMARY KEY, created INTEGER NOT NULL) WITHOUT ROWID",
    );
  }

  tokenKey(): Promise<string> {
    this.#sql.exec("CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
    const find = "SELECT value FROM secret WHERE name = 'token'";
    const [known] = this.#sql.exec<{ value: string }>(find).toArray();
    if (known !== undefined) return Promise.resolve(known.value);
    const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_KEY_BYTES));
    const value = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#sql.exec("INSERT INTO secret (name, value) VALUES ('token', ?)", value);
    return Promise.resolve(value);
  }

  add(userName: string, created: number): Promise<void> {
    const statement = "INSERT INTO service (userName, created) VALUES (?, ?) ON CONFLICT DO NOTHING";
    this.#sql.exec(statement, userName, created);
    return Promise.resolve();
  }

  remove(userName: string): Promise<void> {
    this.#sql.exec("DELETE FROM service WHERE userName = ?", userName);
    return Promise.resolve();
  }

  list(after: string, limit: number): Promise<readonly ServiceListing[]> {
    const query = "SELECT userName, created FROM service WHERE userName > ? ORDER BY userName LIMIT ?";
    return Promise.resolve(this.#sql.exec(query, after, limit).toArray() as unknown as ServiceListing[]);
  }

  beginAudit(line: NewAuditLine): Promise<number> {
    return Promise.resolve(this.#audit.begin(line));
  }

  amendAudit(part: AuditPart, n: number, detail: string): Promise<void> {
    return Promise.resolve(this.#audit.amend(part, n, detail));
  }

  finishAudit(part: AuditPart, n: number, result: string): Promise<void> {
    return Promise.resolve(this.#audit.finish(part, n, result));
  }

  countAttempts(network: string, code: string, count: number): Promise<void> {
    return Promise.resolve(this.#audit.countAttempts(network, code, count));
  }

  listAudit(query: AuditQuery): Promise<AuditPage> {
    return Promise.resolve(this.#audit.list(query));
  }

  addUser(userName: string): Promise<void> {
    return Promise.resolve(this.#users.add(userName));
  }

  removeUser(userName: string): Promise<void> {
    return Promise.resolve(this.#users.remove(userName));
  }

  setSuspended(userName: string, at: number, until: number | null): Promise<void> {
    return Promise.resolve(this.#users.suspend(userName, at, until));
  }

  setResumed(userName: string): Promise<void> {
    return Promise.resolve(this.#users.resume(userName));
  }

  listUsers(query: UserQuery): Promise<UserPage> {
    return Promise.resolve(this.#users.list(query));
  }

  addReport(report: NewReport): Promise<number | "reporter" | "full"> {
    return Promise.resolve(this.#reports.add(report));
  }

  listReports(query: ReportQuery): Promise<ReportPage> {
    return Promise.resolve(this.#reports.list(query));
  }

  readReport(id: number): Promise<(Report & { readonly messages: string }) | null> {
    return Promise.resolve(this.#reports.read(id));
  }

  resolveReport(id: number, by: string, resolution: string): Promise<Report | null> {
    return Promise.resolve(this.#reports.resolve(id, by, resolution));
  }

  forgetReporter(reporter: string): Promise<void> {
    return Promise.resolve(this.#reports.forget(reporter));
  }
}
