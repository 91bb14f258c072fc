// Every rule of PROTOCOL.md is quoted by the title of a test that proves it, and no title quotes a rule that is none.
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

const rules = [...textOf("docs/PROTOCOL.md").matchAll(/^- \*\*\[([A-Z]\d+)\]\*\*/gm)].map((match) => match[1] ?? "");
/** Rules that stand at the beginning of a title, with the file. */
const quoted = new Map<string, string>();
for (const file of globSync("test/**/*.test.ts", { cwd: ROOT })) {
  for (const [, all = ""] of textOf(file).matchAll(/["`]((?:\[[A-Z]\d+\])+) /g)) {
    for (const [, rule = ""] of all.matchAll(/\[(\w+)\]/g)) quoted.set(rule, file);
  }
}

test("every rule has a number of its own", () => {
  expect(rules.length).toBeGreaterThan(60);
  expect(new Set(rules).size).toBe(rules.length);
});

test("every rule is proved by a test that quotes it", () => {
  expect(rules.filter((rule) => !quoted.has(rule))).toEqual([]);
});

test("every rule that a test quotes is one", () => {
  expect([...quoted].filter(([rule]) => !rules.includes(rule))).toEqual([]);
});

test("the rules that the protocol's page refers to are there", () => {
  const referred = [...textOf("docs/PROTOCOL.md").matchAll(/\[([A-Z]\d+)\]/g)].map((match) => match[1] ?? "");
  expect(referred.filter((rule) => !rules.includes(rule))).toEqual([]);
});
