// docs/OPERATIONS.md lists the events of the log, the metrics and the verbs of the code, and docs/VARIABLES.md every
// variable.
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { VERBS } from "../scripts/admin/verbs.ts";
import { DELIVERY_TIME_ENDS_MS } from "../src/protocol/counters.ts";
import { EVENTS } from "../src/protocol/log-events.ts";
import { VARIABLES } from "../src/protocol/variables.ts";

const ROOT = resolve(import.meta.dirname, "..");
const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");
const page = textOf("docs/OPERATIONS.md");

/** The cells of each row of the table under a heading. */
function tableUnder(heading: string): string[][] {
  const [, rest = ""] = page.split(`\n${heading}\n`);
  const lines = (rest.split(/\n#{2,3} /)[0] ?? "").split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test("docs/OPERATIONS.md lists the events of the code, word for word", () => {
  const listed = tableUnder("### The log").map(([event = "", meaning = ""]) => [event.replaceAll("`", ""), meaning]);
  expect(listed).toEqual(Object.entries(EVENTS));
});

test("the code logs every listed event, and no other", () => {
  const sources = globSync("src/**/*.ts", { cwd: ROOT }).map(textOf).join("\n");
  const calls = [...sources.matchAll(/\blogEvent\(([^,]*),/g)].map((match) => match[1] ?? "");
  const written = calls.flatMap((call) => [...call.matchAll(/"(\w+)"/g)].map((match) => match[1] ?? ""));
  // One call of logEvent writes both events.
  expect(new Set([...written, "connect", "disconnect"])).toEqual(new Set(Object.keys(EVENTS)));
  const server = globSync("src/**/*.ts", { cwd: ROOT }).filter((file) => !file.startsWith("src/client/"));
  expect(
    server
      .map(textOf)
      .join("\n")
      .match(/console\.(log|warn|error|info|debug)\(/g),
  ).toHaveLength(1);
});

test("docs/OPERATIONS.md explains every metric of the code, and no other", () => {
  const source = textOf("src/operator/prometheus-text.ts");
  const named = new Set([...source.matchAll(/"(restante_\w+)"/g)].map((match) => match[1] ?? ""));
  const explained = tableUnder("### Metrics").flatMap(([cell = ""]) =>
    [...cell.matchAll(/`(\w+)(?:\{\w+\})?`/g)].map(([, name = ""]) =>
      name.startsWith("_") ? `restante${name}` : name,
    ),
  );
  expect(new Set(explained)).toEqual(named);
  expect(page).toContain(DELIVERY_TIME_ENDS_MS.map((end) => end.toLocaleString("en")).join(", "));
});

test("docs/OPERATIONS.md explains every metric of a self-hosted server's process, and no other", () => {
  const source = textOf("scripts/selfhost/process-metrics.ts");
  const named = [...source.matchAll(/"((?:process|restante)_\w+)"/g)].map((match) => match[1]);
  const explained = tableUnder("### Its process and disk").flatMap(([cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1]),
  );
  expect(explained.toSorted()).toEqual(named.toSorted());
});

test("docs/OPERATIONS.md names every verb of the command", () => {
  for (const verb of VERBS.keys()) {
    const [, second] = verb.split(" ");
    const texts = [`\`${verb}`, ...(second === undefined ? [] : [`, \`${second}\``])];
    expect(
      texts.filter((text) => page.includes(text)),
      verb,
    ).not.toEqual([]);
  }
});

test("docs/VARIABLES.md has every variable of the code, and wrangler.toml sets no other", () => {
  const table = textOf("docs/VARIABLES.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .join("\n");
  const set = [...textOf("wrangler.toml").matchAll(/^([A-Z][A-Z_]+) = /gm)].map((match) => match[1] ?? "");
  const named = Object.keys(VARIABLES);
  expect(set.length).toBeGreaterThan(5);
  expect(set.filter((name) => !named.includes(name))).toEqual([]);
  expect(named.filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
});
