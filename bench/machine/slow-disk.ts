// A slow disk: a library in C (slow-disk.c) delays every fsync of the servers that are started with it. It knows no peer.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { makeFolder } from "./processes.ts";
import { findTool } from "./tools.ts";

/** How much longer an fsync takes than it does on this disk, ms. */
export const SLOW_DISK = { fsyncMs: 0 };

const SOURCE = join(import.meta.dirname, "slow-disk.c");
let library: string | undefined;

/** The environment of a server whose fsyncs count. */
export function diskEnvironment(): NodeJS.ProcessEnv {
  if (SLOW_DISK.fsyncMs === 0) return process.env;
  library ??= compile();
  return { ...process.env, LD_PRELOAD: library, FSYNC_US: `${Math.round(SLOW_DISK.fsyncMs * 1_000)}` };
}

/** Throws unless this process, which was started with that environment, has the library. */
export function checkDisk(pid: number): void {
  if (library === undefined || readFileSync(`/proc/${pid}/maps`, "utf8").includes(library)) return;
  throw new Error(`process ${pid} has not loaded ${library}: its fsyncs would not be delayed`);
}

function compile(): string {
  const file = join(makeFolder(), "slow-disk.so");
  const { status, stderr } = spawnSync(findTool("gcc"), ["-shared", "-fPIC", "-O2", "-o", file, SOURCE], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`slow-disk.c can't be compiled: ${stderr}`);
  return file;
}
