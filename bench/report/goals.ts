// What Restante wants to reach, each with what was seen. A goal that was not measured is left out.
import { BARE, BEFORE, BUSIEST, FRAMES, SDK } from "./names.ts";
import type { Seen } from "./seen.ts";
import { table } from "./table.ts";
import { growthOf } from "./tables/growth.ts";
import { fixed, mebibytes, share, short, times, whole } from "./words.ts";

interface Goal {
  readonly what: string;
  readonly asked: string;
  readonly seen: string;
  /** NaN where it was not measured; reached from 0 on. */
  readonly margin: number;
}

const AT_300 = "300 a second";
const MIB = 1 << 20;

export function goals(seen: Seen): string {
  const all = [
    ...through(seen),
    single(seen),
    alone(seen),
    ...late(seen),
    ...nearFloor(seen),
    ...growing(seen),
    ...resting(seen),
    ...returning(seen),
    ...crowded(seen),
  ];
  const measured = all.filter(({ margin }) => !Number.isNaN(margin));
  if (measured.length === 0) return "";
  const rows = measured.map(({ what, asked, seen, margin }) => [what, asked, seen, margin >= 0 ? "yes" : "**no**"]);
  return table(["goal", "asked", "seen", "reached"], rows, 1);
}

function atLeast(what: string, n: number, least: number, say: (n: number) => string): Goal {
  return { what, asked: `≥ ${say(least)}`, seen: say(n), margin: n - least };
}

function atMost(what: string, n: number, most: number, say: (n: number) => string): Goal {
  return { what, asked: `≤ ${say(most)}`, seen: say(n), margin: most - n };
}

function through(seen: Seen): Goal[] {
  const costOf = (name: string) => seen.figure("throughput", name, BUSIEST, "cpuPerMessage");
  const peers: [name: string, least: number][] = [
    ["redis ×2", 1.2],
    ["redis ×8", 3],
    ["rabbitmq ×2", 2.5],
    ["streams ×2", 10],
  ];
  const rates = peers.map(([name, least]) => {
    const beside = seen.beside("throughput", SDK, name, BUSIEST, "perSecond");
    return atLeast(`SDK, ${BUSIEST}: rate / ${name}`, beside, least, times);
  });
  const costs = peers.map(([name]): Goal => {
    const [own, theirs] = [costOf(SDK), costOf(name)];
    const what = `SDK, ${BUSIEST}: server CPU a message, below ${name}`;
    return {
      what,
      asked: `< ${fixed(theirs, 1)} µs`,
      seen: `${fixed(own, 1)} µs`,
      margin: own < theirs ? 0 : theirs - own - 1e-9,
    };
  });
  return [...rates, ...costs];
}

function single(seen: Seen): Goal {
  const beside = seen.beside("throughput", FRAMES, "echo", "8 pairs, 32 in flight", "perSecond");
  return atLeast("single frames, 8 pairs, 32 in flight: rate / bare echo", beside, 0.6, share);
}

function late(seen: Seen): Goal[] {
  const figures = [
    ["received50", "p50, received"],
    ["received99", "p99, received"],
    ["confirmed50", "p50, known to the sender"],
    ["confirmed99", "p99, known to the sender"],
  ] as const;
  return figures.map(([figure, what]) => {
    const beside = seen.beside("latency", FRAMES, "streams ×2", AT_300, figure);
    const goal = atMost(`single frames at 300 a second: ${what} / streams`, beside, 2.5, times);
    return { ...goal, seen: `${goal.seen} (${short(seen.figure("latency", FRAMES, AT_300, figure))} ms)` };
  });
}

function alone(seen: Seen): Goal {
  const beside = seen.beside("throughput", SDK, BEFORE, "8 pairs, 1 in flight", "perSecond");
  return atLeast("SDK, 8 pairs, 1 in flight: rate / the code before", beside, 1.25, times);
}

/** Beside what two commits in a row and nothing else take. */
function nearFloor(seen: Seen): Goal[] {
  const figures = [
    ["received50", "p50, received", 1.3],
    ["received99", "p99, received", 1.5],
  ] as const;
  return figures.map(([figure, what, most]) => {
    const beside = seen.beside("latency", FRAMES, BARE, AT_300, figure);
    const goal = atMost(`single frames at 300 a second: ${what} / bare objects`, beside, most, times);
    return { ...goal, seen: `${goal.seen} (${short(seen.figure("latency", FRAMES, AT_300, figure))} ms)` };
  });
}

function growing(seen: Seen): Goal[] {
  const grows = (peer: string) => {
    const costs = growthOf(seen, peer);
    return (costs.at(-1) ?? Number.NaN) / (costs[0] ?? Number.NaN);
  };
  const own = atMost("CPU a message, 16 front servers / 1", grows(FRAMES), 1.05, times);
  const peers = ["redis", "rabbitmq"].map((peer) => `${peer} ${times(grows(peer))}`);
  return [{ ...own, seen: `${own.seen} (${peers.join(", ")})` }];
}

function resting(seen: Seen): Goal[] {
  const beside = seen.beside("idle", FRAMES, "echo", undefined, "memoryPerSocket");
  const cpu = seen.figure("idle", FRAMES, undefined, "cpuPerMinute");
  return [
    atMost("3,000 idle sockets: memory / bare object", beside, 1.2, times),
    atMost("3,000 idle sockets: CPU a minute", cpu, 0.05, (n) => `${fixed(n, 2)} s`),
  ];
}

function returning(seen: Seen): Goal[] {
  const of = (figure: "perSecond" | "memory" | "peak") => seen.figure("backlog", SDK, undefined, figure);
  return [
    atLeast("backlog of 100,000 to a returning device, SDK: msg/s", of("perSecond"), 50_000, whole),
    atMost("backlog: memory that it adds", of("peak") - of("memory"), 64 * MIB, (n) => `${mebibytes(n)} MiB`),
  ];
}

function crowded(seen: Seen): Goal[] {
  const of = (figure: "perSecond" | "slowest") => seen.figure("hot", SDK, undefined, figure);
  return [
    atLeast("200 senders to one mailbox, SDK: msg/s", of("perSecond"), 10_000, whole),
    atLeast("200 senders: the slowest / the mean", of("slowest"), 0.5, share),
  ];
}
