// Writes the counters to Analytics Engine, if the deployment has the binding ANALYTICS: one point for the plain
// counters and one for each labelled one. Queries sum points, so each has the increase since the last.
import { DELIVERY_TIME_ENDS_MS, type CounterValues } from "../protocol/counters.ts";

/** The binding of Analytics Engine. A point has at most 20 numbers and one index. */
export interface Dataset {
  writeDataPoint(point: { readonly indexes: string[]; readonly blobs: string[]; readonly doubles: number[] }): void;
}

/**
 * double1 … double18, in this order: a new one comes last, because queries know the others by their place. The buckets
 * of delivery times are not cumulative.
 */
export const DOUBLES = [
  "accepted",
  "queued",
  "stored",
  "storedMs",
  "retries",
  "alarms",
  "wakes",
  "rows",
  ...Array.from({ length: DELIVERY_TIME_ENDS_MS.length + 1 }, (_, index) => `class:${index}`),
  "calls",
] as const;

/** Points of one report; the platform accepts 250 an event. */
const MAX_POINTS = 100;

export function writePoints(dataset: Dataset, increase: CounterValues): void {
  const doubles = DOUBLES.map((name) => increase[name] ?? 0);
  dataset.writeDataPoint({ indexes: ["counts"], blobs: ["counts"], doubles });
  const words = Object.entries(increase).filter(([name]) => /^(refused|problem|closed|failed|event):/.test(name));
  for (const [name, number] of words.slice(0, MAX_POINTS)) {
    const [what = "", word = ""] = name.split(":");
    dataset.writeDataPoint({ indexes: [what], blobs: [what, word], doubles: [number] });
  }
}
