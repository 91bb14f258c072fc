// How much goes through, what it costs the servers, and how it goes with many senders or a backlog. Every ratio says how Restante through
// the SDK stands beside a peer: above 1 it moves more, or costs more.
import { BUSIEST, SDK } from "../names.ts";
import type { Seen } from "../seen.ts";
import { fixed, mebibytes, share, short, times, whole } from "../words.ts";
import { rowsOf } from "./rows.ts";

const FLIGHTS = [1, 32, 512];

export function throughput(seen: Seen, pairs: string): string {
  const head = [
    "messages a second",
    ...FLIGHTS.flatMap((flight) => [`${flight} in flight`, "SDK / peer"]),
    "lowest",
    "highest",
  ];
  return rowsOf(seen, "throughput", head, (name) => {
    const loads = FLIGHTS.map((flight) => `${pairs}, ${flight} in flight`);
    const rate = (who: string, load: string) => seen.figure("throughput", who, load, "perSecond");
    if (!loads.some((load) => Number.isFinite(rate(name, load)))) return null;
    const cells = loads.flatMap((load) => [
      whole(rate(name, load)),
      name === SDK ? "" : times(seen.beside("throughput", SDK, name, load, "perSecond")),
    ]);
    const last = seen.row("throughput", name, loads[2])?.rounds.map(({ perSecond = Number.NaN }) => perSecond);
    return [...cells, ...(last ? [whole(Math.min(...last)), whole(Math.max(...last))] : ["", ""])];
  });
}

export function effort(seen: Seen): string {
  const head = [
    "8 pairs, 512 in flight",
    "µs CPU/msg",
    "SDK / peer",
    "cores",
    "MiB",
    "p50, ms",
    "p99, ms",
    "generator",
  ];
  return rowsOf(seen, "throughput", head, (name) => {
    const row = seen.row("throughput", name, BUSIEST);
    if (row === undefined) return null;
    const { cpuPerMessage = Number.NaN, cpu, memory, received50, received99, generator } = row.figures;
    const beside = seen.beside("throughput", SDK, name, BUSIEST, "cpuPerMessage");
    return [
      fixed(cpuPerMessage, 1),
      name === SDK ? "" : times(beside),
      fixed(cpu ?? Number.NaN, 2),
      mebibytes(memory ?? Number.NaN),
      short(received50 ?? Number.NaN),
      short(received99 ?? Number.NaN),
      share(generator ?? Number.NaN),
    ];
  });
}

export function backlog(seen: Seen): string {
  const head = ["100,000 stored messages", "msg/s", "SDK / peer", "µs CPU/msg", "MiB before", "MiB at most"];
  return rowsOf(seen, "backlog", head, (name) => {
    const {
      perSecond = Number.NaN,
      cpuPerMessage = Number.NaN,
      memory = Number.NaN,
      peak = Number.NaN,
    } = seen.row("backlog", name)?.figures ?? {};
    const beside = seen.beside("backlog", SDK, name, undefined, "perSecond");
    return [
      whole(perSecond),
      name === SDK ? "" : times(beside),
      fixed(cpuPerMessage, 1),
      mebibytes(memory),
      mebibytes(peak),
    ];
  });
}

export function hot(seen: Seen): string {
  const head = [
    "200 senders, 32 in flight each",
    "msg/s",
    "SDK / peer",
    "slowest / mean",
    "µs CPU/msg",
    "p50, ms",
    "p99, ms",
  ];
  return rowsOf(seen, "hot", head, (name) => {
    const {
      perSecond = Number.NaN,
      slowest = Number.NaN,
      cpuPerMessage = Number.NaN,
      received50,
      received99,
    } = seen.row("hot", name)?.figures ?? {};
    const beside = seen.beside("hot", SDK, name, undefined, "perSecond");
    return [
      whole(perSecond),
      name === SDK ? "" : times(beside),
      share(slowest),
      fixed(cpuPerMessage, 1),
      short(received50 ?? Number.NaN),
      short(received99 ?? Number.NaN),
    ];
  });
}
