// npm run conformance: plays cases of one side, and prints what came of them.
import process from "node:process";
import type { Case } from "./case.ts";
import { CASES } from "./cases/all.ts";
import { type Flags, HELP, readFlags } from "./flags.ts";
import { type Outcome, play } from "./play.ts";
import { lineOf, rulesIn, summary } from "./report.ts";
import { runServerCases, serverCasesWith } from "./server/run-server-cases.ts";

const STOPS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Plays the cases with the client that the command starts. `report` is called with each outcome, as it comes. */
export async function playAll(
  cases: readonly Case[],
  command: string,
  parallel: number,
  report: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  const outcomes = new Map<Case, Outcome>();
  const rest = [...cases].sort((a, b) => Number(b.isLong ?? false) - Number(a.isLong ?? false));
  const player = async () => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) {
      const outcome = await play(one, command);
      outcomes.set(one, outcome);
      report(outcome);
    }
  };
  await Promise.all(Array.from({ length: parallel }, player));
  return cases.flatMap((one) => outcomes.get(one) ?? []);
}

/** The cases with `only` in their name, in any case. */
export function casesWith(only: string): Case[] {
  return CASES.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
}

async function testClient(command: string, { only, parallel, json, verbose }: Flags): Promise<readonly Outcome[]> {
  return playAll(casesWith(only), command, parallel, (outcome) => {
    if (!json) console.log(lineOf(outcome, verbose));
  });
}

/** Ctrl-C ends it after the present case, so that the users of the run are erased; a second one at once. */
async function testServer(url: string, flags: Flags): Promise<readonly Outcome[]> {
  const stop = new AbortController();
  for (const signal of STOPS) {
    process.removeAllListeners(signal);
    process.once(signal, () => stop.abort());
  }
  const { only, json, verbose, users, isLong, isOperator } = flags;
  const { outcomes } = await runServerCases(url, {
    users,
    isLong,
    isOperator,
    only,
    stop: stop.signal,
    print: (line) => (json ? console.error(line) : console.log(line)),
    report: (outcome) => {
      if (!json) console.log(lineOf(outcome, verbose));
    },
  });
  return outcomes;
}

/** Plays what the flags ask for, and prints the result; the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const flags = readFlags(args);
  const { client, server, only, json } = flags;
  const names = (server === null ? casesWith(only) : serverCasesWith(only)).map(({ name }) => name);
  if (flags.help || (client === null && server === null && !flags.list)) console.log(HELP);
  else if (names.length === 0) throw new Error(`no case has "${only}" in its name; see --list`);
  else if (flags.list) console.log(names.join("\n"));
  else {
    const outcomes = client === null ? await testServer(server ?? "", flags) : await testClient(client, flags);
    console.log(json ? JSON.stringify({ rules: rulesIn(outcomes), cases: outcomes }) : `\n${summary(outcomes)}`);
    return outcomes.some(({ is }) => is === "failed") ? 1 : 0;
  }
  return 0;
}

if (import.meta.main) {
  for (const signal of STOPS) process.on(signal, () => process.exit(130));
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
