// The charts of a report: what each one shows, by its file's name.
import type { Section, Figures } from "../../measures/measure.ts";
import { BUSIEST, FRAMES } from "../names.ts";
import type { Seen } from "../seen.ts";
import { growthOf, SIZES } from "../tables/growth.ts";
import { short, whole } from "../words.ts";
import { type Bar, bars, lines } from "./svg.ts";

export function charts(seen: Seen): ReadonlyMap<string, string> {
  const throughput = barsOf(seen, "throughput", BUSIEST, "perSecond", whole);
  const cpu = barsOf(seen, "throughput", BUSIEST, "cpuPerMessage", short);
  const p99 = barsOf(seen, "latency", "300 a second", "received99", short);
  const away = barsOf(seen, "away", undefined, "delivered", (n) => `${(n * 100).toFixed(1)} %`);
  const growth = ["redis", "rabbitmq", FRAMES].map((name) => ({
    name,
    values: growthOf(seen, name),
    own: name === FRAMES,
  }));
  const growing = growth.filter(({ values }) => values.every(Number.isFinite));
  const steps = SIZES.map((size) => `${size} ${size === 1 ? "server" : "servers"}`);
  const files: [name: string, text: string | null][] = [
    [
      "throughput.svg",
      drawn(throughput, "Messages a second", `${BUSIEST} each; restante and streams keep every message on disk`),
    ],
    ["cpu.svg", drawn(cpu, "Server CPU for a message, µs", `${BUSIEST} each; all processes of a peer together`)],
    ["latency.svg", drawn(p99, "99 of 100 messages are received within, ms", "300 messages a second over 8 pairs")],
    [
      "away.svg",
      drawn(
        away,
        "Delivered to receivers who are sometimes away",
        "cut every second, two seconds away, 300 messages a second",
      ),
    ],
    [
      "growth.svg",
      growing.length === 0
        ? null
        : lines(
            "Server CPU for a message, µs, by the number of servers",
            "1,000 messages a second over 16 pairs",
            steps,
            growing,
            whole,
          ),
    ],
  ];
  return new Map(files.flatMap(([name, text]) => (text === null ? [] : [[name, text] as const])));
}

function drawn(all: readonly Bar[], title: string, note: string): string | null {
  return all.length === 0 ? null : bars(title, note, all);
}

function barsOf(
  seen: Seen,
  section: Section,
  load: string | undefined,
  of: keyof Figures,
  say: (n: number) => string,
): Bar[] {
  return seen.names(section).flatMap((name) => {
    const value = seen.figure(section, name, load, of);
    return Number.isFinite(value) ? [{ name, value, text: say(value), own: name.startsWith("restante") }] : [];
  });
}
