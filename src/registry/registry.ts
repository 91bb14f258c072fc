// The names of the service accounts, so that operators can list them: one object, which only operators' actions touch. What a service
// is and who may use it, its mailbox alone knows.
import { DurableObject } from "cloudflare:workers";
import type { Listed, RegistryCalls } from "../protocol/registry.ts";

export class Registry extends DurableObject<Env> implements RegistryCalls {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS service (userName TEXT PRIMARY KEY, created INTEGER NOT NULL) WITHOUT ROWID",
    );
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

  list(after: string, limit: number): Promise<readonly Listed[]> {
    const query = "SELECT userName, created FROM service WHERE userName > ? ORDER BY userName LIMIT ?";
    return Promise.resolve(this.#sql.exec(query, after, limit).toArray() as unknown as Listed[]);
  }
}
