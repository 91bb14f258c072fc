// The AsyncAPI document: it is valid by the schema of AsyncAPI 3.0.0 itself, every reference leads somewhere, and its query
// and close codes are those of the code.
import specs from "@asyncapi/specs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { asyncApiDocument } from "../../src/protocol/catalogue/asyncapi.ts";
import { closeRows, QUERY_FIELDS } from "../../src/protocol/catalogue/connection.ts";
import { FRAMES } from "../../src/protocol/catalogue/frames.ts";
import { readConnectionQuery } from "../../src/protocol/connection-query.ts";
import { DOWN } from "../../src/protocol/down.ts";
import { NUMBER_END } from "../../src/protocol/limits.ts";
import { REFUSALS } from "../../src/protocol/refusals.ts";

type Tree = Readonly<Record<string, unknown>>;

const document = asyncApiDocument();
const at = (path: string) =>
  path.split("/").reduce<unknown>((node, name) => (node as Tree | undefined)?.[name], document);

/** Every reference in the document. */
function referencesIn(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  const { $ref } = node as Tree;
  return [...(typeof $ref === "string" ? [$ref] : []), ...Object.values(node).flatMap(referencesIn)];
}

test("[H17] the document is valid by the schema of AsyncAPI 3.0.0", () => {
  // The schema contains that of draft 7 itself.
  const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false });
  const validate = ajv.compile(specs.schemas["3.0.0"] as object);
  validate(document);
  expect(validate.errors).toBeNull();
  expect(validate({ ...document, channels: { v1: { address: 1 } } })).toBe(false);
});

test("[H17] every reference of the document leads to something in it", () => {
  const references = new Set(referencesIn(document));
  expect(references.size).toBeGreaterThan(60);
  expect([...references].filter((path) => !path.startsWith("#/") || at(path.slice(2)) === undefined)).toEqual([]);
});

test("[H17] every frame is a message of a channel, and of an operation in its direction", () => {
  const operations = Object.values(
    at("operations") as Record<string, { action: string; messages: { $ref: string }[] }>,
  );
  for (const { name, side } of FRAMES) {
    const action = side === "up" ? "receive" : "send";
    const own = operations.filter(({ messages }) => messages.some(({ $ref }) => $ref.endsWith(`/messages/${name}`)));
    expect([name, own.map((operation) => operation.action)]).toEqual([name, [action]]);
  }
  for (const type of Object.keys(DOWN))
    expect(FRAMES.map((frame) => `${frame.side} ${frame.type}`)).toContain(`down ${type}`);
});

test("[H17] the query has the fields that the server reads, and no others", () => {
  const good = Object.entries(QUERY_FIELDS).map(([name, { example }]) => [name, String(example)] as const);
  const read = readConnectionQuery(new URLSearchParams(good.map((pair) => [...pair])));
  expect(Object.keys(read)).toEqual(expect.arrayContaining(Object.keys(QUERY_FIELDS)));
  const bad: Readonly<Record<string, readonly string[]>> = {
    device: ["", "a b", "x".repeat(65)],
    cursor: ["", "-1", "1.5", String(NUMBER_END), "tail"],
    epoch: ["", "x".repeat(65)],
    runs: ["", "0", "true"],
    early: ["", "0", "true"],
    relations: ["", "0", "true"],
    attempt: ["", "a", "a.", ".1", "a.-1", "a.b", `${"x".repeat(17)}.1`],
  };
  expect(Object.keys(bad).toSorted()).toEqual(Object.keys(QUERY_FIELDS).toSorted());
  const ajv = new Ajv();
  for (const [name, { schema, example, isRequired }] of Object.entries(QUERY_FIELDS)) {
    expect([name, ajv.validate(schema, example)]).toEqual([name, true]);
    for (const text of bad[name] ?? []) {
      const others = good.filter(([other]) => other !== name).map((pair) => [...pair]);
      expect(readConnectionQuery(new URLSearchParams([...others, [name, text]]))).toBeTypeOf("string");
      // In an address a number is a text.
      const value = /^-?\d+(\.\d+)?$/.test(text) && name === "cursor" ? Number(text) : text;
      expect([name, text, ajv.validate(schema, value)]).toEqual([name, text, false]);
    }
    const without = readConnectionQuery(
      new URLSearchParams(good.filter(([other]) => other !== name).map((pair) => [...pair])),
    );
    expect([name, typeof without === "string"]).toEqual([name, isRequired === true]);
  }
});

test("[C2] every close code of the table of refusals is in the document, with its words", () => {
  const rows = closeRows();
  const expected = Object.entries(REFUSALS).flatMap(([code, row]) => ("close" in row ? [`${row.close} ${code}`] : []));
  expect(rows.flatMap(({ code, reasons }) => reasons.map((reason) => `${code} ${reason}`)).toSorted()).toEqual(
    expected.toSorted(),
  );
  expect(Object.keys(at("channels/v1/x-close-codes") as Tree)).toEqual(rows.map(({ code }) => String(code)));
});
