// What a field of a frame can hold: each kind with its JSON Schema, and its type and range in words. The frame
// catalogue names one for each field; its types allow only kinds that fit the code's own schema of the field.
import {
  LIMITS,
  MAX_BODY_DEPTH,
  MAX_EPOCH_UNITS,
  MAX_FRAMES,
  MAX_NAME_UNITS,
  MAX_TOKEN_UNITS,
  MAX_WATCHED_PEERS,
  NUMBER_END,
} from "../limits.ts";
import { SYSTEM } from "../names.ts";
import { NOTICES } from "../notices.ts";
import { codesIn } from "../refusals.ts";
import { RELATIONS } from "../relation.ts";

/** A JSON Schema, draft 2020-12, as far as it is used here. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The types of the code's own schemas: as in json-shape.ts, and a list of names. */
export type ShapeName = "int" | "text" | "flag" | "any" | "list" | "names" | "words";

interface FieldKind {
  /** Of which type the code's own schema of such a field is. */
  readonly shape: ShapeName;
  /** Type and range, for people. */
  readonly words: string;
  readonly schema: JsonSchema;
}

const MAX_NUMBER = NUMBER_END - 1;
/** UTF-16 units of a name in any spelling: canonical() reads no longer one. */
const MAX_SPELLING_UNITS = MAX_NAME_UNITS * 4;
const WEBSOCKET_CODES = { minimum: 1_000, maximum: 4_999 } as const;

const integer = (minimum: number, maximum: number = MAX_NUMBER) => ({ type: "integer", minimum, maximum }) as const;
const text = (minLength: number, maxLength: number) => ({ type: "string", minLength, maxLength }) as const;
const words = (...known: readonly string[]) => known.map((word) => `\`${word}\``).join(" or ");

/** A word that is one of a list to which words may be added ([V1]). */
const openWord = (known: readonly string[]) =>
  ({ type: "string", pattern: "^[a-z][a-z_]*$", examples: [...known] }) as const;

/** The plain dialect has one shape for all refusals. */
const PLAIN_PLACES = ["error", "refused", "failed", "closing", "plain"] as const;

const ACCEPTED_STATES = ["stored", "queued"] as const;
const STANDINGS = ["contact", "request", "blocked"] as const;

