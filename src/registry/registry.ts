// Two objects. "services" has the names of the service accounts, so that operators can list them; only operators'
// requests reach it, and the accounts' own mailboxes are the authority. "keys" has the key that marks tokens; each
// isolate fetches it once.
import { DurableObject } from "cloudflare:workers";
import { type ServiceListing, type RegistryCalls, TOKEN_KEY_BYTES } from "../protocol/registry.ts";

export class Registry extends DurableObject<Env> implements RegistryCalls {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
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
}
