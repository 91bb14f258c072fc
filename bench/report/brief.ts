// One run's figures in one line, for whoever watches.
import type { Figures } from "../measures/measure.ts";

const MIB = 1 << 20;

/** How each figure is said, in this order; null where it says nothing. */
const WORDS: readonly [name: keyof Figures, say: (n: number) => string | null][] = [
  ["perSecond", (n) => `${whole(n)} msg/s`],
  ["received50", (n) => `received p50 ${n.toFixed(2)} ms`],
  ["received99", (n) => `p99 ${n.toFixed(2)}`],
  ["confirmed50", (n) => `confirmed p50 ${n.toFixed(2)} ms`],
  ["confirmed99", (n) => `p99 ${n.toFixed(2)}`],
  ["cpuPerMessage", (n) => `${n.toFixed(1)} µs CPU/msg`],
  ["cpu", (n) => `${n.toFixed(2)} cores`],
  ["memory", (n) => `${whole(n / MIB)} MiB`],
  ["peak", (n) => `peak ${whole(n / MIB)} MiB`],
  ["generator", (n) => `generator ${whole(n * 100)} %`],
  ["others", (n) => `others ${n.toFixed(2)} cores`],
  ["slowest", (n) => (n > 0.99 ? null : `slowest sender ${whole(n * 100)} % of the mean`)],
  ["memoryPerSocket", (n) => `${whole(n / 1_024)} KiB/socket`],
  ["filesPerSocket", (n) => `${n.toFixed(2)} files/socket`],
  ["cpuPerMinute", (n) => `${n.toFixed(2)} s CPU/minute`],
  ["delivered", (n) => `${(n * 100).toFixed(2)} % delivered`],
  ["repeated", (n) => `${n.toFixed(1)} of a thousand repeated`],
  ["complete", (n) => `complete after ${whole(n)} ms`],
  ["complete99", (n) => `p99 ${whole(n)}`],
  ["rowsWritten", (n) => `${whole(n)} rows written`],
  ["rowsRead", (n) => `${whole(n)} read`],
  ["calls", (n) => `${whole(n)} calls`],
  ["textsIn", (n) => `${whole(n)} texts in`],
  ["textsOut", (n) => `${whole(n)} out`],
  ["fsyncs", (n) => `${whole(n)} fsyncs`],
  ["wakes", (n) => `${whole(n)} wakes`],
];

export function brief(figures: Figures): string {
  const said = WORDS.flatMap(([name, say]) => (figures[name] === undefined ? [] : [say(figures[name])]));
  return said.filter((text) => text !== null).join(", ");
}

function whole(number: number): string {
  return Math.round(number).toLocaleString("en");
}
