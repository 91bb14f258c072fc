// npm run bench: takes the measures in rounds, then prints tables.
import { loadavg } from "node:os";
import process from "node:process";
import { HELP, readFlags } from "./flags.ts";
import { titleOf } from "./measures/measure.ts";
import { MEASURES } from "./measures/measures.ts";
import { brief } from "./report/brief.ts";
import { mediansOf } from "./report/medians.ts";
import { takeRounds } from "./rounds.ts";

async function main(args: readonly string[]): Promise<void> {
  const { help, list, only, rounds, seconds } = readFlags(args);
  if (help) return console.log(HELP);
  const measures = MEASURES.filter((measure) => only.every((text) => titleOf(measure).includes(text)));
  if (measures.length === 0) throw new Error(`no measure has ${only.join(" and ")} in its name; see --list`);
  if (list) return console.log(measures.map(titleOf).join("\n"));
  const [busy = 0] = loadavg();
  const results = await takeRounds(measures, rounds, seconds, (round, measure, figures) => {
    console.log(`${round}/${rounds}  ${titleOf(measure)}: ${brief(figures)}`);
  });
  console.log(`\nMedians of ${rounds} rounds of ${seconds} s; load average before: ${busy.toFixed(2)}`);
  for (const [measure, all] of results) console.log(`${titleOf(measure)}: ${brief(mediansOf(all))}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
