// A report as Markdown: the goals first, then every section, what it would cost, and the circumstances.
import { costs } from "./costs.ts";
import { goals } from "./goals.ts";
import { BUSIEST, SDK } from "./names.ts";
import { sections } from "./sections.ts";
import type { Seen } from "./seen.ts";
import { table } from "./table.ts";
import { fixed, share, short, times, whole } from "./words.ts";

const KEEPS = new Set(["streams ×2", "restante frames", SDK]);

export function report(seen: Seen, about: string): string {
  const asked = goals(seen);
  const parts = [asked === "" ? "" : `### Goals\n\n${asked}`, sections(seen), costs(seen), `### On what\n\n${about}`];
  return parts.filter((part) => part !== "").join("\n");
}

/** The few figures that README.md shows. */
export function summary(seen: Seen): string {
  const names = ["redis ×2", "redis ×8", "rabbitmq ×2", "socket.io ×2", "streams ×2", "restante frames", SDK];
  const rows = names.map((name) => {
    const rate = seen.figure("throughput", name, BUSIEST, "perSecond");
    const ratio = seen.beside("throughput", SDK, name, BUSIEST, "perSecond");
    return [
      name,
      KEEPS.has(name) ? "yes" : "no",
      whole(rate),
      name === SDK ? "" : times(ratio),
      fixed(seen.figure("throughput", name, BUSIEST, "cpuPerMessage"), 1),
      short(seen.figure("latency", name, "300 a second", "received50")),
      short(seen.figure("latency", name, "300 a second", "received99")),
      share(seen.figure("away", name, undefined, "delivered")),
    ];
  });
  return table(["", "keeps", "msg/s", "SDK / peer", "µs CPU/msg", "p50, ms", "p99, ms", "away: delivered"], rows);
}
