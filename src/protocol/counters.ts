// Counters of this isolate, over all its objects: whole numbers in memory that only grow. Counting is one addition;
// src/metrics/ reports the numbers. Nothing here identifies a user.

/** Upper bounds of the histogram of delivery times, ms; one more bucket has the rest. */
export const DELIVERY_TIME_ENDS_MS = [5, 10, 25, 50, 100, 250, 1_000, 10_000] as const;

/** Upper bounds of the histograms of requests' times, ms; one more bucket has the rest. */
export const REQUEST_TIME_ENDS_MS = [10, 50, 250, 1_000, 5_000] as const;

/** The name for requests that no route serves. */
export const OTHER_ROUTE = "other";

/** Counters without a label, of this isolate. docs/OPERATIONS.md explains each. */
export const counters = {
  accepted: 0,
  queued: 0,
  stored: 0,
  storedMs: 0,
  retries: 0,
  alarms: 0,
  wakes: 0,
  rows: 0,
  calls: 0,
};

/** Counters with a label: a code, or the name of an event. Bounded: labels are words of this code. */
type LabelledCounter = "refused" | "problem" | "closed" | "failed" | "event";

const deliveryTimes = Array.from({ length: DELIVERY_TIME_ENDS_MS.length + 1 }, () => 0);
const labelledCounters = new Map<string, number>();

/** Adds one to a labelled counter. */
export function countLabelled(what: LabelledCounter, word: string): void {
  const key = `${what}:${word}`;
  labelledCounters.set(key, (labelledCounters.get(key) ?? 0) + 1);
}

/** Counts a request, `ms` from its arrival to its response. Bounded: routes are declared by this code. */
export function countRequest(route: string, ms: number): void {
  const time = Math.max(0, ms);
  const keys = [`request:${bucketOf(time, REQUEST_TIME_ENDS_MS)}:${route}`, `requestMs:${route}`] as const;
  labelledCounters.set(keys[0], (labelledCounters.get(keys[0]) ?? 0) + 1);
  labelledCounters.set(keys[1], (labelledCounters.get(keys[1]) ?? 0) + time);
}

/** The index of the first bucket that holds this time. */
function bucketOf(time: number, ends: readonly number[]): number {
  let index = 0;
  while (index < ends.length && time > (ends[index] ?? Infinity)) index++;
  return index;
}

/** Counts a message that was stored at its receiver, `ms` after it was accepted. */
export function countStored(ms: number): void {
  const time = Math.max(0, ms);
  const index = bucketOf(time, DELIVERY_TIME_ENDS_MS);
  deliveryTimes[index] = (deliveryTimes[index] ?? 0) + 1;
  counters.stored++;
  counters.storedMs += time;
}

/**
 * Numbers by name: `accepted`, `class:3`, `refused:rate_limited`. Names of other versions are summed, and not shown.
 */
export type CounterValues = Readonly<Record<string, number>>;

/** All counters since the isolate started. */
export function readCounters(): CounterValues {
  const figures: Record<string, number> = { ...counters };
  for (const [index, number] of deliveryTimes.entries()) figures[`class:${index}`] = number;
  for (const [key, number] of labelledCounters) figures[key] = number;
  return figures;
}

/** The sum by name, without zeros. */
export function sumOf(all: Iterable<CounterValues>): CounterValues {
  const total = new Map<string, number>();
  for (const figures of all) {
    for (const [name, number] of Object.entries(figures)) total.set(name, (total.get(name) ?? 0) + number);
  }
  return Object.fromEntries([...total].filter(([, number]) => number !== 0));
}

/** The increase from `before` to `now`, by name. */
export function differenceOf(now: CounterValues, before: CounterValues): CounterValues {
  return sumOf([now, Object.fromEntries(Object.entries(before).map(([name, number]) => [name, -number]))]);
}
