// How this folder asks its database. Rows are as the tables say; what comes back is trusted, because only this folder wrote it.

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
    this.#storage.exec(query, ...bindings);
  }

  /** Writes a whole row, in the order of the table's columns. */
  put(table: "peer" | "device", values: readonly Value[]): void {
    this.run(`INSERT OR REPLACE INTO ${table} VALUES (${values.map(() => "?").join(", ")})`, ...values);
  }
}
