// docs/reference/ is what `npm run docs` makes of the SDK's types, and says something of every export.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { beforeAll, expect, test } from "vitest";
import { FOLDER, makePages, writePages } from "../scripts/reference/pages.ts";

const MEANING = "docs/reference/ is not as the types say. Write it anew, and read what changed: npm run docs";

/** The exports of the package, by the tripwire of its types. */
const PUBLIC = readFileSync(join(import.meta.dirname, "client/public-types.txt"), "utf8").split("// Not exported")[0];

let made: Awaited<ReturnType<typeof makePages>>;

beforeAll(async () => {
  made = await makePages();
  if (process.env["UPDATE_REFERENCE"] !== undefined) writePages(made.pages);
});

test("the reference is as the types of the entry points say", () => {
  const written = new Map(
    existsSync(FOLDER) ? readdirSync(FOLDER).map((file) => [file, readFileSync(join(FOLDER, file), "utf8")]) : [],
  );
  expect([...written.keys()].toSorted()).toEqual([...made.pages.keys()].toSorted());
  for (const [file, text] of made.pages) expect(written.get(file), `${file}: ${MEANING}`).toBe(text);
});

test("every export of the SDK and each of its methods has a comment", () => {
  expect(made.undocumented).toEqual([]);
});

test("the reference has each public type and function, and no name twice", () => {
  const text = made.pages.get("restante.md") ?? "";
  const headings = [...text.matchAll(/^### (\w+)$/gm)].map(([, name = ""]) => name);
  const names = [...(PUBLIC ?? "").matchAll(/^(?:interface|type|function|class) (\w+)/gm)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThan(50);
  expect(headings.toSorted()).toEqual([...new Set(names)].toSorted());
});
