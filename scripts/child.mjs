// Runs one child process at a time, with this process's output and signals; stops each child that it starts.
// node_modules/.bin is first on PATH, so `node` is the version that package.json requires.
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
let graceMs = null;
let stopSignal = null;

/** Signals that a running child gets. Without a child they end this process, as always. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

function stop(signal) {
  // SIGHUP becomes SIGTERM, because it would end wrangler's launcher without its server.
  stopSignal = signal === "SIGHUP" ? "SIGTERM" : signal;
  child.kill(stopSignal);
  if (graceMs !== null) setTimeout(graceMs, undefined, { ref: false }).then(() => child?.kill("SIGKILL"));
}

/**
 * npm forwards a signal only to its shell, and none if it is killed. So this process watches its parent and
 * grandparent, and stops when they change. Only under npm: a plain shell may end and leave this process running.
 */
export function stopWithParent() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const before = ancestors();
  const check = () => {
    if (stopSignal !== null || ancestors() === before) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  };
  const timer = setInterval(check, 200).unref();
}

/** The parent and, on Linux, the grandparent of this process: npm's shell and npm. */
function ancestors() {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, "latin1");
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(")")).split(" ")[2]}`;
  } catch {
    return `${process.ppid}`;
  }
}

/**
 * Runs a program to its end; returns its exit code. `print` gets its output in pieces, instead of this process's own;
 * `control` gets its output on descriptor 3; it inherits the descriptor `share`. After a signal it has `grace` ms to
 * stop, or no limit if null.
 *
 * @param {string} name
 * @param {readonly string[]} [args]
 * @param {{ print?: (text: string) => void, control?: (text: string) => void, share?: number | null,
 *   grace?: number | null, env?: Readonly<Record<string, string>> }} [options]
 * @returns {Promise<number>}
 */
export async function run(name, args = [], { print, control, share = null, grace = null, env = {} } = {}) {
  graceMs = grace;
  // A terminal sends Ctrl-C to all processes; a service or a test sends its signal to this one only.
  for (const signal of SIGNALS) process.on(signal, stop);
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
    child.once("close", (exit, signal) => done(exit ?? codeOf(stopSignal ?? signal)));
  });
  child = null;
  for (const signal of SIGNALS) process.off(signal, stop);
  return code;
}

/** Runs a program and prints its output only if it fails. Returns whether it succeeded. */
export async function succeeds(name, args, env) {
  let output = "";
  const code = await run(name, args, { print: (text) => (output += text), env });
  if (code !== 0) console.error(output);
  return code === 0;
}

/**
 * Kills all processes with this mark in their environment. Servers and browsers under test are in their own process
 * groups, and outlive a killed test runner. Linux only: elsewhere the runner has to stop them.
 */
export async function endAllWith(mark) {
  if (!existsSync("/proc/self/environ")) return;
  // Repeats until none is left: a process may have started another meanwhile.
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
    return false; // It has ended, or belongs to another user.
  }
}

/** Whether a signal stopSignal this process to stop: then it must start nothing more. */
export function interrupted() {
  return stopSignal !== null;
}

/** The path of the first of these programs on PATH. */
export function which(...names) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

function codeOf(signal) {
  return 128 + (constants.signals[signal] ?? 0);
}
