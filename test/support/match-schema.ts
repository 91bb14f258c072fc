// Whether a value matches a JSON Schema, for tests inside the runtime, where no code can be made of a text. It knows the
// keywords that the schemas of the frames use, and refuses others; a test compares it with a whole validator.

type Schema = Readonly<Record<string, unknown>>;
type Check = (value: unknown, operand: never) => boolean;

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  integer: (value) => typeof value === "number" && Number.isInteger(value),
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  array: (value) => Array.isArray(value),
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

const KEYWORDS: Readonly<Record<string, Check>> = {
  type: (value, name: string) => TYPES[name]?.(value) === true,
  const: (value, only: unknown) => value === only,
  enum: (value, all: readonly unknown[]) => all.includes(value),
  minimum: (value, min: number) => typeof value !== "number" || value >= min,
  maximum: (value, max: number) => typeof value !== "number" || value <= max,
  minLength: (value, min: number) => typeof value !== "string" || [...value].length >= min,
  maxLength: (value, max: number) => typeof value !== "string" || [...value].length <= max,
  pattern: (value, form: string) => typeof value !== "string" || new RegExp(form, "u").test(value),
  minItems: (value, min: number) => !Array.isArray(value) || value.length >= min,
  maxItems: (value, max: number) => !Array.isArray(value) || value.length <= max,
  items: (value, of: Schema) => !Array.isArray(value) || value.every((one) => matchesSchema(of, one)),
  properties: (value, of: Readonly<Record<string, Schema>>) =>
    !TYPES["object"]?.(value) ||
    Object.entries(of).every(
      ([name, schema]) =>
        !Object.hasOwn(value as object, name) || matchesSchema(schema, (value as Record<string, unknown>)[name]),
    ),
  required: (value, names: readonly string[]) =>
    !TYPES["object"]?.(value) || names.every((name) => Object.hasOwn(value as object, name)),
  anyOf: (value, some: readonly Schema[]) => some.some((schema) => matchesSchema(schema, value)),
  not: (value, schema: Schema) => !matchesSchema(schema, value),
};
const ANNOTATIONS = new Set(["title", "description", "examples"]);

export function matchesSchema(schema: Schema, value: unknown): boolean {
  return Object.entries(schema).every(([keyword, operand]) => {
    if (ANNOTATIONS.has(keyword)) return true;
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`matchesSchema does not know the keyword ${keyword}`);
    return check(value, operand as never);
  });
}
