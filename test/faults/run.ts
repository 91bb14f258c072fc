// npm run faults: verifies the checker, plays every fault on its own server, and writes the report. With --only it
// plays some of the faults and writes nothing.
import process from "node:process";
import { parseArgs } from "node:util";
import { type Fault, saveHistoriesTo, formatMs, type Outcome } from "./fault.ts";
import { verifyChecker } from "./verify-checker.ts";
import { FAULTS } from "./all-faults.ts";
import { passed, section, table, writeReport } from "./report.ts";

const { values } = parseArgs({
  options: { only: { type: "string" }, short: { type: "boolean" }, keep: { type: "string" } },
});
const { only = "", short = false, keep } = values;
if (keep !== undefined) saveHistoriesTo(keep);
const chosen = FAULTS.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
if (chosen.length === 0) {
  console.error(`No fault has "${only}" in its name. There are: ${FAULTS.map(({ name }) => name).join(", ")}`);
  process.exit(1);
}

const begun = performance.now();
const proved = verifyChecker();
console.log(`The checker found each of ${proved} faults that were planted into recorded histories.`);

const played = new Map<Fault, Outcome>();
await inTurn(chosen.filter(({ runsWith }) => runsWith === "nothing"));
const long = Promise.all(chosen.filter(({ isLong }) => isLong).map(play));
await inTurn(chosen.filter(({ runsWith }) => runsWith === "long"));
await Promise.all([long, ...chosen.filter(({ runsWith, isLong }) => runsWith === undefined && !isLong).map(play)]);
const outcomes = chosen.flatMap((fault): [Fault, Outcome][] => {
  const outcome = played.get(fault);
  return outcome === undefined ? [] : [[fault, outcome]];
});
console.log(
  `\n${[...outcomes.map(section), table(outcomes)].join("\n\n")}\n\nIn ${formatMs(performance.now() - begun)}.`,
);
if (only === "" && !short) writeReport(outcomes, proved, performance.now() - begun);
process.exit(outcomes.every(([, outcome]) => passed(outcome)) ? 0 : 1);

async function inTurn(faults: readonly Fault[]): Promise<void> {
  for (const fault of faults) await play(fault);
}

async function play(fault: Fault): Promise<void> {
  const began = performance.now();
  const outcome = await outcomeOf(fault);
  played.set(fault, outcome);
  const verdict = outcome.skipped === undefined ? (passed(outcome) ? "held" : "NOT HELD") : "skipped";
  console.log(
    `\n${fault.name}: ${verdict}, in ${formatMs(performance.now() - began)}\n  ${outcome.skipped ?? outcome.observed}`,
  );
  if (outcome.more !== undefined) console.log(`\n${outcome.more}\n`);
  for (const wrong of [...outcome.wrong.slice(0, 20), ...(outcome.missed ?? [])]) console.log(`  ✗ ${wrong}`);
}

async function outcomeOf(fault: Fault): Promise<Outcome> {
  try {
    return await fault.play(short ? "short" : "whole");
  } catch (error) {
    return {
      wrong: [`it could not be played to its end: ${error instanceof Error ? error.stack : String(error)}`],
      observed: "",
    };
  }
}
