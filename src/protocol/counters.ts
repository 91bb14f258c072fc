// What is counted, as whole numbers that only grow: in memory, for the isolate that this code runs in, over all of its objects.
// To count is to add one; where the numbers go is the business of meter/. Nothing here names a user.

/** The upper ends of the classes of delivery times, ms; one more takes the rest. */
export const DELIVERY_TIME_ENDS_MS = [5, 10, 25, 50, 100, 250, 1_000, 10_000] as const;

/** The numbers with a name of their own. docs/OPERATIONS.md says what each means. */
export const counters = { accepted: 0, queued: 0, stored: 0, storedMs: 0, retries: 0, alarms: 0, wakes: 0, rows: 0 };

/** Those that are told apart by a word of ours: a code, or the name of an event. */
export type LabelledCounter = "refused" | "problem" | "closed" | "failed" | "event";

const deliveryTimes = Array.from({ length: DELIVERY_TIME_ENDS_MS.length + 1 }, () => 0);
const labelledCounters = new Map<string, number>();

/** One more of these. */
export function count(what: LabelledCounter, word: string): void {
  const key = `${what}:${word}`;
  labelledCounters.set(key, (labelledCounters.get(key) ?? 0) + 1);
}

/** A message is in its receiver's mailbox, so long after it was accepted, ms. */
export function countStored(ms: number): void {
  const time = Math.max(0, ms);
  let place = 0;
  while (place < DELIVERY_TIME_ENDS_MS.length && time > (DELIVERY_TIME_ENDS_MS[place] ?? Infinity)) place++;
  deliveryTimes[place] = (deliveryTimes[place] ?? 0) + 1;
  counters.stored++;
  counters.storedMs += time;
}

/** Numbers by name: `accepted`, `class:3`, `refused:rate_limited`. A version adds and passes over names that another does not know. */
export type CounterValues = Readonly<Record<string, number>>;

/** What was counted since the isolate began. */
export function readCounters(): CounterValues {
  const figures: Record<string, number> = { ...counters };
  for (const [place, number] of deliveryTimes.entries()) figures[`class:${place}`] = number;
  for (const [key, number] of labelledCounters) figures[key] = number;
  return figures;
}

/** The sum of several, without what is 0. */
export function sumOf(all: Iterable<CounterValues>): CounterValues {
  const total = new Map<string, number>();
  for (const figures of all) {
    for (const [name, number] of Object.entries(figures)) total.set(name, (total.get(name) ?? 0) + number);
  }
  return Object.fromEntries([...total].filter(([, number]) => number !== 0));
}

/** What `now` has more than `before`. */
export function differenceOf(now: CounterValues, before: CounterValues): CounterValues {
  return sumOf([now, Object.fromEntries(Object.entries(before).map(([name, number]) => [name, -number]))]);
}
