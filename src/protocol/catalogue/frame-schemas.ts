// The JSON Schema of the frames, made from the catalogue. Open, as the protocol is: fields, frame types and codes may
// be added, so a frame with a field or a code that the schema does not know is valid.
import { MAX_FRAMES } from "../limits.ts";
import { VERSION } from "../version.ts";
import { FIELD_KINDS, type JsonSchema, type KindName } from "./field-kinds.ts";
import type { AnyFieldEntries, AnyFieldEntry } from "./frame-entry.ts";
import { type CatalogueFrame, FRAMES } from "./frames.ts";

/** Names a definition from where the schemas are. */
type Reference = (name: string) => JsonSchema;

/** What a schema of single fields can't say. */
const RELATIONS: Readonly<Record<string, JsonSchema>> = {
  // `body` takes precedence over `bodies`.
  UpSendRun: { not: { required: ["body"] } },
  DownMessage: { anyOf: [{ required: ["count"] }, { not: { required: ["bodies"] } }] },
};

/** The whole document, for `GET /api/frames.schema.json`. */
export function frameSchemaDocument(): JsonSchema {
  const reference = (name: string) => ({ $ref: `#/$defs/${name}` });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `urn:restante:frames:${VERSION}`,
    title: "Restante: the frames of restante.v1 and of restante.plain",
    description:
      "A text of restante.v1 matches UpText from a device and DownText from a mailbox; one of restante.plain PlainUp and PlainDown. Fields, frame types and codes may be added. Rules in brackets are rules of docs/PROTOCOL.md.",
    anyOf: ["UpText", "DownText", "PlainUp", "PlainDown"].map(reference),
    $defs: frameSchemas(reference),
  };
}

/** The schema of each frame, of the frames of a side (`Up`, `Down`), and of a text with one or several. */
export function frameSchemas(reference: Reference): Readonly<Record<string, JsonSchema>> {
  const namesOf = (side: string) => FRAMES.filter((frame) => frame.side === side && frame.type !== null);
  return {
    UpText: textSchema("What a device sends at once: a frame, or an array of frames ([F1], [F3]).", reference("Up")),
    DownText: textSchema("What a mailbox sends at once: a frame, or an array of frames ([F1]).", reference("Down")),
    Up: { description: "A frame from a device.", oneOf: namesOf("up").map(({ name }) => reference(name)) },
    Down: {
      description: "A frame from a mailbox.",
      oneOf: [...namesOf("down"), { name: "DownOther" }].map(({ name }) => reference(name)),
    },
    ...Object.fromEntries(FRAMES.map((frame) => [frame.name, frameSchema(frame)])),
    DownOther: otherSchema(namesOf("down")),
  };
}

function textSchema(description: string, frame: JsonSchema): JsonSchema {
  return { description, anyOf: [frame, { type: "array", items: frame, maxItems: MAX_FRAMES }] };
}

function frameSchema({ name, type, entry }: CatalogueFrame): JsonSchema {
  const examples = Object.values(entry.examples);
  const { properties, required } = objectSchema(entry.fields, examples);
  const hasType = type !== null;
  return {
    title: name,
    description: entry.purpose,
    type: "object",
    properties: { ...(hasType && { type: { const: type } }), ...properties },
    required: [...(hasType ? ["type"] : []), ...required],
    ...RELATIONS[name],
    examples,
  };
}

/** A frame of a newer server, which a client ignores ([F2]), but for its `seq` ([L2]). */
function otherSchema(known: readonly CatalogueFrame[]): JsonSchema {
  return {
    title: "DownOther",
    description:
      "A frame of a type that is newer than this document. A client ignores it; `seq` moves its cursor ([L2]).",
    type: "object",
    properties: {
      type: { type: "string", not: { enum: known.map(({ type }) => type) } },
      seq: FIELD_KINDS.seq.schema,
    },
    required: ["type"],
  };
}

function objectSchema(fields: AnyFieldEntries, examples: readonly Readonly<Record<string, unknown>>[]) {
  const named = Object.entries(fields);
  return {
    properties: Object.fromEntries(
      named.map(([name, field]) => {
        const example = examples.find((one) => Object.hasOwn(one, name))?.[name];
        return [name, fieldSchema(field, example)];
      }),
    ),
    required: named.filter(([, field]) => !isOptional(field)).map(([name]) => name),
  };
}

export function isOptional(field: AnyFieldEntry): boolean {
  return field[2] !== undefined;
}

/** The fields of an object in a frame; null for any other field. */
export function nestedFields([of]: AnyFieldEntry): AnyFieldEntries | null {
  return typeof of === "string" ? null : of;
}

function fieldSchema(field: AnyFieldEntry, example: unknown): JsonSchema {
  const [of, meaning, when] = field;
  const description = `${meaning}${when === undefined ? "" : `. Present: ${when}`}`;
  const nested = nestedFields(field);
  if (nested !== null) {
    return { description, type: "object", ...objectSchema(nested, [example as Readonly<Record<string, unknown>>]) };
  }
  // The known words of a field are its examples.
  return { description, examples: [example], ...FIELD_KINDS[of as KindName].schema };
}
