// One program at a time, with our output and our signals: whatever is started here is stopped here.
// The tools of node_modules come first on PATH, so `node` is the one that package.json asks for.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const TOOLS = join(ROOT, "node_modules", ".bin");

let child = null;
let asked = null;

// A terminal sends Ctrl-C to everybody; a service or a test sends its signal to us alone. SIGHUP becomes SIGTERM,
// because wrangler's launcher would die of it and leave its server behind.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => stop(signal === "SIGHUP" ? "SIGTERM" : signal));
}

function stop(signal) {
  asked = signal;
  if (child === null) process.exit(codeOf(signal));
  child.kill(signal);
}

/** npm, killed outright, can't tell us; a new parent does. Only under npm: a shell may end and leave us running. */
export function stopWithParent() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || asked || stop("SIGTERM"), 500).unref();
}

/** Runs it to its end and answers with its exit code. With `print`, its output goes there instead of to ours. */
export async function run(name, args = [], { print, env = {} } = {}) {
  child = spawn(name, args, {
    stdio: print ? ["ignore", "pipe", "pipe"] : "inherit",
    env: { ...process.env, PATH: `${TOOLS}${delimiter}${process.env.PATH ?? ""}`, ...env },
  });
  child.stdout?.on("data", print);
  child.stderr?.on("data", print);
  const code = await new Promise((done) => {
    child.once("error", (error) => {
      console.error(`${name} can't be started: ${error.message}`);
      done(127);
    });
    child.once("close", (exit, signal) => done(exit ?? codeOf(signal)));
  });
  child = null;
  return code;
}

/** Whether somebody asked us to stop: then nothing more is to be started. */
export function interrupted() {
  return asked !== null;
}

/** The first of these names that PATH has, as a path. */
export function which(...names) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

function codeOf(signal) {
  return 128 + (constants.signals[signal] ?? 0);
}
