// What was counted, and what it comes to.
import type { Figures } from "../measures/measure.ts";

export interface Counted {
  /** Messages of each sender, in so many seconds. */
  readonly each: readonly number[];
  readonly seconds: number;
  /** Milliseconds of each message: until it was received, until its sender knew. */
  readonly received: Float64Array;
  readonly confirmed: Float64Array;
  /** Of all server processes: seconds of CPU, bytes at the end and at most; and the seconds that were used here. */
  readonly cpu: number;
  readonly memory: number;
  readonly peak: number;
  readonly generator: number;
  /** Seconds that all processors of the machine were busy. */
  readonly busy: number;
}

export function figuresOf(counted: Counted): Figures {
  const { each, seconds, cpu, memory, peak, generator, busy } = counted;
  const messages = each.reduce((sum, n) => sum + n, 0);
  const [received50, received99] = shares(counted.received);
  const [confirmed50, confirmed99] = shares(counted.confirmed);
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
export function shares(values: ArrayLike<number>): [half: number, most: number] {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return [at(0.5), at(0.99)];
}
