// The report: a table of the outcomes, and lists for docs/RELIABILITY.md, between its two marks. It knows only faults
// and outcomes.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Fault, Outcome } from "./fault.ts";

const PAGE = join(import.meta.dirname, "../../docs/RELIABILITY.md");
const MARKS = ["<!-- seen -->\n", "<!-- /seen -->\n"] as const;

export function passed({ wrong, missed = [] }: Outcome): boolean {
  return wrong.length === 0 && missed.length === 0;
}

/** A table of the faults and whether their expectation held. */
export function table(outcomes: readonly (readonly [Fault, Outcome])[]): string {
  const rows = outcomes.map(([{ name }, outcome]) => `| ${name} | ${verdict(outcome)} |`);
  return ["| fault | held |", "| --- | --- |", ...rows].join("\n");
}

/** A section of one fault: how it is made, what has to hold, and the observations, as lists. */
export function section([{ name, procedure, expectation }, outcome]: readonly [Fault, Outcome]): string {
  const { observed, skipped, missed = [], more } = outcome;
  const parts = skipped === undefined ? [...observed.split("; "), ...missed] : [skipped];
  const list = [
    wrapItem(`- **How**: ${procedure}`),
    wrapItem(`- **To hold**: ${expectation}`),
    `- **Held**: ${verdict(outcome)}`,
    "- **Seen**:",
    ...parts.map((part) => wrapItem(`  - ${part}`)),
  ];
  return [`### ${name}`, list.join("\n"), ...(more === undefined ? [] : [more])].join("\n\n");
}

function verdict(outcome: Outcome): string {
  if (outcome.skipped !== undefined) return "not played";
  if (passed(outcome)) return "yes";
  return outcome.wrong.length > 0 ? "**no**" : "**in part**";
}

/** Wraps a list item at 120 characters. */
function wrapItem(item: string): string {
  const [indent = ""] = /^ *- /.exec(item) ?? [];
  const lines = [indent.trimEnd()];
  for (const word of item.slice(indent.length).split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + 1 + word.length <= 120) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`${" ".repeat(indent.length)}${word}`);
  }
  return lines.join("\n");
}

/** Writes the report into docs/RELIABILITY.md. */
export function writeReport(outcomes: readonly (readonly [Fault, Outcome])[], proved: number, took: number): void {
  const [before = "", rest = ""] = readFileSync(PAGE, "utf8").split(MARKS[0]);
  const after = rest.split(MARKS[1])[1] ?? "";
  const report = [table(outcomes), circumstances(proved, took), ...outcomes.map(section)].join("\n\n");
  writeFileSync(PAGE, `${before}${MARKS[0]}\n${report}\n\n${MARKS[1]}${after}`);
}

function circumstances(proved: number, took: number): string {
  const [cpu] = cpus();
  const machine = `${cpu?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB; Linux ${release()}`;
  const versions = ["workerd", "ws", "socket.io"].map((name) => `${name} ${versionOf(name)}`).join(", ");
  return `- ${machine}; ${versions}, Node.js ${process.versions.node}
- ${new Date().toISOString().slice(0, 10)}, \`npm run faults\`: ${Math.round(took / 1_000)} s. Clients and server share the machine
- Before that, the checker found each of ${proved} faults that were planted into recorded histories`;
}

function versionOf(name: string): string {
  try {
    const file = join(import.meta.dirname, "../../node_modules", name, "package.json");
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  } catch {
    return "?";
  }
}
