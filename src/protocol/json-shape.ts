// Shapes of JSON that a client reads: written once as plain data, with the type inferred from it and checked by the few lines below.
// A page loads the SDK before it can show anything, and the general library is half of its size (docs/decisions/0007).

type Plain = "int" | "text" | "flag" | "any" | "list";
/** One field: a plain value, one of some texts, or a shape of its own. With `?` it may be absent. */
type Field = Plain | `${Plain}?` | readonly string[] | Shape;
/** The fields of an object; others are passed over. */
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

/** What fits a shape. */
export type ShapeOf<S> = { [K in Exclude<keyof S, Optional<S>>]: ValueOf<S[K]> } & {
  [K in Optional<S>]?: ValueOf<S[K]> | undefined;
};

type Test = (value: unknown) => boolean;

/** Each shape's fields with their tests: made once, because every frame is looked at. */
const knownTests = new WeakMap<Shape, readonly (readonly [name: string, test: Test])[]>();

/** Whether `value` has this shape. Whole numbers are those that a double holds exactly. */
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
  int: Number.isSafeInteger,
  text: (value) => typeof value === "string",
  flag: (value) => typeof value === "boolean",
  list: Array.isArray,
  any: (value) => value !== undefined,
};

function isWords(field: readonly string[] | Shape): field is readonly string[] {
  return Array.isArray(field);
}
