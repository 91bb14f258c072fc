// The tables of all sections, each under its title.
import type { Seen } from "./seen.ts";
import { away, idle } from "./tables/absence.ts";
import { growth } from "./tables/growth.ts";
import { latency } from "./tables/latency.ts";
import { people } from "./tables/people.ts";
import { backlog, effort, hot, throughput } from "./tables/throughput.ts";

export function sections(seen: Seen): string {
  const parts: [title: string, text: string][] = [
    ["Throughput, 8 pairs", throughput(seen, "8 pairs")],
    ["Throughput, 1 pair", throughput(seen, "1 pair")],
    ["What it costs the servers", effort(seen)],
    ["Latency", latency(seen)],
    ["Growth", growth(seen)],
    ["Away", away(seen)],
    ["Idle", idle(seen)],
    ["Backlog", backlog(seen)],
    ["A hot mailbox", hot(seen)],
    ["People", people(seen)],
  ];
  return parts
    .filter(([, text]) => text !== "")
    .map(([title, text]) => `### ${title}\n\n${text}`)
    .join("\n");
}
