// What one thread counted, and what all of them come to.
import type { Figures } from "../measures/measure.ts";

export interface Part {
  /** Messages of each sender, in so many seconds. */
  readonly each: readonly number[];
  readonly seconds: number;
  /** Milliseconds of each message: until it was received, until its sender knew. */
  readonly received: Float64Array;
  readonly confirmed: Float64Array;
  /** Of all server processes: seconds of CPU, bytes at the end and at most; and seconds that all threads here used. */
  readonly cpu: number;
  readonly memory: number;
  readonly peak: number;
  readonly generator: number;
  /** Seconds that all processors of the machine were busy. */
  readonly busy: number;
}

export function merge(parts: readonly [Part, ...Part[]]): Figures {
  // The first thread's look at the servers holds for all: they counted at the same time.
  const [{ seconds, cpu, memory, peak, generator, busy }] = parts;
  const each = parts.flatMap((part) => part.each);
  const messages = each.reduce((sum, n) => sum + n, 0);
  const [received50, received99] = shares(parts.map(({ received }) => received));
  const [confirmed50, confirmed99] = shares(parts.map(({ confirmed }) => confirmed));
  return {
    perSecond: messages / seconds,
    received50,
    received99,
    confirmed50,
    confirmed99,
    cpuPerMessage: (cpu / messages) * 1e6,
    cpu: cpu / seconds,
    memory,
    peak,
    generator: generator / seconds,
    others: Math.max(0, busy - cpu - generator) / seconds,
    slowest: (Math.min(...each) * each.length) / messages,
  };
}

/** Half of all, and 99 of 100. */
export function shares(parts: readonly ArrayLike<number>[]): [half: number, most: number] {
  const sorted = Float64Array.from(parts.flatMap((part) => Array.from(part))).sort();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return [at(0.5), at(0.99)];
}
