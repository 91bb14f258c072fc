// Whatever the benchmark starts, it stops: processes by their id, folders by their path; at the end, after a failure, and when
// somebody asks us to stop. Each process leads a group of its own, so that Ctrl-C reaches only us and nothing of it is left.
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import process from "node:process";

export interface Started {
  readonly child: ChildProcess;
  /** Resolves with what it wrote to stdout when it ended well; rejects with the end of its stderr when it did not, or after `timeoutMs`. */
  readonly output: Promise<string>;
  /** SIGKILL to its group; resolves when it has ended. Nothing that runs here has anything to lose. */
  stop(): Promise<void>;
}

/** No server runs longer than this, ms, whatever happens to us. */
export const LONGEST = 300_000;

/** Characters of stderr that are kept. */
const KEPT = 4_000;

const groups = new Set<number>();
const folders = new Set<string>();

process.on("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
}

/** Everything that still runs and lies about. */
export function stopAll(): void {
  for (const pid of groups) kill(pid);
  for (const path of folders) drop(path);
}

/** Starts a program; after `timeoutMs` ms it is stopped and has failed. */
export function start(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; timeoutMs: number; stdio?: StdioOptions },
): Started {
  const { cwd = process.cwd(), env = process.env, timeoutMs, stdio = ["ignore", "pipe", "pipe"] } = options;
  const child = spawn(file, args, { cwd, env, stdio, detached: true });
  const { pid } = child;
  if (pid !== undefined) groups.add(pid);
  let output = "";
  let errors = "";
  child.stdout?.on("data", (text: Buffer) => (output += text.toString()));
  child.stderr?.on("data", (text: Buffer) => (errors = (errors + text.toString()).slice(-KEPT)));
  const stop = () => pid !== undefined && groups.has(pid) && kill(pid);
  const timer = setTimeout(() => {
    errors += `stopped after ${timeoutMs} ms`;
    stop();
  }, timeoutMs);
  const ended = new Promise<string>((done) => {
    child.once("error", (error) => done(error.message));
    child.once("close", (code, signal) => done(code === 0 ? "" : `ended with ${code ?? signal}`));
  });
  const checked = ended.then((wrong) => {
    clearTimeout(timer);
    if (pid !== undefined) groups.delete(pid);
    if (wrong !== "") throw new Error(`${file} ${wrong}\n${errors}`);
    return output;
  });
  checked.catch(() => undefined); // Who waits for a server waits for its port, and asks for its output only if that fails.
  return {
    child,
    output: checked,
    async stop() {
      stop();
      await ended;
    },
  };
}

/** The first match in what it writes to `stream`; rejects when it ends before, or with what `output` says. */
export function waitForOutput({ output }: Started, stream: Readable | null, pattern: RegExp): Promise<RegExpExecArray> {
  const found = new Promise<RegExpExecArray>((done) => {
    let text = "";
    stream?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const match = pattern.exec(text);
      if (match !== null) done(match);
    });
  });
  const ended = output.then((text) => Promise.reject(new Error(`it ended before it was ready\n${text}`)));
  return Promise.race([found, ended]);
}

/** A folder of our own in the system's place for such, until `dropFolder` or the end. */
export function makeFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "restante-bench-"));
  folders.add(path);
  return path;
}

export function dropFolder(path: string): void {
  folders.delete(path);
  drop(path);
}

function drop(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

function kill(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Ended already.
  }
}
