// npm run faults: the judge proves itself, then every fault is played, each on a server of its own, and what was seen is written down.
// With --only a part of it, and nothing is written.
import process from "node:process";
import { parseArgs } from "node:util";
import { type Fault, keepHistories, ms, type Outcome } from "./fault.ts";
import { prove } from "./prove.ts";
import { FAULTS } from "./rows.ts";
import { held, section, table, writeReport } from "./report.ts";

const { values } = parseArgs({
  options: { only: { type: "string" }, short: { type: "boolean" }, keep: { type: "string" } },
});
const { only = "", short = false, keep } = values;
if (keep !== undefined) keepHistories(keep);
const chosen = FAULTS.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
if (chosen.length === 0) {
  console.error(`No fault has "${only}" in its name. There are: ${FAULTS.map(({ name }) => name).join(", ")}`);
  process.exit(1);
}

const begun = performance.now();
const proved = prove();
console.log(`The judge found each of ${proved} faults that were planted into recorded histories.`);

const played = new Map<Fault, Outcome>();
await inTurn(chosen.filter(({ beside }) => beside === "nothing"));
const long = Promise.all(chosen.filter(({ long }) => long).map(play));
await inTurn(chosen.filter(({ beside }) => beside === "long"));
await Promise.all([long, ...chosen.filter(({ beside, long }) => beside === undefined && !long).map(play)]);
const outcomes = chosen.flatMap((fault): [Fault, Outcome][] => {
  const outcome = played.get(fault);
  return outcome === undefined ? [] : [[fault, outcome]];
});
console.log(`\n${[...outcomes.map(section), table(outcomes)].join("\n\n")}\n\nIn ${ms(performance.now() - begun)}.`);
if (only === "" && !short) writeReport(outcomes, proved, performance.now() - begun);
process.exit(outcomes.every(([, outcome]) => held(outcome)) ? 0 : 1);

async function inTurn(faults: readonly Fault[]): Promise<void> {
  for (const fault of faults) await play(fault);
}

async function play(fault: Fault): Promise<void> {
  const began = performance.now();
  const outcome = await outcomeOf(fault);
  played.set(fault, outcome);
  const word = outcome.skipped === undefined ? (held(outcome) ? "held" : "NOT HELD") : "skipped";
  console.log(`\n${fault.name}: ${word}, in ${ms(performance.now() - began)}\n  ${outcome.skipped ?? outcome.seen}`);
  if (outcome.more !== undefined) console.log(`\n${outcome.more}\n`);
  for (const wrong of [...outcome.wrong.slice(0, 20), ...(outcome.missed ?? [])]) console.log(`  ✗ ${wrong}`);
}

async function outcomeOf(fault: Fault): Promise<Outcome> {
  try {
    return await fault.play(short ? "short" : "whole");
  } catch (error) {
    return {
      wrong: [`it could not be played to its end: ${error instanceof Error ? error.stack : String(error)}`],
      seen: "",
    };
  }
}
