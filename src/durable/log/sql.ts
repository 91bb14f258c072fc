// How this folder asks its database. Rows are as the tables say; what comes back is trusted, because only this folder wrote it. No cursor
// outlives a call: an open one locks its table, and a mailbox whose tables are locked can't be erased. What Cloudflare enforces and the
// local runtime does not is enforced here.
import { counters } from "../../protocol/counters.ts";
import { utf8Bytes } from "../../protocol/limits.ts";

type Value = string | number | null;

/** Bytes of one bound text, and of all that a statement writes. Answers: a row that only production refuses, in the middle of a batch. */
const VALUE_BYTES = 2_000_000;
/** Bound parameters of a statement, UTF-16 units of its text, and bytes of a LIKE pattern. Answers: as above. */
const BINDINGS = 100;
const STATEMENT_UNITS = 100_000;
const PATTERN_BYTES = 50;

/** Statements, and UTF-16 units bound by them, after which the file is measured again. Answers: a question to the database for every message. */
const MEASURE_STATEMENTS = 256;
const MEASURE_UNITS = 1_000_000;

/** Texts of statements that were checked: each is a constant of this folder. */
const checked = new Set<string>();

export class Sql {
  readonly #storage: SqlStorage;
  #wrote = false;
  /** Bytes of the database as they were last measured; the statements since then, and the UTF-16 units that they bound. */
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
   * Row by row, read in pages of `size`. The query ends with `LIMIT ?`; `bindings` are those before it, of the page that follows the row
   * `last`. Read it before the next `await`.
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

  /** Something was written beside this: the alarm. */
  noteWrite(): void {
    this.#wrote = true;
  }

  /** Whether anything was written since this was last asked. */
  takeWrote(): boolean {
    const wrote = this.#wrote;
    this.#wrote = false;
    return wrote;
  }

  /** Bytes that the database takes, without its free pages: measured now and then, and what was written since is added. */
  get bytes(): number {
    if (this.#measured === null || this.#statements >= MEASURE_STATEMENTS || this.#units >= MEASURE_UNITS) {
      this.#measured = this.#storage.databaseSize;
      this.#statements = this.#units = 0;
    }
    return this.#measured + this.#units;
  }
}

/** Throws where production would. Returns the UTF-16 units that are bound. */
function check(query: string, bindings: readonly Value[]): number {
  if (!checked.has(query)) checkText(query);
  if (bindings.length > BINDINGS) throw new Error(`a statement has ${bindings.length} bound parameters`);
  let units = 0;
  for (const value of bindings) if (typeof value === "string") units += value.length;
  // A UTF-16 unit has three bytes at most.
  if (units * 3 > VALUE_BYTES) checkBytes(query, bindings);
  return units;
}

function checkText(query: string): void {
  if (query.length > STATEMENT_UNITS) throw new Error(`a statement has ${query.length} UTF-16 units`);
  for (const [, pattern] of query.matchAll(/\b(?:LIKE|GLOB)\s+(?:'((?:[^']|'')*)')?/gi)) {
    if (pattern === undefined || utf8Bytes(pattern) > PATTERN_BYTES)
      throw new Error(`a pattern of a statement is unknown or too long: ${query.slice(0, 100)}`);
  }
  checked.add(query);
}

function checkBytes(query: string, bindings: readonly Value[]): void {
  let all = 0;
  for (const value of bindings) {
    const bytes = typeof value === "string" ? utf8Bytes(value) : 8;
    if (bytes > VALUE_BYTES) throw new Error(`a bound text has ${bytes} bytes: ${query.slice(0, 100)}`);
    all += bytes;
  }
  if (all > VALUE_BYTES && !/^\s*(SELECT|WITH)\b/i.test(query))
    throw new Error(`a row has ${all} bytes: ${query.slice(0, 100)}`);
}

/**
 * The statement that writes a row, whether it is there or not; the first columns are its key. Columns are named and others are let be:
 * newer code may have added some, and after it was rolled back they keep what they have.
 */
export function upsert(table: string, columns: readonly string[], keys = 1): string {
  const places = columns.map(() => "?").join(", ");
  const rest = columns.slice(keys).map((column) => `${column} = excluded.${column}`);
  const key = columns.slice(0, keys).join(", ");
  return `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places}) ON CONFLICT (${key}) DO UPDATE SET ${rest.join(", ")}`;
}