export const FIELD_KINDS = {
  seq: { shape: "int", words: "integer, 0 … 2^53−1", schema: integer(0) },
  id: { shape: "int", words: "integer, 1 … 2^53−1", schema: integer(1) },
  version: { shape: "int", words: "integer, 1 or more", schema: integer(1) },
  limit: { shape: "int", words: "integer, 1 … 2^53−1", schema: integer(1) },
  time: { shape: "int", words: "integer, ms since 1970", schema: integer(0) },
  delay: { shape: "int", words: "integer, ms, 0 or more", schema: integer(0) },
  runLength: { shape: "int", words: `integer, 2 … ${grouped(MAX_FRAMES)}`, schema: integer(2, MAX_FRAMES) },
  closeCode: {
    shape: "int",
    words: "integer, 1000 … 4999",
    schema: integer(WEBSOCKET_CODES.minimum, WEBSOCKET_CODES.maximum),
  },
  name: {
    shape: "text",
    words: `text, 1 … ${MAX_NAME_UNITS} UTF-16 units: a canonical userName ([N1])`,
    schema: text(1, MAX_NAME_UNITS),
  },
  spelling: {
    shape: "text",
    words: `text, 1 … ${MAX_SPELLING_UNITS} UTF-16 units: a userName in any spelling ([N2])`,
    schema: text(1, MAX_SPELLING_UNITS),
  },
  device: {
    shape: "text",
    words: `text, 1 … ${MAX_NAME_UNITS} of \`A-Z a-z 0-9 . _ -\``,
    schema: { type: "string", pattern: `^[A-Za-z0-9._-]{1,${MAX_NAME_UNITS}}$` },
  },
  epoch: {
    shape: "text",
    words: `text, 1 … ${MAX_EPOCH_UNITS} UTF-16 units`,
    schema: text(1, MAX_EPOCH_UNITS),
  },
  token: {
    shape: "text",
    words: `text, at most ${grouped(MAX_TOKEN_UNITS)} UTF-16 units`,
    schema: text(0, MAX_TOKEN_UNITS),
  },
  sentence: { shape: "text", words: "text: one sentence for people", schema: { type: "string" } },
  label: { shape: "text", words: "text: a label", schema: { type: "string" } },
  displayName: {
    shape: "text",
    words: `text, 0 … ${MAX_NAME_UNITS} UTF-16 units: a display name`,
    schema: text(0, MAX_NAME_UNITS),
  },
  errorCode: { shape: "text", words: "text: [a code](#refusals)", schema: openWord(codesIn("error")) },
  refusedCode: { shape: "text", words: "text: [a code](#refusals)", schema: openWord(codesIn("refused")) },
  failedCode: { shape: "text", words: "text: [a code](#refusals)", schema: openWord(codesIn("failed")) },
  closingCode: { shape: "text", words: "text: [a code](#refusals)", schema: openWord(codesIn("closing")) },
  plainCode: {
    shape: "text",
    words: "text: [a code](#refusals)",
    schema: openWord([...new Set(PLAIN_PLACES.flatMap((place) => codesIn(place)))]),
  },
  plainTime: {
    shape: "text",
    words: "text: `YYYY-MM-DD HH:MM:SS`, in UTC",
    schema: { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}:\\d{2}$" },
  },
  sender: {
    shape: "text",
    words: `text, 1 … ${MAX_NAME_UNITS} UTF-16 units: a canonical userName, or \`${SYSTEM}\``,
    schema: text(1, MAX_NAME_UNITS),
  },
  noticeCode: {
    shape: "text",
    words: "text: the code of a notice ([K4], [A13])",
    schema: openWord(Object.keys(NOTICES)),
  },
  scope: { shape: "text", words: words("receiver"), schema: openWord(["receiver"]) },
  standing: { shape: "text", words: words(...STANDINGS), schema: openWord(STANDINGS) },
  state: { shape: "words", words: words(...ACCEPTED_STATES), schema: { enum: ACCEPTED_STATES } },
  flag: { shape: "flag", words: "boolean", schema: { type: "boolean" } },
  granted: { shape: "flag", words: "`true`", schema: { type: "boolean" } },
  body: {
    shape: "any",
    words: `any JSON value of at most ${grouped(LIMITS.bodyBytes)} bytes ([F3]) and ${MAX_BODY_DEPTH} levels`,
    schema: {},
  },
  bodies: {
    shape: "list",
    words: `array of 1 … ${grouped(MAX_FRAMES)} bodies`,
    schema: { type: "array", minItems: 1, maxItems: MAX_FRAMES },
  },
  runBodies: {
    shape: "list",
    words: `array of 2 … ${grouped(MAX_FRAMES)} bodies`,
    schema: { type: "array", minItems: 2, maxItems: MAX_FRAMES },
  },
  relationRef: {
    shape: "any",
    words: `object: \`to\`, a seq of the user's own log, and \`is\`: ${words(...RELATIONS)}`,
    schema: {
      type: "object",
      properties: { to: integer(1), is: { enum: RELATIONS } },
      required: ["to", "is"],
    },
  },
  relation: {
    shape: "any",
    words: `object: \`is\`: ${words(...RELATIONS)}, and \`to\`, the seq of the other message if it is in the log`,
    schema: { type: "object", properties: { to: integer(1), is: openWord(RELATIONS) }, required: ["is"] },
  },
  spellings: {
    shape: "names",
    words: `array of at most ${MAX_WATCHED_PEERS} userNames in any spelling`,
    schema: { type: "array", items: text(1, MAX_SPELLING_UNITS), maxItems: MAX_WATCHED_PEERS },
  },
} as const satisfies Record<string, FieldKind>;

type Kinds = typeof FIELD_KINDS;

/** The name of a kind. */
export type KindName = keyof Kinds;

/** The kinds that fit a type of the code's own schemas. */
export type KindOf<S> = { [K in KindName]: Kinds[K]["shape"] extends S ? K : never }[KindName];

function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
