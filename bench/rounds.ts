// Rounds: everything in turn, so that whatever else the machine does in a minute falls on all of it.
import { join } from "node:path";
import process from "node:process";
import type { Job } from "./loads/job.ts";
import { LONGEST, start } from "./machine/processes.ts";
import type { Entrant, Figures, Measure } from "./measures/measure.ts";
import { atOnce, groups, ROUNDS } from "./measures/measures.ts";
import type { Served } from "./peers/peer.ts";
import { PEERS } from "./peers/peers.ts";
import { BEFORE, type Profile, profiled } from "./profile/profile.ts";

export type Results = ReadonlyMap<Measure, readonly Figures[]>;

/** Adds to `results`, which has every measure of these; calls `seen` after each measure of each round. */
export async function takeRounds(
  results: ReadonlyMap<Measure, Figures[]>,
  measures: readonly Measure[],
  rounds: number,
  seconds: number,
  seen: (round: number, measure: Measure, figures: Figures) => void,
): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    for (const some of atOnce(groups(measures))) {
      const wanted = some.filter(([first]) => {
        return (results.get(first)?.length ?? 0) < (ROUNDS[first.section] ?? Number.POSITIVE_INFINITY);
      });
      const taken = await Promise.all(wanted.map((group) => takeGroup(group, seconds)));
      for (const [k, group] of wanted.entries()) {
        for (const [i, measure] of group.entries()) {
          const figures = taken[k]?.[i] ?? {};
          results.get(measure)?.push(figures);
          seen(round, measure, figures);
        }
      }
    }
  }
}

/** On a server that was just started. */
async function takeGroup(group: readonly [Measure, ...Measure[]], seconds: number): Promise<readonly Figures[]> {
  const server = await startOf(group[0].entrant);
  try {
    return await generate(server, group, seconds);
  } finally {
    await server.stop();
  }
}

/** What its server's CPU goes into for some of the seconds in which the measure is taken. */
export async function takeProfile(measure: Measure, seconds: number): Promise<Profile> {
  const server = await startOf(measure.entrant);
  try {
    const figures = generate(server, [measure], BEFORE + seconds).then(([first = {}]) => first);
    return await profiled(server.pids, seconds, figures);
  } finally {
    await server.stop();
  }
}

function startOf({ peer, servers }: Entrant): Promise<Served> {
  return PEERS[peer](servers);
}

async function generate(
  { urls, pids, sdk }: Served,
  group: readonly [Measure, ...Measure[]],
  seconds: number,
): Promise<readonly Figures[]> {
  const { client, batch } = group[0].entrant;
  const job: Job = { client, batch, urls, pids, loads: group.map(({ load }) => load), seconds };
  const env = sdk === undefined ? process.env : { ...process.env, BENCH_SDK: sdk };
  const generator = join(import.meta.dirname, "loads/load.ts");
  return JSON.parse(
    await start(process.execPath, [generator, JSON.stringify(job)], { env, timeoutMs: LONGEST }).output,
  );
}
