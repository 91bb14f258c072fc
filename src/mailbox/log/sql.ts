// How this folder asks its database. Rows are as the tables say; what comes back is trusted, because only this folder wrote it.
import { counts } from "../../protocol/counts.ts";

type Value = string | number | null;

export class Sql {
  readonly #storage: SqlStorage;

  constructor(storage: SqlStorage) {
    this.#storage = storage;
  }

  /** All rows at once. */
  rows<T>(query: string, ...bindings: Value[]): T[] {
    return this.#storage.exec(query, ...bindings).toArray() as T[];
  }

  /** The first row, if there is one. */
  row<T>(query: string, ...bindings: Value[]): T | undefined {
    return this.rows<T>(query, ...bindings)[0];
  }

  /** Row by row, as they are asked for. Read it before the next `await`. */
  read<T>(query: string, ...bindings: Value[]): Iterable<T> {
    return this.#storage.exec(query, ...bindings) as unknown as Iterable<T>;
  }

  run(query: string, ...bindings: Value[]): void {
    counts.rows += this.#storage.exec(query, ...bindings).rowsWritten;
  }
}

/**
 * The statement that writes a row, whether it is there or not; the first columns are its key. Columns are named and others are let be:
 * newer code may have added some, and after it was rolled back they keep what they have.
 */
export function putting(table: string, columns: readonly string[], keys = 1): string {
  const places = columns.map(() => "?").join(", ");
  const rest = columns.slice(keys).map((column) => `${column} = excluded.${column}`);
  const key = columns.slice(0, keys).join(", ");
  return `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places}) ON CONFLICT (${key}) DO UPDATE SET ${rest.join(", ")}`;
}
