// What the command line asks for.
import { parseArgs } from "node:util";

export const HELP = `npm run bench -- [flags]

  Restante beside other ways to do the same work, on this machine. bench/README.md says what is measured and how.

    --list           names every measure, and takes none
    --only TEXT      only measures with this in their name; several --only have to be in it all
    --rounds 5       how often everything is measured, in turn; the figures are medians (0 to 20)
    --seconds 1      how long one measure counts (0.2 to 30)
    --keep FILE      adds the results to those in FILE, and reports all of them: a long run in pieces
    --before COMMIT  the code of this commit, SDK included: what people's messages cost, and one in flight
    --fsync-ms 0     how much longer each fsync of workerd and Redis takes, as on a slower disk (0 to 100)
    --profile        what a server's CPU goes into instead, with Linux's perf: of Restante and its floors, or of --only
    --page           how fast the web page appears, in Chromium on a slow line and processor; nothing else
    --write          puts tables and charts into bench/ and a table into README.md
    --help           this

  npm run bench -- --only "throughput: restante sdk, 8 pairs, 512" --rounds 3`;

export interface Flags {
  readonly help: boolean;
  readonly list: boolean;
  readonly only: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly profile: boolean;
  readonly page: boolean;
  readonly write: boolean;
  readonly keep: string | null;
  readonly before: string | null;
  readonly fsyncMs: number;
}

export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean", short: "h", default: false },
      list: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "1" },
      keep: { type: "string" },
      before: { type: "string" },
      "fsync-ms": { type: "string", default: "0" },
      profile: { type: "boolean", default: false },
      page: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
    },
  });
  const { help, list, only, profile, page, write, keep = null, before = null } = values;
  if (write && only.length > 0) throw new Error("--write needs all measures, without --only");
  if (profile && write) throw new Error("--profile writes nothing");
  const fsyncMs = between("--fsync-ms", values["fsync-ms"], 0, 100);
  if (write && fsyncMs > 0) throw new Error("--write takes the disk as it is, without --fsync-ms");
  const rounds = between("--rounds", values.rounds, keep === null ? 1 : 0, 20);
  if (!Number.isInteger(rounds)) throw new Error("--rounds takes a whole number");
  return {
    help,
    list,
    only,
    profile,
    page,
    write,
    keep,
    before,
    fsyncMs,
    rounds,
    seconds: between("--seconds", values.seconds, 0.2, 30),
  };
}

function between(flag: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (text.trim() !== "" && number >= least && number <= most) return number;
  throw new Error(`${flag} takes a number from ${least} to ${most}`);
}
