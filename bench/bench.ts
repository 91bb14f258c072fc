// npm run bench: rounds of all measures, one after the other, each on a server that was just started on an empty disk; then tables.
// The measures take turns, so that whatever else the machine does in a minute falls on all of them.
import { loadavg } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { startEcho } from "./echo.ts";
import type { Job } from "./load.ts";
import { type Figures, type Measure, MEASURES, type PeerName, titleOf } from "./measures.ts";
import { start } from "./processes.ts";
import { circumstances, tables, writeReport } from "./report.ts";
import { startRestante } from "./restante.ts";
import type { Served } from "./workerd.ts";

const HELP = `npm run bench -- [flags]

  Messages a second and latency, beside a bare echo in the same runtime; bench/README.md says what is measured.

    --rounds 5      how often everything is measured; the figures are medians (1 to 20)
    --seconds 3     how long one measure counts (1 to 30)
    --only TEXT     only measures with this in their name, such as echo or "8 pairs"
    --write         puts the tables into bench/README.md
    --help          this`;

/** How each peer is started, fresh. */
const PEERS: Readonly<Record<PeerName, () => Promise<Served>>> = { restante: startRestante, echo: startEcho };

/** What the load generator may take beyond the seconds that it counts, ms: to open, to warm up, to let all arrive. */
const PATIENCE = 30_000;

interface Flags {
  rounds: number;
  seconds: number;
  only: string;
  write: boolean;
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--help") || args.includes("-h")) return console.log(HELP);
  const { rounds, seconds, only, write } = readFlags(args);
  const measures = MEASURES.filter((measure) => titleOf(measure).includes(only));
  if (measures.length === 0) throw new Error(`no measure has ${only} in its name`);
  const [busy = 0] = loadavg();
  const results = new Map<Measure, Figures[]>(measures.map((measure) => [measure, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [measure, seen] of results) {
      const figures = await run(measure, seconds);
      seen.push(figures);
      console.log(`${round}/${rounds}  ${titleOf(measure)}: ${brief(measure, figures)}`);
    }
  }
  const command = ["npm run bench", ...(args.length > 0 ? ["--", ...args] : [])].join(" ");
  const text = `${tables(results)}\n${circumstances(rounds, seconds, busy, command)}`;
  console.log(`\n${text}`);
  if (write) writeReport(text);
}

async function run(measure: Measure, seconds: number): Promise<Figures> {
  const server = await PEERS[measure.peer]();
  try {
    const job: Job = { ...measure, url: server.url, seconds };
    const args = [join(import.meta.dirname, "load.ts"), JSON.stringify(job)];
    const load = start(process.execPath, args, { patience: seconds * 1_000 + PATIENCE });
    return JSON.parse(await load.output) as Figures;
  } finally {
    await server.stop();
  }
}

function brief({ load }: Measure, { perSecond, confirmed }: Figures): string {
  if (load.kind === "flood") return `${Math.round(perSecond)} msg/s`;
  return `p50 ${confirmed[0].toFixed(2)} ms, p99 ${confirmed[1].toFixed(2)} ms`;
}

function readFlags(args: readonly string[]): Flags {
  const flags = { rounds: 5, seconds: 3, only: "", write: false };
  const rest = args.flatMap((arg) =>
    /^--\w+=/.test(arg) ? [arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1)] : [arg],
  );
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    switch (flag) {
      case "--rounds":
        flags.rounds = wholeOf(flag, rest.shift(), 20);
        break;
      case "--seconds":
        flags.seconds = wholeOf(flag, rest.shift(), 30);
        break;
      case "--only":
        flags.only = rest.shift() ?? "";
        if (flags.only === "") throw new Error("--only takes a text");
        break;
      case "--write":
        flags.write = true;
        break;
      default:
        throw new Error(`${flag} is unknown; see npm run bench -- --help`);
    }
  }
  if (flags.write && flags.only !== "") throw new Error("--write needs all measures, without --only");
  return flags;
}

function wholeOf(flag: string, text: string | undefined, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new Error(`${flag} takes a whole number from 1 to ${most}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
