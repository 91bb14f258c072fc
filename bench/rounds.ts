// Rounds: everything in turn, so that whatever else the machine does in a minute falls on all of it.
import { join } from "node:path";
import process from "node:process";
import type { Job } from "./loads/job.ts";
import { LONGEST, start } from "./machine/processes.ts";
import type { Figures, Measure } from "./measures/measure.ts";
import { groups, ROUNDS } from "./measures/measures.ts";
import { PEERS } from "./peers/peer.ts";

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
    for (const group of groups(measures)) {
      const most = ROUNDS[group[0].section] ?? Number.POSITIVE_INFINITY;
      if ((results.get(group[0])?.length ?? 0) >= most) continue;
      const all = await takeGroup(group, seconds);
      for (const [i, measure] of group.entries()) {
        const figures = all[i] ?? {};
        results.get(measure)?.push(figures);
        seen(round, measure, figures);
      }
    }
  }
}

/** On a server that was just started. */
async function takeGroup(group: readonly [Measure, ...Measure[]], seconds: number): Promise<readonly Figures[]> {
  const { peer, servers, client, batch } = group[0].entrant;
  const server = await PEERS[peer](servers);
  try {
    const { urls, pids } = server;
    const job: Job = { client, batch, urls, pids, loads: group.map(({ load }) => load), seconds };
    const generator = join(import.meta.dirname, "loads/load.ts");
    return JSON.parse(await start(process.execPath, [generator, JSON.stringify(job)], { patience: LONGEST }).output);
  } finally {
    await server.stop();
  }
}
