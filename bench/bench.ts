// npm run bench: takes the measures in rounds, then prints the report and, where it is asked to, writes it.
import process from "node:process";
import { HELP, readFlags } from "./flags.ts";
import { keep, readKept } from "./kept.ts";
import { stopAll } from "./machine/processes.ts";
import { SLOW_DISK } from "./machine/slow-disk.ts";
import { findTool } from "./machine/tools.ts";
import { type Measure, titleOf } from "./measures/measure.ts";
import { canBeProfiled, MEASURES, PROFILED } from "./measures/measures.ts";
import { measurePage } from "./page-load.ts";
import { BEFORE } from "./peers/restante.ts";
import { MORE_V8 } from "./peers/workerd.ts";
import { NAMED, type Profile, profileReport } from "./profile/profile.ts";
import { brief } from "./report/brief.ts";
import { charts } from "./report/charts/charts.ts";
import { circumstances } from "./report/circumstances.ts";
import { BEFORE as BEFORE_NAME } from "./report/names.ts";
import { report, summary } from "./report/report.ts";
import { Seen } from "./report/seen.ts";
import { writeReport } from "./report/write.ts";
import { takeProfile, takeRounds } from "./rounds.ts";

async function main(args: readonly string[]): Promise<void> {
  const { help, list, only, rounds, seconds, profile, page, write, keep: file, before, fsyncMs } = readFlags(args);
  if (help) return console.log(HELP);
  if (page) return measurePage(rounds);
  BEFORE.commit = before ?? "";
  SLOW_DISK.fsyncMs = fsyncMs;
  const possible = MEASURES.filter(({ entrant }) => entrant.name !== BEFORE_NAME || before !== null);
  const measures = possible.filter((measure) => only.every((text) => titleOf(measure).includes(text)));
  if (measures.length === 0) throw new Error(`no measure has ${only.join(" and ")} in its name; see --list`);
  if (list) return console.log(measures.map(titleOf).join("\n"));
  if (profile) return profileAll(only.length > 0 ? measures.filter(canBeProfiled) : PROFILED, seconds);
  const kept = file === null ? {} : readKept(file);
  const results = new Map(MEASURES.map((measure) => [measure, [...(kept[titleOf(measure)] ?? [])]]));
  await takeRounds(results, measures, rounds, seconds, (round, measure, figures) => {
    console.log(`${round}/${rounds}  ${titleOf(measure)}: ${brief(figures)}`);
    if (file !== null) keep(file, results);
  });
  const seen = new Seen(results);
  const quoted = args.map((arg) => (arg.includes(" ") ? `"${arg}"` : arg));
  const said = file === null ? quoted : ["--keep", "FILE", "--seconds", `${seconds}`];
  const command = ["npm run bench", ...(said.length > 0 ? ["--", ...said] : [])].join(" ");
  const full = report(seen, circumstances(seen, seconds, command));
  console.log(`\n${full}`);
  if (write) writeReport(full, summary(seen), charts(seen));
}

async function profileAll(measures: readonly Measure[], seconds: number): Promise<void> {
  if (measures.length === 0) throw new Error("only floods and paces of workerd's can be profiled");
  findTool("perf");
  MORE_V8.push(...NAMED);
  const profiles = new Map<Measure, Profile>();
  for (const measure of measures) {
    profiles.set(measure, await takeProfile(measure, seconds));
    console.log(titleOf(measure));
  }
  console.log(`\n${profileReport(profiles)}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  stopAll();
}
