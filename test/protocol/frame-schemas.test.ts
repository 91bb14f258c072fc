// The JSON Schema of the frames: its examples are frames for the schema and for the code's own readers, and what is wrong
// in one field is refused by both.
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readDown } from "../../src/protocol/down.ts";
import { FIELD_KINDS, type JsonSchema } from "../../src/protocol/catalogue/field-kinds.ts";
import type { AnyFieldEntries, AnyFieldEntry, DownEntries } from "../../src/protocol/catalogue/frame-entry.ts";
import {
  frameSchemaDocument,
  frameSchemas,
  isOptional,
  nestedFields,
} from "../../src/protocol/catalogue/frame-schemas.ts";
import { type CatalogueFrame, FRAMES } from "../../src/protocol/catalogue/frames.ts";
import { LIMITS, NUMBER_END } from "../../src/protocol/limits.ts";
import { readPlain, writePlain, writePlainRefusal } from "../../src/protocol/plain.ts";
import { refusal } from "../../src/protocol/refusals.ts";
import { readFrames } from "../../src/protocol/up.ts";
import { matchesSchema } from "../support/match-schema.ts";

type Frame = Readonly<Record<string, unknown>>;

const document = frameSchemaDocument();
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
ajv.addSchema(document);

function validatorOf(name: string): ValidateFunction {
  const validate = ajv.getSchema(`${String(document["$id"])}#/$defs/${name}`);
  if (validate === undefined) throw new Error(`there is no schema of ${name}`);
  return validate;
}

/** Whether the code's own reader of this side takes a frame. */
function isRead({ side, type }: CatalogueFrame, frame: unknown): boolean {
  if (type === null) return readPlain(frame).type === "send";
  return side === "down" ? readDown(frame) !== null : readFrames(frame).every((one) => !("refusal" in one));
}

const examples = FRAMES.flatMap((frame) =>
  Object.entries<Frame>(frame.entry.examples).map(([of, example]) => ({ of: `${frame.name}, ${of}`, frame, example })),
);

test.each(examples)("[H17] the example $of is a frame for the schema and for the code", ({ frame, example }) => {
  for (const name of [frame.name, ...unionsOf(frame)]) {
    const validate = validatorOf(name);
    validate(example);
    expect([name, validate.errors]).toEqual([name, null]);
  }
  if (frame.name !== "PlainDown") expect(isRead(frame, example)).toBe(true);
});

/** The unions that have a frame. */
function unionsOf({ side, type }: CatalogueFrame): string[] {
  if (type === null) return [];
  return side === "up" ? ["Up", "UpText"] : ["Down", "DownText"];
}

test("[H17] the examples of a frame have every field", () => {
  const namesIn = (fields: AnyFieldEntries, frames: readonly Frame[]): string[] =>
    Object.entries(fields).flatMap(([name, field]) => {
      const values = frames.filter((frame) => Object.hasOwn(frame, name)).map((frame) => frame[name]);
      const nested = nestedFields(field);
      return values.length === 0 ? [name] : nested === null ? [] : namesIn(nested, values as Frame[]);
    });
  for (const { name, entry } of FRAMES)
    expect([name, namesIn(entry.fields, Object.values(entry.examples))]).toEqual([name, []]);
});

// [H17] An entry that does not fit the code's schema of its frame does not compile: the compiler alone checks it.
type Fields = DownEntries["error"]["fields"];
const code = ["errorCode", "the reason"] as const;
const message = ["sentence", "the same"] as const;
const retryAfter = ["delay", "how long to wait", "if waiting helps"] as const;
void [
  { code, message, retryAfter } satisfies Fields,
  // @ts-expect-error -- A field is missing.
  { code, message } satisfies Fields,
  // @ts-expect-error -- There is no such field.
  { code, message, retryAfter, of: ["seq", "which"] } satisfies Fields,
  // @ts-expect-error -- The code's schema has a text there.
  { code: ["seq", "the reason"], message, retryAfter } satisfies Fields,
  // @ts-expect-error -- An optional field says when it is present.
  { code, message, retryAfter: ["delay", "how long to wait"] } satisfies Fields,
  // @ts-expect-error -- A required field is always present.
  { code: ["errorCode", "the reason", "if there is one"], message, retryAfter } satisfies Fields,
];

/** One way to make a frame wrong. */
interface Mutation {
  readonly path: readonly string[];
  /** Absent for a field that is missing. */
  readonly value?: unknown;
}

/** Values of another type than the field's. */
const WRONG_TYPES: Readonly<Record<string, readonly unknown[]>> = {
  int: ["1", 1.5, true, null, [1], {}],
  text: [1, true, null, ["a"], {}],
  flag: [1, "true", null, []],
  list: [1, "a", null, {}, true],
  names: ["a", null, {}, [1], ["bob", null]],
  words: [1, "other", null, []],
  any: [],
  object: [1, "a", null, true],
};

function mutationsOf(fields: AnyFieldEntries, before: readonly string[]): Mutation[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const path = [...before, name];
    const wrong = [...(WRONG_TYPES[shapeOf(field)] ?? []), ...outOfRange(field)].map((value) => ({ path, value }));
    const missing = isOptional(field) ? [] : [{ path }];
    return [...wrong, ...missing, ...mutationsOf(nestedFields(field) ?? {}, path)];
  });
}

function shapeOf([of]: AnyFieldEntry): string {
  return typeof of === "string" ? FIELD_KINDS[of].shape : "object";
}

