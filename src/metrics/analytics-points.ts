// What was counted, as points of Analytics Engine, where a deployment has the binding ANALYTICS: one for the numbers, and one for each
// word by which others are told apart. Points are added up in queries, so each has what came since the last one.
import { DELIVERY_TIME_ENDS_MS, type CounterValues } from "../protocol/counters.ts";

/** What Analytics Engine's binding offers. A point has at most 20 numbers and one index. */
export interface Dataset {
  writeDataPoint(point: { readonly indexes: string[]; readonly blobs: string[]; readonly doubles: number[] }): void;
}

/** double1 … double17, in this order, then the classes of delivery times as they are, not summed up. */
export const DOUBLES = [
  "accepted",
  "queued",
  "stored",
  "storedMs",
  "retries",
  "alarms",
  "wakes",
  "rows",
  ...Array.from({ length: DELIVERY_TIME_ENDS_MS.length + 1 }, (_, place) => `class:${place}`),
] as const;

/** Points of one report, at most; the platform takes 250 of one event. */
const MAX_POINTS = 100;

export function writePoints(dataset: Dataset, fresh: CounterValues): void {
  const doubles = DOUBLES.map((name) => fresh[name] ?? 0);
  dataset.writeDataPoint({ indexes: ["counts"], blobs: ["counts"], doubles });
  const words = Object.entries(fresh).filter(([name]) => /^(refused|problem|closed|failed|event):/.test(name));
  for (const [name, number] of words.slice(0, MAX_POINTS)) {
    const [what = "", word = ""] = name.split(":");
    dataset.writeDataPoint({ indexes: [what], blobs: [what, word], doubles: [number] });
  }
}
