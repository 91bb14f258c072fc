// npm run bench -- --profile: what the CPU of a server went into while a measure was taken, by Linux's `perf`. V8 names its functions for it, which costs
// something; waiting, for the disk as for others, is not CPU and not in it.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Figures, Measure } from "../measures/measure.ts";
import { dropFolder, LONGEST, makeFolder, start } from "../machine/processes.ts";
import { findTool } from "../machine/tools.ts";
import { table } from "../report/table.ts";
import { functionOf, type Kind, kindOf, KINDS } from "./kinds.ts";

/** Samples a second and thread. */
const RATE = 3_000;
/** Seconds after the load generator began, in which it connects and warms up: it has to go on for so much longer. */
export const BEFORE = 6;
/** Functions that are named. */
const TOP = 40;

/** What V8 is told, so that `perf` can name functions: those that are interpreted, too. */
export const NAMED = ["--perf-basic-prof", "--interpreted-frames-native-stack"];

/** µs a message, by kind and by function. */
export interface Profile {
  readonly all: number;
  readonly kinds: ReadonlyMap<Kind, number>;
  readonly functions: ReadonlyMap<string, number>;
}

/** Watches the first of `pids` while it works for `seconds`, beside `taken`, whose rate says how many messages that was. */
export async function profiled(pids: readonly number[], seconds: number, taken: Promise<Figures>): Promise<Profile> {
  const perf = findTool("perf");
  const folder = makeFolder();
  const file = join(folder, "perf.data");
  const record = ["record", "-F", `${RATE}`, "-g", "-p", `${pids[0]}`, "-o", file, "--", "sleep", `${seconds}`];
  const watched = sleep(BEFORE * 1_000).then(() => start(perf, record, { timeoutMs: LONGEST }).output);
  const [{ perSecond = Number.NaN }] = await Promise.all([taken, watched]);
  const one = 1e6 / RATE / seconds / perSecond;
  const kinds = new Map<Kind, number>();
  const functions = new Map<string, number>();
  const add = <K>(map: Map<K, number>, key: K) => map.set(key, (map.get(key) ?? 0) + one);
  let all = 0;
  for await (const stack of stacksOf(perf, file)) {
    all += one;
    add(kinds, kindOf(stack));
    add(functions, functionOf(stack) ?? "(none)");
  }
  dropFolder(folder);
  // Where V8 wrote the names, for `perf` to find.
  rmSync(`/tmp/perf-${pids[0]}.map`, { force: true });
  return { all, kinds, functions };
}

/** Both as text: a column for each measure, and the functions of each. */
export function profileReport(profiles: ReadonlyMap<Measure, Profile>): string {
  const all = [...profiles];
  const figure = (us = 0) => (us === 0 ? "" : us < 100 ? us.toPrecision(us < 1 ? 2 : 3) : us.toFixed(0));
  const head = [
    "µs a message",
    ...all.map(([{ entrant, load }]) => `${entrant.name}${"flight" in load ? `, ${load.flight}` : ""}`),
  ];
  const rows = (Object.keys(KINDS) as Kind[]).map((kind) => [
    KINDS[kind],
    ...all.map(([, { kinds }]) => figure(kinds.get(kind))),
  ]);
  const sums = ["in all", ...all.map(([, profile]) => figure(profile.all))];
  const names = all.map(([measure, { functions }]) => {
    const top = [...functions].toSorted(([, a], [, b]) => b - a).slice(0, TOP);
    return `\n${measure.entrant.name}\n${top.map(([name, us]) => `${figure(us).padStart(8)}  ${name}`).join("\n")}\n`;
  });
  return `${table(head, [...rows, sums])}${names.join("")}`;
}

async function* stacksOf(perf: string, file: string): AsyncGenerator<readonly string[]> {
  const { child, output } = start(perf, ["script", "-i", file, "-F", "ip,sym"], { timeoutMs: LONGEST });
  if (child.stdout === null) throw new Error("perf has no output");
  let stack: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const call = /^\s+[0-9a-f]+ (.*)$/.exec(line)?.[1];
    if (call !== undefined) stack.push(call);
    else if (stack.length > 0) {
      yield stack;
      stack = [];
    }
  }
  if (stack.length > 0) yield stack;
  await output;
}