function outOfRange([of]: AnyFieldEntry): unknown[] {
  if (typeof of !== "string") return [];
  const { schema, shape }: { schema: JsonSchema; shape: string } = FIELD_KINDS[of];
  if (shape === "int") return [-1, -NUMBER_END, NUMBER_END, 1e300];
  if (of === "spelling") return ["", "a".repeat(Number(schema["maxLength"]) + 1)];
  if (of === "token") return ["a".repeat(Number(schema["maxLength"]) + 1)];
  if (of === "bodies") return [[], Array.from({ length: LIMITS.frames + 1 }, () => 1)];
  if (of === "spellings") return [[""], Array.from({ length: Number(schema["maxItems"]) + 1 }, () => "bob")];
  return [];
}

/** A copy of the frame with one field changed or removed. */
function mutated(frame: Frame, { path: [name = "", ...rest], ...change }: Mutation): Frame {
  const { [name]: field, ...others } = frame;
  if (rest.length > 0) return { ...frame, [name]: mutated(field as Frame, { path: rest, ...change }) };
  return "value" in change ? { ...others, [name]: change.value } : others;
}

const cases = examples
  .filter(({ frame }) => frame.name !== "PlainDown")
  .flatMap(({ of, frame, example }) => {
    const ofType: Mutation[] =
      frame.type === null ? [] : [{ path: ["type"] }, { path: ["type"], value: 1 }, { path: ["type"], value: "other" }];
    return [...ofType, ...mutationsOf(frame.entry.fields, [])]
      .filter(({ path }) => path.length === 1 || Object.hasOwn(example, path[0] ?? ""))
      .map((mutation) => ({ of, frame, example, mutation }));
  });

test("[H17] a frame with one field missing, of a wrong type or out of range is none for the schema, and none for the code", () => {
  const disagreements = cases.filter(({ frame, example, mutation }) => {
    const value = mutated(example, mutation);
    return validatorOf(frame.name)(value) || isRead(frame, value);
  });
  expect(disagreements.map(({ of, mutation }) => `${of}: ${JSON.stringify(mutation)}`)).toEqual([]);
  expect(cases.length).toBeGreaterThan(500);
});

test("the check of frames in tests inside the runtime agrees with the validator", () => {
  const schemas = frameSchemas((name) => ({ $ref: name }));
  for (const { frame, example, mutation } of cases) {
    for (const value of [example, mutated(example, mutation)])
      expect(matchesSchema(schemas[frame.name] ?? {}, value)).toBe(validatorOf(frame.name)(value));
  }
});

test("[H17] what the schema takes, the code takes", () => {
  const near = fc.constantFrom(...cases).chain(({ frame, example, mutation }) =>
    fc.record({
      frame: fc.constant(frame),
      value: fc
        .oneof(fc.jsonValue(), fc.maxSafeInteger(), fc.constantFrom("bob", "phone", "stored", true, ["carol"]))
        .map((value) => ({ more: value, ...mutated(example, { path: mutation.path, value }) })),
    }),
  );
  let taken = 0;
  fc.assert(
    fc.property(near, ({ frame, value }) => {
      if (!validatorOf(frame.name)(value)) return;
      // The schema can't say that a name is one, nor that the id of a run is that of its last message.
      const refusals = frame.side === "up" && frame.type !== null ? readFrames(value) : [];
      if (refusals.some((one) => "refusal" in one && /name/.test(one.refusal.code))) return;
      const { id, bodies } = value as { readonly id?: number; readonly bodies?: readonly unknown[] };
      if (frame.name === "UpSendRun" && Number(id) < Number(bodies?.length)) return;
      if (frame.type === null && readPlain(value).type === "refused") return;
      if (frame.name === "DownMessage" && bodies !== undefined && bodies.length !== value["count" as never]) return;
      taken++;
      expect(isRead(frame, value)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
  expect(taken).toBeGreaterThan(300);
});

test("[V2] a frame of an unknown type, and a field or a code that is not known, are valid", () => {
  const isDown = validatorOf("DownText");
  expect(isDown({ type: "wave", seq: 7, from: "bob" })).toBe(true);
  expect(isDown([{ type: "wave" }, { type: "error", code: "too_early", message: "Too early.", more: [1] }])).toBe(true);
  expect(isDown({ type: "message", seq: 7 })).toBe(false);
  expect(validatorOf("UpText")({ type: "wave" })).toBe(false);
});

test("[F1] a text is one frame or an array of at most `frames`", () => {
  const ack = { type: "ack", seq: 1 };
  const isUp = validatorOf("UpText");
  expect(isUp(Array.from({ length: LIMITS.frames }, () => ack))).toBe(true);
  expect(isUp(Array.from({ length: LIMITS.frames + 1 }, () => ack))).toBe(false);
  expect([isUp([]), isUp([[ack]]), isUp("ack")]).toEqual([true, false, false]);
});

test("[P1] what the server writes in the plain dialect matches the schema", () => {
  const isPlain = validatorOf("PlainDown");
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 4e12 }), (body, at) => {
      expect(isPlain(JSON.parse(writePlain({ from: "ann", to: "bob", at, body: JSON.stringify(body) })))).toBe(true);
    }),
  );
  expect(isPlain(JSON.parse(writePlainRefusal("bob", 0, refusal("gone"))))).toBe(true);
  expect(isPlain({ sender: "ann", receiver: "bob", msg: "hi", createTime: "1970-01-01T00:00:00Z" })).toBe(false);
});
