// scripts/run.mjs with a command that it does not have.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

test("a command that is not there is answered with those that are, which package.json names", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/run.mjs", "stat"], { cwd: ROOT, encoding: "utf8" });
  const [, list = ""] = /^There is no command "stat"\. The commands: (.*)\.\n$/.exec(stderr) ?? [];
  const named = readFileSync(resolve(ROOT, "package.json"), "utf8").matchAll(/"node scripts\/run\.mjs (\w+)"/g);
  expect([status, list.split(", ")]).toEqual([1, [...named].map(([, name]) => name).toSorted()]);
});
