// Every rule of the protocol's documents is quoted by a test: in the title of a test that proves it, or in a case of
// the conformance runner. No title and no case quotes an unknown rule. A document links the rules of the others:
// UPDATE_RULES=1 npm test -- rules writes these links.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

const DOCUMENTS = [
  "docs/PROTOCOL.md",
  "docs/PROTOCOL-HTTP.md",
  "docs/PROTOCOL-OPERATORS.md",
  "docs/PROTOCOL-MAILBOXES.md",
];

const rules = DOCUMENTS.flatMap((file) => readRules(file).map(([rule]) => rule));

/** The rules of a document, each with the anchor of the heading above it. */
function readRules(file: string): [rule: string, anchor: string][] {
  let anchor = "";
  return [...textOf(file).matchAll(/^(?:#{2,3} (.+)|- \*\*\[([A-Z]\d+)\]\*\*)/gm)].flatMap(([, heading, rule = ""]) => {
    if (heading === undefined) return [[rule, anchor]];
    anchor = heading.toLowerCase().replaceAll(" ", "-");
    return [];
  });
}

/** The definitions of links at the end of a document: one for each rule of another document that it refers to. */
function linksOf(file: string): string[] {
  const others = DOCUMENTS.filter((other) => other !== file);
  return others.flatMap((other) =>
    readRules(other)
      .filter(([rule]) => proseOf(file).includes(`[${rule}]`))
      .map(([rule, anchor]) => `[${rule}]: ${other.replace("docs/", "")}#${anchor}`),
  );
}

const LINK = /^\[[A-Z]\d+\]: .*$/gm;
const proseOf = (file: string) => textOf(file).replaceAll(LINK, "").trimEnd();

/** Rules that are quoted at the beginning of a title or of a conformance case, with the file. */
const quoted = new Map<string, string>();
for (const file of globSync(["test/**/*.test.ts", "test/conformance/**/*.ts"], { cwd: ROOT })) {
  for (const [, all = ""] of textOf(file).matchAll(/["`]((?:\[[A-Z]\d+\])+) /g)) {
    for (const [, rule = ""] of all.matchAll(/\[(\w+)\]/g)) quoted.set(rule, file);
  }
}

test("every document has rules, and the four have all that exist", () => {
  expect(globSync("docs/PROTOCOL*.md", { cwd: ROOT }).toSorted()).toEqual(DOCUMENTS.toSorted());
  expect(DOCUMENTS.filter((file) => readRules(file).length < 10)).toEqual([]);
});

test("every rule has a unique number", () => {
  expect(rules.length).toBeGreaterThan(60);
  expect(new Set(rules).size).toBe(rules.length);
});

test("every rule is quoted by a test", () => {
  expect(rules.filter((rule) => !quoted.has(rule))).toEqual([]);
});

test("every quoted rule exists", () => {
  expect([...quoted].filter(([rule]) => !rules.includes(rule))).toEqual([]);
});

test.each(DOCUMENTS)("every rule that %s refers to exists", (file) => {
  const referred = [...textOf(file).matchAll(/\[([A-Z]\d+)\]/g)].map((match) => match[1] ?? "");
  expect(referred.filter((rule) => !rules.includes(rule))).toEqual([]);
});

test.each(DOCUMENTS)("%s links each rule of another document to its chapter", (file) => {
  const links = linksOf(file);
  if (process.env["UPDATE_RULES"] !== undefined)
    writeFileSync(join(ROOT, file), [proseOf(file), "", ...links, ""].join("\n"));
  expect(textOf(file).match(LINK)).toEqual(links);
});
