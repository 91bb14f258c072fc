// The rows of the list of users, in an object of their own: one for each claimed name, and one for each suspension.
import { type ListedUser, USER_PAGE, USER_SCAN, type UserPage, type UserQuery } from "../protocol/user-list.ts";

const TABLES = [
  "CREATE TABLE IF NOT EXISTS user (userName TEXT PRIMARY KEY, listed INTEGER NOT NULL) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS suspended (userName TEXT PRIMARY KEY, at INTEGER NOT NULL, until INTEGER) WITHOUT ROWID",
];

/** The highest code point, above every name with the same beginning. */
const LAST_CHARACTER = "\u{10ffff}";

interface UserRow {
  readonly userName: string;
  readonly listed: number | null;
  readonly at: number | null;
  readonly until: number | null;
}

const ALL = `SELECT user.userName, listed, at, until FROM user LEFT JOIN suspended USING (userName)
  WHERE user.userName > ? AND user.userName >= ? AND user.userName < ? ORDER BY user.userName LIMIT ?`;
const SUSPENDED = `SELECT suspended.userName, listed, at, until FROM suspended LEFT JOIN user USING (userName)
  WHERE suspended.userName > ? AND suspended.userName >= ? AND suspended.userName < ?
  ORDER BY suspended.userName LIMIT ?`;

export class UserRows {
  readonly #sql: SqlStorage;
  #isMade = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(userName: string): void {
    this.#run("INSERT INTO user VALUES (?, ?) ON CONFLICT DO NOTHING", userName, Date.now());
  }

  remove(userName: string): void {
    this.#run("DELETE FROM user WHERE userName = ?", userName);
    this.resume(userName);
  }

  suspend(userName: string, at: number, until: number | null): void {
    this.#run("INSERT OR REPLACE INTO suspended VALUES (?, ?, ?)", userName, at, until);
  }

  resume(userName: string): void {
    this.#run("DELETE FROM suspended WHERE userName = ?", userName);
  }

  /** Ordered by name. Looks through USER_SCAN names at most. */
  list({ prefix, since, suspendedOnly, after }: UserQuery): UserPage {
    const now = Date.now();
    const query = suspendedOnly ? SUSPENDED : ALL;
    const users: ListedUser[] = [];
    let [scanned, last] = [0, after];
    for (const row of this.#run(query, after, prefix, prefix + LAST_CHARACTER, USER_SCAN + 1)) {
      if (users.length === USER_PAGE || scanned === USER_SCAN) return { users, next: last };
      const { userName, listed, at, until } = row as unknown as UserRow;
      scanned++;
      last = userName;
      // A suspension that is over leaves its row until the next order.
      const suspended = at === null || (until !== null && until <= now) ? null : { at, until };
      if ((listed ?? 0) < since || (suspendedOnly && suspended === null)) continue;
      users.push({ userName, listed, suspended });
    }
    return { users, next: null };
  }

  #run(statement: string, ...values: (string | number | null)[]): Iterable<unknown> {
    if (!this.#isMade) for (const table of TABLES) this.#sql.exec(table);
    this.#isMade = true;
    return this.#sql.exec(statement, ...values);
  }
}
