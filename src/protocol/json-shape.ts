// Schemas of the JSON that the client reads: plain data from which the type is inferred, checked by the lines below.
// The SDK does not use the schema library, which is half of the SDK's size (docs/decisions/0007).

type Plain = "int" | "text" | "flag" | "any" | "list";
/** One field: a plain value, one of some texts, or a nested shape. With `?` it may be absent. */
type Field = Plain | `${Plain}?` | readonly string[] | Shape;
/** The fields of an object; other fields are ignored. */
export interface Shape {
  readonly [name: string]: Field;
}

interface Plains {
  int: number;
  text: string;
  flag: boolean;
  any: unknown;
  list: readonly unknown[];
}

type ValueOf<F> = F extends Plain
  ? Plains[F]
  : F extends `${infer P extends Plain}?`
    ? Plains[P]
    : F extends readonly (infer Word)[]
      ? Word
      : ShapeOf<F>;
type Optional<S> = { [K in keyof S]: S[K] extends `${string}?` ? K : never }[keyof S];

/** The type of values that match a shape. */
export type ShapeOf<S> = { [K in Exclude<keyof S, Optional<S>>]: ValueOf<S[K]> } & {
  [K in Optional<S>]?: ValueOf<S[K]> | undefined;
};

type Test = (value: unknown) => boolean;

/**
 * Each shape's fields with their tests, built once, because every frame is checked. Bounded by the number of shapes.
 */
const knownTests = new WeakMap<Shape, readonly (readonly [name: string, test: Test])[]>();

/** Whether `value` matches the shape. `int` is a whole number, 0 to 2^53 - 1. */
export function matchesShape<S extends Shape>(shape: S, value: unknown): value is ShapeOf<S> {
  if (typeof value !== "object" || value === null) return false;
  let tests = knownTests.get(shape);
  if (tests === undefined) {
    tests = Object.entries(shape).map(([name, field]) => [name, testOf(field)] as const);
    knownTests.set(shape, tests);
  }
  for (const [name, test] of tests) {
    if (!test((value as Record<string, unknown>)[name])) return false;
  }
  return true;
}

function testOf(field: Field): Test {
  if (typeof field !== "string") {
    return isWords(field) ? (value) => field.includes(value as string) : (value) => matchesShape(field, value);
  }
  const test = TESTS[field.replace("?", "") as Plain];
  return field.endsWith("?") ? (value) => value === undefined || test(value) : test;
}

const TESTS: Readonly<Record<Plain, Test>> = {
  int: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  text: (value) => typeof value === "string",
  flag: (value) => typeof value === "boolean",
  list: Array.isArray,
  any: (value) => value !== undefined,
};

function isWords(field: readonly string[] | Shape): field is readonly string[] {
  return Array.isArray(field);
}
