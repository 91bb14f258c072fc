// Which of its later columns the table of runs has. Each is added with its first value, so that a log without such
// values stays as older code made it.
import { HEAD_COLUMNS } from "./run-row.ts";
import { ADD_COLUMN, type LaterColumn, TABLE_TEXT } from "./run-tables.ts";
import type { Sql } from "./sql.ts";

export class RunColumns {
  readonly #sql: Sql;
  #known: ReadonlySet<LaterColumn> | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  has(column: LaterColumn): boolean {
    return (this.#known ?? this.#read()).has(column);
  }

  /** Adds the column, unless the table has it. */
  add(column: LaterColumn): void {
    if (this.has(column)) return;
    this.#sql.run(ADD_COLUMN[column]);
    this.#known = null;
  }

  /** The columns of a row without its bodies. */
  get heads(): string {
    return this.has("re") ? `${HEAD_COLUMNS}, re` : HEAD_COLUMNS;
  }

  /** A condition for SQL: the row has messages that are shown as their own, not as a change of another one. */
  get isShown(): string {
    return this.has("re") ? "(re IS NULL OR re LIKE 'reply %')" : "1";
  }

  #read(): ReadonlySet<LaterColumn> {
    const text = this.#sql.row<{ sql: string }>(TABLE_TEXT)?.sql ?? null;
    const columns = (Object.keys(ADD_COLUMN) as LaterColumn[]).filter((name) => text?.includes(`${name} TEXT`));
    const known = new Set(columns);
    // Before the log begins there is no table.
    if (text !== null) this.#known = known;
    return known;
  }
}
