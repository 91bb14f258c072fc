// How a case says what it expected. Values of the wire are compared as JSON values.
import { isDeepStrictEqual } from "node:util";
import { Failure } from "../recording.ts";

export function expectThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Failure(what);
}

export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected))
    throw new Failure(`${what}: expected ${short(expected)}, received ${short(actual)}`);
}

/** Each of these fields has this value; other fields are free. */
export function expectFields(actual: unknown, expected: Readonly<Record<string, unknown>>, what: string): void {
  const fields = (actual ?? {}) as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(expected)) expectEqual(fields[name], value, `${what}, ${name}`);
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
