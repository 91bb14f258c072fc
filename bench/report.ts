// Figures as Markdown: medians over the rounds, what they come to beside the echo, and the machine that they were seen on.
// `writeReport` puts them into README.md, between its two marks.
import { spawnSync } from "node:child_process";
import { closeSync, fsyncSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { cpus, release, totalmem, type as system } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ceilingOf, type Figures, type Measure } from "./measures.ts";
import { dropFolder, makeFolder } from "./processes.ts";
import { WORKERD } from "./workerd.ts";

const README = join(import.meta.dirname, "README.md");
const MARKS = ["<!-- figures -->\n", "<!-- /figures -->"] as const;

export type Results = ReadonlyMap<Measure, readonly Figures[]>;

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Both tables. */
export function tables(results: Results): string {
  const of = (measure: Measure, figure: (f: Figures) => number) => (results.get(measure) ?? []).map(figure);
  const beside = (measure: Measure, figure: (f: Figures) => number) => {
    const ceiling = ceilingOf(measure);
    const ratio = ceiling === undefined ? Number.NaN : median(of(measure, figure)) / median(of(ceiling, figure));
    return Number.isNaN(ratio) ? "" : `${ratio.toFixed(2)} ×`;
  };
  const floods = [["peer", "pairs", "in a text", "in flight", "msg/s", "lowest", "highest", "echo", "generator"]];
  const paces = [["peer", "a second", "received, p50", "p99", "confirmed, p50", "p99", "echo, p50", "p99"]];
  for (const measure of results.keys()) {
    const { peer, load } = measure;
    if (load.kind === "flood") {
      const rates = of(measure, (f) => f.perSecond);
      const spread = [median(rates), Math.min(...rates), Math.max(...rates)].map(whole);
      const busy = `${Math.round(median(of(measure, (f) => f.busy)) * 100)} %`;
      const ratio = beside(measure, (f) => f.perSecond);
      floods.push([peer, whole(load.pairs), whole(load.batch), whole(load.flight), ...spread, ratio, busy]);
    } else {
      const sides = [(f: Figures) => f.received[0], (f: Figures) => f.received[1]];
      const ends = [(f: Figures) => f.confirmed[0], (f: Figures) => f.confirmed[1]];
      const times = [...sides, ...ends].map((figure) => `${median(of(measure, figure)).toFixed(2)} ms`);
      paces.push([peer, whole(load.perSecond), ...times, ...ends.map((figure) => beside(measure, figure))]);
    }
  }
  return [floods, paces]
    .filter((rows) => rows.length > 1)
    .map(table)
    .join("\n");
}

/** Where, when, with what; `busy` is the load average before anything was started. */
export function circumstances(rounds: number, seconds: number, busy: number, command: string): string {
  const version = (name: string) => {
    const path = join(import.meta.dirname, "../node_modules", name, "package.json");
    return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
  };
  const workerd = spawnSync(WORKERD, ["--version"], { encoding: "utf8", timeout: 10_000 }).stdout.trim();
  const cores = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `- ${cores[0]?.model ?? "unknown CPU"}, ${cores.length} cores, ${memory} GiB; ${system()} ${release()}
- An fsync of 4 kB where the mailboxes lie: ${fsyncTime().toFixed(2)} ms (median of 200)
- ${workerd}, Node.js ${process.versions.node}, ws ${version("ws")}
- ${new Date().toISOString().slice(0, 10)}, \`${command}\`: medians of ${rounds} rounds of ${seconds} s; load average before: ${busy.toFixed(2)}
`;
}

export function writeReport(text: string): void {
  const old = readFileSync(README, "utf8");
  const [from, to] = [old.indexOf(MARKS[0]), old.indexOf(MARKS[1])];
  if (from < 0 || to < from) throw new Error(`README.md lacks ${MARKS.join("")}`);
  writeFileSync(README, `${old.slice(0, from) + MARKS[0]}\n${text}\n${old.slice(to)}`);
}

/** Every commit waits for one of these, so no figure can be understood without it. */
function fsyncTime(): number {
  const folder = makeFolder();
  const file = openSync(join(folder, "file"), "w");
  const times = Array.from({ length: 200 }, () => {
    const start = performance.now();
    writeSync(file, Buffer.alloc(4_096));
    fsyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  dropFolder(folder);
  return median(times);
}

/** Text to the left, figures to the right, columns in line: as the formatter leaves it. */
function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, i) => Math.max(4, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" | ")} |\n`;
  const rule = widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), line(rule), ...body.map(line)].join("");
}

function whole(number: number): string {
  return Math.round(number).toLocaleString("en");
}
