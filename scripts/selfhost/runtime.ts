// One process of workerd. It inherits our output, and says on descriptor 3 which ports it listens on.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import process from "node:process";

export interface RuntimeParts {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The descriptor of the lock, which this process holds too; null if there is none. */
  readonly share: number | null;
  /** A socket of the configuration listens. */
  listens(socket: string, port: number): void;
}

export interface Runtime {
  readonly pid: number;
  /** Resolves at its end, with its exit code: null if a signal ended it. */
  readonly ended: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

export function startRuntime({ program, args, env, share, listens }: RuntimeParts): Runtime {
  const child = spawn(program, args, {
    stdio: ["inherit", "inherit", "inherit", "pipe", ...(share === null ? [] : [share])],
    env: { ...process.env, ...env },
  });
  createInterface({ input: child.stdio[3] as Readable }).on("line", (line) => {
    const { event, socket, port } = JSON.parse(line) as { event: string; socket: string; port: number };
    if (event === "listen") listens(socket, port);
  });
  const ended = new Promise<number | null>((done) => {
    child.once("error", (error) => {
      console.error(`${program} can't be started: ${error.message}`);
      done(127);
    });
    child.once("exit", done);
  });
  return { pid: child.pid ?? 0, ended, kill: (signal) => void child.kill(signal) };
}
