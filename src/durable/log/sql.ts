// The database of one object, for the code of its log. Rows are typed as their tables are and not checked again,
// because only this code writes them. No cursor outlives a call: an open cursor locks its table, and an object with a
// locked table can't be erased. Limits that Cloudflare enforces and the local runtime does not are enforced here.
import { counters } from "../../protocol/counters.ts";
import { utf8Bytes } from "../../protocol/limits.ts";

type Value = string | number | null;

/**
 * Bytes of one bound text, and of all values that a statement writes. Answers: a row that only production refuses, in
 * the middle of a commit.
 */
const MAX_VALUE_BYTES = 2_000_000;
/** Bound parameters of a statement, UTF-16 units of its text, and bytes of a LIKE pattern. Answers: as above. */
const MAX_BINDINGS = 100;
const MAX_STATEMENT_UNITS = 100_000;
const MAX_PATTERN_BYTES = 50;

/**
 * Statements, and UTF-16 units bound by them, after which the file is measured again. Answers: a question to the
 * database for every message.
 */
const MAX_STATEMENTS_UNMEASURED = 256;
const MAX_UNITS_UNMEASURED = 1_000_000;

/** Texts of statements that were checked. Each is a constant, so that there are few. */
const checked = new Set<string>();

export class Sql {
  readonly #storage: SqlStorage;
  #wrote = false;
  /**
   * Bytes of the database when it was last measured, the statements since then, and the UTF-16 units that they bound.
   */
  #measured: number | null = null;
  #statements = 0;
  #units = 0;

  constructor(storage: SqlStorage) {
    this.#storage = storage;
  }

  /** All rows at once. */
  rows<T>(query: string, ...bindings: Value[]): T[] {
    check(query, bindings);
    return this.#storage.exec(query, ...bindings).toArray() as T[];
  }

  /** The first row, if there is one. */
  row<T>(query: string, ...bindings: Value[]): T | undefined {
    return this.rows<T>(query, ...bindings)[0];
  }

  /**
   * The rows one by one, read in pages of `size`. The query ends with `LIMIT ?`; `bindings` gives all bindings but the
   * limit for the page after the row `last`. To be read before the next `await`.
   */
  *pages<T>(size: number, query: string, bindings: (last: T | null) => Value[]): Generator<T> {
    for (let last: T | null = null; ;) {
      const page: T[] = this.rows<T>(query, ...bindings(last), size);
      yield* page;
      last = page.at(-1) ?? null;
      if (page.length < size) return;
    }
  }

  run(query: string, ...bindings: Value[]): void {
    this.#units += check(query, bindings);
    this.#statements++;
    this.#wrote = true;
    counters.rows += this.#storage.exec(query, ...bindings).rowsWritten;
  }

  /** Something was written that is no row: the alarm. */
  noteWrite(): void {
    this.#wrote = true;
  }

  /** Whether anything was written since the last call. */
  takeWrote(): boolean {
    const wrote = this.#wrote;
    this.#wrote = false;
    return wrote;
  }

  /**
   * Bytes of the database without its free pages: measured every 256 statements or 1,000,000 units; writes since then
   * are added.
   */
  get bytes(): number {
    if (
      this.#measured === null ||
      this.#statements >= MAX_STATEMENTS_UNMEASURED ||
      this.#units >= MAX_UNITS_UNMEASURED
    ) {
      this.#measured = this.#storage.databaseSize;
      this.#statements = this.#units = 0;
    }
    return this.#measured + this.#units;
  }
}

/** Throws where production would. Returns the bound UTF-16 units. */
function check(query: string, bindings: readonly Value[]): number {
  if (!checked.has(query)) checkText(query);
  if (bindings.length > MAX_BINDINGS) throw new Error(`a statement has ${bindings.length} bound parameters`);
  let units = 0;
  for (const value of bindings) if (typeof value === "string") units += value.length;
  // A UTF-16 unit has at most three bytes.
  if (units * 3 > MAX_VALUE_BYTES) checkBytes(query, bindings);
  return units;
}

function checkText(query: string): void {
  if (query.length > MAX_STATEMENT_UNITS) throw new Error(`a statement has ${query.length} UTF-16 units`);
  for (const [, pattern] of query.matchAll(/\b(?:LIKE|GLOB)\s+(?:'((?:[^']|'')*)')?/gi)) {
    if (pattern === undefined || utf8Bytes(pattern) > MAX_PATTERN_BYTES)
      throw new Error(`a pattern of a statement is unknown or too long: ${query.slice(0, 100)}`);
  }
  checked.add(query);
}

function checkBytes(query: string, bindings: readonly Value[]): void {
  let all = 0;
  for (const value of bindings) {
    const bytes = typeof value === "string" ? utf8Bytes(value) : 8;
    if (bytes > MAX_VALUE_BYTES) throw new Error(`a bound text has ${bytes} bytes: ${query.slice(0, 100)}`);
    all += bytes;
  }
  if (all > MAX_VALUE_BYTES && !/^\s*(SELECT|WITH)\b/i.test(query))
    throw new Error(`a row has ${all} bytes: ${query.slice(0, 100)}`);
}

/**
 * The statement that inserts a row or updates it; the first columns are its key. It writes the named columns only:
 * newer code may have added others, and after a rollback their values have to survive.
 */
export function upsert(table: string, columns: readonly string[], keys = 1): string {
  const marks = columns.map(() => "?").join(", ");
  const rest = columns.slice(keys).map((column) => `${column} = excluded.${column}`);
  const key = columns.slice(0, keys).join(", ");
  return `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks}) ON CONFLICT (${key}) DO UPDATE SET ${rest.join(", ")}`;
}
