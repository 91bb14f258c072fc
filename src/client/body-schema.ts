// The types of bodies, and the schema of an application that checks them. It knows the interface of Standard Schema,
// which zod, valibot, arktype and others have; no such library.
import { sentenceOf } from "./errors.ts";
import type { Json } from "./store.ts";

/**
 * `T`, where JSON can express it: interfaces too. A field that is undefined is left out, and an object with `toJSON` is
 * what that returns.
 */
export type JsonOf<T> = T extends Json | { toJSON(): unknown }
  ? T
  : T extends undefined | bigint | symbol | ((...all: never[]) => unknown)
    ? never
    : T extends object
      ? { [Field in keyof T]: JsonOf<T[Field]> | Extract<T[Field], undefined> }
      : T;

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

interface Validated {
  readonly issues?: readonly Issue[] | undefined;
}

/** A schema whose input is `Body`. It checks; bodies are shown as they were sent. It has to be synchronous. */
export interface BodySchema<Body> {
  readonly "~standard": {
    readonly validate: (value: unknown) => Validated | Promise<Validated>;
    readonly types?: { readonly input: Body; readonly output: unknown } | undefined;
  };
}

/** What is wrong with a body, in a sentence; undefined where nothing is. */
export type CheckBody = (body: unknown) => string | undefined;

/** The check of a schema. An object is checked once: it never changes. */
export function checkOf(schema: BodySchema<unknown>): CheckBody {
  const known = new WeakMap<object, { readonly problem: string | undefined }>();
  return (body) => {
    if (typeof body !== "object" || body === null) return problemIn(schema, body);
    let result = known.get(body);
    if (result === undefined) known.set(body, (result = { problem: problemIn(schema, body) }));
    return result.problem;
  };
}

function problemIn(schema: BodySchema<unknown>, body: unknown): string | undefined {
  try {
    const result = schema["~standard"].validate(body);
    if (!("then" in result)) return result.issues && sentenceOfIssue(result.issues[0]);
    result.catch(() => undefined);
    return "The schema is asynchronous.";
  } catch (error) {
    return `The schema failed: ${sentenceOf(error)}`;
  }
}

function sentenceOfIssue({ message, path = [] }: Issue = { message: "It is not of the schema." }): string {
  const fields = path.map((field) => String(typeof field === "object" ? field.key : field));
  return fields.length > 0 ? `${fields.join(".")}: ${message}` : message;
}
