// What was seen, as a table, and as docs/RELIABILITY.md: the part between its two marks. It knows outcomes only.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Fault, Outcome } from "./fault.ts";

const PAGE = join(import.meta.dirname, "../../docs/RELIABILITY.md");
const MARKS = ["<!-- seen -->\n", "<!-- /seen -->\n"] as const;

export function held({ wrong, missed = [] }: Outcome): boolean {
  return wrong.length === 0 && missed.length === 0;
}

export function table(outcomes: readonly (readonly [Fault, Outcome])[]): string {
  const rows = outcomes.map(([{ name, how, hold }, outcome]) => {
    const { seen, skipped, missed = [], wrong } = outcome;
    const word =
      skipped !== undefined ? "not played" : held(outcome) ? "yes" : wrong.length > 0 ? "**no**" : "**in part**";
    return `| ${[name, how, hold, word, skipped ?? [seen, ...missed].join("; ")].map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return ["| fault | how | to hold | held | seen |", "| --- | --- | --- | --- | --- |", ...rows].join("\n");
}

/** Puts what was seen into the page. */
export function writeReport(outcomes: readonly (readonly [Fault, Outcome])[], proved: number, took: number): void {
  const [before = "", rest = ""] = readFileSync(PAGE, "utf8").split(MARKS[0]);
  const after = rest.split(MARKS[1])[1] ?? "";
  const more = outcomes.flatMap(([{ name }, { more }]) => (more === undefined ? [] : [`### ${name}\n\n${more}\n`]));
  const seen = [table(outcomes), circumstances(proved, took), ...more].join("\n\n");
  writeFileSync(PAGE, `${before}${MARKS[0]}\n${seen}\n${MARKS[1]}${after}`);
}

function circumstances(proved: number, took: number): string {
  const [cpu] = cpus();
  const machine = `${cpu?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB; Linux ${release()}`;
  const versions = ["workerd", "ws", "socket.io"].map((name) => `${name} ${versionOf(name)}`).join(", ");
  return `- ${machine}; ${versions}, Node.js ${process.versions.node}
- ${new Date().toISOString().slice(0, 10)}, \`npm run faults\`: ${Math.round(took / 1_000)} s. Clients and server share the machine
- Before that, the judge found each of ${proved} faults that were planted into recorded histories`;
}

function versionOf(name: string): string {
  try {
    const file = join(import.meta.dirname, "../../node_modules", name, "package.json");
    return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  } catch {
    return "?";
  }
}
