// What is made from the code in docs: the tables of PROTOCOL.md between its markers, and the files frames.schema.json and
// asyncapi.json, for readers without a server. UPDATE_DOCS=1 npm test -- protocol-tables
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { asyncApiDocument } from "../../src/protocol/catalogue/asyncapi.ts";
import { type AfterClose, closeRows } from "../../src/protocol/catalogue/connection.ts";
import { frameSchemaDocument } from "../../src/protocol/catalogue/frame-schemas.ts";
import { frameTables, plainTables, refusalTable } from "../support/protocol-tables.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const PROTOCOL = join(DOCS, "PROTOCOL.md");
const isUpdate = process.env["UPDATE_DOCS"] !== undefined;

/** What stands between two markers of a page, and the page with something else there. */
function between(page: string, name: string): { readonly text: string; readonly replaced: (by: string) => string } {
  const [begin, end] = [`<!-- ${name}:begin -->\n\n`, `\n\n<!-- ${name}:end -->`];
  const [head = "", rest, ...others] = page.split(begin);
  const [text, tail] = rest?.split(end) ?? [];
  if (text === undefined || tail === undefined || others.length > 0) throw new Error(`the markers ${name} are missing`);
  return { text, replaced: (by) => `${head}${begin}${by}${end}${tail}` };
}

test.each([
  ["frames", frameTables],
  ["plain", plainTables],
  ["refusals", refusalTable],
] as const)("the part %s of PROTOCOL.md is that of the code", (name, make) => {
  if (isUpdate) writeFileSync(PROTOCOL, between(readFileSync(PROTOCOL, "utf8"), name).replaced(make()));
  expect(between(readFileSync(PROTOCOL, "utf8"), name).text).toBe(make());
});

/** How the table of close codes begins to say what a client does. */
const AFTER_CLOSE: Readonly<Record<AfterClose, RegExp>> = {
  stop: /^(stops|does not reconnect by itself)/,
  "new token, then connect": /^gets a new one, then connects/,
  "wait retryAfter, then connect": /^waits/,
  "back off, then connect": /^back-off/,
};

test("[C2] the table of close codes has every code that the server sends, and what the client does as the AsyncAPI document has it", () => {
  const rows = [...readFileSync(PROTOCOL, "utf8").matchAll(/^\| (\d{4}) +\|.*\| (.*?) +\|$/gm)];
  const known = closeRows();
  expect(rows.map(([, code]) => Number(code)).toSorted((a, b) => a - b)).toEqual(known.map(({ code }) => code));
  for (const [, code, words] of rows)
    expect(words).toMatch(AFTER_CLOSE[known.find((row) => String(row.code) === code)?.client ?? "stop"]);
});

test.each([
  ["frames.schema.json", frameSchemaDocument],
  ["asyncapi.json", asyncApiDocument],
] as const)("[H17] docs/%s is what the server serves", (name, make) => {
  const file = join(DOCS, name);
  const text = `${JSON.stringify(make(), null, 2)}\n`;
  if (isUpdate) writeFileSync(file, text);
  expect(readFileSync(file, "utf8")).toBe(text);
});
