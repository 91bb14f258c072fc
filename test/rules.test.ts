// Every rule of PROTOCOL.md is quoted in the title of a test that proves it, and no title quotes an unknown rule.
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

const rules = [...textOf("docs/PROTOCOL.md").matchAll(/^- \*\*\[([A-Z]\d+)\]\*\*/gm)].map((match) => match[1] ?? "");
/** Rules that are quoted at the beginning of a title, with the file. */
const quoted = new Map<string, string>();
for (const file of globSync("test/**/*.test.ts", { cwd: ROOT })) {
  for (const [, all = ""] of textOf(file).matchAll(/["`]((?:\[[A-Z]\d+\])+) /g)) {
    for (const [, rule = ""] of all.matchAll(/\[(\w+)\]/g)) quoted.set(rule, file);
  }
}

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

test("every rule that docs/PROTOCOL.md refers to exists", () => {
  const referred = [...textOf("docs/PROTOCOL.md").matchAll(/\[([A-Z]\d+)\]/g)].map((match) => match[1] ?? "");
  expect(referred.filter((rule) => !rules.includes(rule))).toEqual([]);
});
