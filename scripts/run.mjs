// The commands of package.json. Each installs what is missing, then works on the Node.js of node_modules, even if
// another Node.js from version 20 on, or Deno, started it. So this folder's .mjs files are plain JavaScript and import
// nothing that must be installed first.
import process from "node:process";
import { parseArgs } from "node:util";
import { ROOT, run, stopWithParent } from "./child.mjs";
import { deploy, DEPLOY_HELP } from "./deploy.mjs";
import { invite } from "./invite.mjs";
import { install, whatIsMissing } from "./install.mjs";
import { release, RELEASE_HELP } from "./release/release.mjs";
import { selfhost, SELFHOST_HELP } from "./selfhost/selfhost.mjs";
import { check, test, watch } from "./test.mjs";
import { FAULT_TOOLS, findTools } from "./tools.mjs";

const HELP = {
  start: `npm start -- [flags]

  Serves the app on http://localhost:8787, for this machine only. Ctrl-C stops it.

  All flags go to wrangler dev. The useful ones:
    --port 9999          another port
    --ip 0.0.0.0         for other machines too
    --persist-to DIR     where the mailboxes are kept (default: .wrangler/state)
    --var AUTH:open      a variable of wrangler.toml
  The others: npx wrangler dev --help`,

  selfhost: SELFHOST_HELP,

  deploy: DEPLOY_HELP,

  release: RELEASE_HELP,

  chaos: `npm run chaos -- --seeds 10000

  Plays the seeded chaos on real mailboxes. A seed that fails is named by its test.
    --seeds N    how many seeds (default 1000)
    --first N    the first of them (default 1); with --seeds 1 it plays one seed again`,

  build: `npm run build

  Builds the web page into public/, and the package of the SDK into dist/.`,

  package: `npm run package

  Builds dist/, and packs it: restante-VERSION.tgz, which npm install takes in another project.`,

  faults: `npm run faults -- [flags]

  Plays every fault on real processes and real sockets, in about 15 minutes. Prints a table, and writes it into
  docs/RELIABILITY.md. Installs redis-server and a C compiler as root on Debian; without them, or without the right to
  mount, it says what it did not play.
    --only TEXT      only faults with this in their name; nothing is written
    --short          as in npm test: smaller, and times don't count; nothing is written
    --keep FOLDER    keeps the history of each run there, as JSON Lines`,

  invite: `INVITE_SECRET=… npm run invite -- [flags]

  Prints an invitation to a server whose REGISTRATION is invite. Its holder can claim a name until it expires.
    --days N     how long it is good (default 7)
    --for NAME   only for this name, and so only once`,

  docs: `npm run docs

  Writes docs/reference/, the reference of the SDK, from the types and comments of its entry points.`,

  screenshots: `npm run screenshots -- [flags]

  Takes every state of the page, in both languages, on a phone and a desktop, in light and dark colours, into
  screenshots/ (not in the repository).
    --only TEXT       only states with this in their name
    --language en     or zh-Hans
    --readme          copies the three that README.md and docs/SDK.md show into docs/pictures/`,

  check: `npm run check

  Types, lint, format, and the tests that need nothing but the code (project "pure"): in under a minute.
  The last line is the count: "N passed, N failed"; types and lint count as one each.
  Arguments go to vitest run:
    npm run check -- client          of the tests only files whose path has this word`,

  test: `npm test -- [filters and flags]

  Installs what is missing (Chromium, python3-websockets, promtool and a JDK too, as root on Debian), then checks
  types, lint, format, and runs all tests. The last line is the count: "N passed, N failed"; types and lint count as
  one each.

  With filters or flags only tests run, and all of it goes to vitest run. Such a tool is installed
  only where a file of these uses it:
    npm test -- mailbox              files whose path has this word
    npm test -- --project workerd    one of the projects:
                                       pure       needs nothing but the code
                                       workerd    inside the runtime, AUTH=open
                                       retention  the same with RETENTION_ENTRIES
                                       accounts   inside the runtime, AUTH=accounts
                                       jwt        inside the runtime, AUTH=jwt
                                       node       starts servers, browsers and other programs
    npm test -- -t "\\[D3\\]"          tests by title
  The others: npx vitest --help`,

  watch: `npm run test:watch -- [filters and flags]

  Runs the tests of project "pure", and again those that a changed file concerns. With filters or flags: as npm test,
  in every project.
    npm run test:watch -- mailbox/outbox
    npm run test:watch -- --project accounts`,
};

