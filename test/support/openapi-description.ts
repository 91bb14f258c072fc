// The OpenAPI description for tests: its routes, their inputs and responses, and a check of a response against it.
import { exports } from "cloudflare:workers";
import { z } from "zod";
import { HOST } from "./accounts.ts";

type Schema = Record<string, unknown>;

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Operation {
  /** `GET /api/…`, with `{names}` of parameters. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly Record<string, readonly string[]>[];
  readonly parameters: readonly Parameter[];
  readonly body: Schema | null;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Raw extends Omit<Operation, "name" | "method" | "path" | "body" | "parameters"> {
  readonly parameters?: Operation["parameters"];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export const description: Document = await (
  await exports.default.fetch(new Request(`${HOST}/api/openapi.json`))
).json();

/** Every route of the description. */
export const operations: readonly Operation[] = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods as Readonly<Record<string, Raw>>).map(([method, raw]) => ({
    ...raw,
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    parameters: raw.parameters ?? [],
    body: raw.requestBody?.content["application/json"]?.schema ?? null,
  })),
);

/** A schema with the definitions that it references. */
export function withDefinitions(schema: Schema): Schema {
  const text = JSON.stringify(schema).replaceAll("#/components/schemas/", "#/$defs/");
  const defs = JSON.stringify(description.components.schemas).replaceAll("#/components/schemas/", "#/$defs/");
  return { ...(JSON.parse(text) as Schema), $defs: JSON.parse(defs) as unknown };
}

/** The schema that a reference points to; any other schema as it is. */
export function dereferenced(schema: Schema): Schema {
  const reference = schema["$ref"];
  return typeof reference === "string"
    ? (description.components.schemas[reference.split("/").at(-1) ?? ""] ?? {})
    : schema;
}

/** How a response deviates from the description, or null. */
export async function deviationOf({ name, responses }: Operation, response: Response): Promise<string | null> {
  const declared = responses[response.status];
  const text = await response.text();
  if (declared === undefined) return `${name} responds ${response.status}, which is not described: ${text}`;
  if (declared.content === undefined) return text === "" ? null : `${name} responds with a body that is not described`;
  const type = (response.headers.get("Content-Type") ?? "").split(";")[0] ?? "";
  const content = declared.content[type];
  if (content === undefined) return `${name} responds with ${type}, which is not described`;
  if (!type.endsWith("json")) return null;
  const read = z.fromJSONSchema(withDefinitions(content.schema) as never).safeParse(JSON.parse(text));
  return read.success ? null : `${name} responds ${text}, which does not match: ${read.error.message}`;
}
