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

/** Whether `value` has this shape. Whole numbers are those that a double holds exactly. */
export function fits<S extends Shape>(shape: S, value: unknown): value is ShapeOf<S> {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(shape).every(([name, field]) =>
    fieldFits(field, Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined),
  );
}

function fieldFits(field: Field, value: unknown): boolean {
  if (typeof field !== "string") return isWords(field) ? field.includes(value as string) : fits(field, value);
  if (field.endsWith("?") && value === undefined) return true;
  switch (field.replace("?", "") as Plain) {
    case "int":
      return Number.isSafeInteger(value);
    case "text":
      return typeof value === "string";
    case "flag":
      return typeof value === "boolean";
    case "list":
      return Array.isArray(value);
    case "any":
      return value !== undefined;
  }
}

function isWords(field: readonly string[] | Shape): field is readonly string[] {
  return Array.isArray(field);
}