// What wrangler needs to be quick and quiet on a machine without an account or internet. The environment overrides it.
const QUIET = {
  X_LOCAL_OBSERVABILITY: "false", // A trace of every event: two to six times slower.
  X_LOCAL_EXPLORER: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false", // Nothing here reads Request.cf; offline its absence is a warning with a stack.
  WRANGLER_SEND_METRICS: "false",
};

/** A port that is taken must be an error, as it is when the port is named: nobody looks for the app on 8788. */
function withPort(flags) {
  return flags.some((flag) => /^--port(=|$)/.test(flag)) ? flags : ["--port", "8787", ...flags];
}

/**
 * Nothing in front of it says where a request comes from, so what a client says of itself counts for nothing: all
 * addresses are one.
 */
function withAddress(flags) {
  return flags.some((flag) => flag.includes("CLIENT_ADDRESS:")) ? flags : ["--var", "CLIENT_ADDRESS:unknown", ...flags];
}

/** Each seed is a test of its own, so a failure names its seed; `--first SEED --seeds 1` plays it again. */
function chaos(flags) {
  const { values } = parseArgs({ args: flags, options: { seeds: { type: "string" }, first: { type: "string" } } });
  const { seeds = "1000", first = "1" } = values;
  const env = { CHAOS_SEEDS: seeds, CHAOS_FIRST: first };
  return run("vitest", ["run", "--project", "workerd", "test/chaos/chaos.test.ts"], { env });
}

/** Commands that are one program. */
const PROGRAMS = new Map([
  ["build", "scripts/build.mjs"],
  ["bench", "bench/bench.ts"],
  ["conformance", "test/conformance/runner.ts"],
  ["docs", "scripts/reference/write.ts"],
  ["screenshots", "scripts/screenshots.ts"],
  ["admin", "scripts/admin/admin.ts"],
]);

/** Commands that need the `dependencies` of package.json alone. */
const WITHOUT_TESTS = new Set(["start", "deploy", "build", "package", "invite", "admin"]);

const COMMANDS = [...new Set([...Object.keys(HELP), ...PROGRAMS.keys(), "format"])].toSorted();

async function main(command, flags) {
  if (HELP[command] && flags.some((flag) => flag === "--help" || flag === "-h")) {
    console.log(HELP[command]);
    return 0;
  }
  for (const [name, value] of Object.entries(QUIET)) process.env[name] ??= value;
  if (command === "test") return test(flags);
  if (command === "check") return check(flags);
  // It installs only where it has to build.
  if (command === "selfhost") return selfhost(flags);

  const need = { tests: !WITHOUT_TESTS.has(command) };
  const missing = whatIsMissing(need);
  if (missing && !(await install(missing, need))) return 1;
  const program = PROGRAMS.get(command);
  if (program !== undefined) return run("node", [program, ...flags]);
  switch (command) {
    case "watch":
      return watch(flags);
    case "start":
      return (
        (await run("node", ["scripts/variables.ts", "start", ...flags])) ||
        run("wrangler", ["dev", ...withPort(withAddress(flags))])
      );
    case "deploy":
      return deploy(flags);
    case "release":
      return release(flags);
    case "package":
      return (await run("node", ["scripts/build.mjs", "--strict"])) || run("npm", ["pack", "./dist", ...flags]);
    case "format":
      return run("oxfmt", flags);
    case "chaos":
      return chaos(flags);
    case "faults":
      await findTools(FAULT_TOOLS);
      return run("node", ["test/faults/run.ts", ...flags]);
    case "invite":
      return invite(flags);
    default:
      console.error(`There is no command "${command}". The commands: ${COMMANDS.join(", ")}.`);
      return 1;
  }
}

process.chdir(ROOT);
stopWithParent();
const [command = "", ...flags] = process.argv.slice(2);
process.exitCode = await main(command, flags[0] === "--" ? flags.slice(1) : flags);
