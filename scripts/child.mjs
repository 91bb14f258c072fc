// One program at a time, with our output and our signals: whatever is started here is stopped here.
// The tools of node_modules come first on PATH, so `node` is the one that package.json asks for.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const TOOLS = join(ROOT, "node_modules", ".bin");

let child = null;
let patience = null;
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
  if (patience !== null) setTimeout(patience, undefined, { ref: false }).then(() => child?.kill("SIGKILL"));
}

/**
 * npm passes a signal no further than to its shell, and nothing when it is killed outright: then we notice that whoever
 * started us has another parent. Only under npm: a plain shell may end and leave us running.
 */
export function stopWithParent() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const before = ancestors();
  const look = () => {
    if (asked === null && ancestors() !== before) stop("SIGTERM");
  };
  setInterval(look, 200).unref();
}

/** Our parent and, on Linux, its parent: npm's shell and npm. */
function ancestors() {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, "latin1");
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(")")).split(" ")[2]}`;
  } catch {
    return `${process.ppid}`;
  }
}

/**
 * Runs it to its end and answers with its exit code. With `print`, its output goes there, in pieces, and not to ours; what it writes to
 * descriptor 3 goes to `control`, and it holds our descriptor `share` too. Asked to stop, it has `grace` ms for it; without, as long as it
 * likes.
 */
export async function run(name, args = [], { print, control, share = null, grace = null, env = {} } = {}) {
  patience = grace;
  const stdio = print ? ["ignore", "pipe", "pipe"] : ["inherit", "inherit", "inherit"];
  child = spawn(name, args, {
    stdio: [...stdio, ...(control ? ["pipe"] : []), ...(control && share !== null ? [share] : [])],
    env: { ...process.env, PATH: `${TOOLS}${delimiter}${process.env.PATH ?? ""}`, ...env },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", print);
  child.stdio[3]?.setEncoding("utf8").on("data", control);
  const code = await new Promise((done) => {
    child.once("error", (error) => {
      console.error(`${name} can't be started: ${error.message}`);
      done(127);
    });
    child.once("close", (exit, signal) => done(exit ?? codeOf(asked ?? signal)));
  });
  child = null;
  return code;
}

/** The same for what is worth reading only when it fails. True when it did not. */
export async function succeeds(name, args, env) {
  let output = "";
  const code = await run(name, args, { print: (text) => (output += text), env });
  if (code !== 0) console.error(output);
  return code === 0;
}

/**
 * Ends what still has this in its environment. Servers and browsers under test are in process groups of their own, and
 * outlive a test runner that is killed. Linux only: elsewhere they are left to the runner.
 */
export async function endAllWith(mark) {
  if (!existsSync("/proc/self/environ")) return;
  // Again until none is left: one that is about to end may have started another meanwhile.
  for (let round = 0; round < 40; round++) {
    const found = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && endIfWith(mark, name));
    if (found.length === 0) return;
    await setTimeout(50);
  }
}

function endIfWith(mark, pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").includes(mark) && process.kill(Number(pid), "SIGKILL");
  } catch {
    return false; // Ended meanwhile, or somebody else's.
  }
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
