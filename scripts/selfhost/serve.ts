// Serves a built server folder from bare workerd, with all state in one folder. front.js does what Cloudflare does in
// front of the Worker. supervise.ts keeps it running, and answers in its place while the disk is full.
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { certificateVariables } from "./certificates.ts";
import { configOf, CONTROL_VARIABLE } from "./config.ts";
import { CONTROL_SECRET } from "./control.ts";
import { formatProblem, writeFormat } from "./format.ts";
import { lock } from "./lock.mjs";
import { readManifest } from "./manifest.mjs";
import { startRuntime } from "./runtime.ts";
import { supervise } from "./supervise.ts";
import { sweep } from "./sweep.mjs";
import { findVariables, type VariableFlags } from "./variables.ts";

export interface ServeFlags extends VariableFlags {
  readonly port: string;
  readonly ip: string;
  readonly state: string;
  readonly "behind-proxy": boolean;
  /** MB that have to be free; null for the default. */
  readonly "min-free"?: string | undefined;
  /** Seconds that connected clients get to leave at a stop. */
  readonly drain: string;
  /** Whether to check the flags and variables only. */
  readonly check: boolean;
}

const LOCK_WAIT_MS = 1_000;

/** Serves `folder` until it is stopped; returns the exit code: 1 for a problem with the state, 2 for wrong flags. */
export async function serve(folder: string, flags: ServeFlags): Promise<number> {
  const manifest = readManifest(folder);
  if (manifest === null) return fail(1, `${folder} has no server: build it with npm run selfhost -- build ${folder}`);
  if (!/^\d{1,5}$/.test(flags.port) || Number(flags.port) > 65_535)
    return fail(2, "--port is a number from 0 to 65535.");
  if (!/^\d{1,4}$/.test(flags.drain)) return fail(2, "--drain is a number of seconds.");
  const minFree = flags["min-free"];
  if (minFree !== undefined && !/^\d{1,9}$/.test(minFree)) return fail(2, "--min-free is a number of MB.");
  const found = findVariables(manifest.variables, flags);
  if ("problems" in found)
    return fail(2, ...found.problems, "", "docs/VARIABLES.md has a table of all variables. Nothing was started.");
  if (flags.check) {
    console.log(`Restante ${manifest.version}: flags and variables are valid.`);
    return 0;
  }
  const state = resolve(flags.state);
  const mailboxes = join(state, "mailboxes");
  mkdirSync(mailboxes, { recursive: true, mode: 0o700 });
  const { holder, fd = null } = await lockSoon(mailboxes);
  if (holder !== undefined)
    return fail(1, `Process ${holder} serves ${state} already; two servers would corrupt each other's mailboxes.`);
  const problem = formatProblem(mailboxes);
  if (problem !== null) return fail(1, problem);
  clean(mailboxes, fd === null);

  const { variables } = found;
  const proxied = flags["behind-proxy"];
  const addressOf = (port: number) => `${flags.ip.includes(":") ? `[${flags.ip}]` : flags.ip}:${port}`;
  const parts = { manifest, variables, proxied, page: join(folder, "page"), mailboxes };
  // The path of the mailboxes is also what tells other servers that this folder is served.
  const paths = ["--import-path", folder, `--directory-path=mailboxes=${realpathSync(mailboxes)}`];
  return supervise({
    mailboxes,
    ip: flags.ip,
    port: Number(flags.port),
    minFree: minFree === undefined ? null : Number(minFree) * 1_000_000,
    drainMs: Number(flags.drain) * 1_000,
    announce: (port) => console.log(`Ready on http://${addressOf(port)}, with its state in ${state}`),
    start(port, listens) {
      // Not before there is room for them.
      writeFormat(mailboxes, manifest.version);
      const config = writeConfig(state, configOf({ ...parts, address: addressOf(port) }));
      const args = ["serve", "--control-fd=3", ...paths, config];
      const env = { ...certificateVariables(folder), ...variables, [CONTROL_VARIABLE]: CONTROL_SECRET };
      return startRuntime({ program: join(folder, "workerd"), args, env, share: fd, listens });
    },
  });
}

/** Waits for a server that is about to end: after a SIGKILL its runtime may outlive it for a short time. */
async function lockSoon(mailboxes: string): Promise<ReturnType<typeof lock>> {
  for (const end = Date.now() + LOCK_WAIT_MS; ; await setTimeout(50)) {
    const taken = lock(mailboxes);
    if (taken.holder === undefined || Date.now() > end) return taken;
  }
}

function clean(mailboxes: string, isUnlocked: boolean): void {
  if (isUnlocked) {
    console.warn("The program flock is missing: make sure that no second server is started on this folder.");
    // Another server may be about to write to an empty file.
    return;
  }
  const removed = sweep(mailboxes);
  if (removed > 0)
    console.log(`Removed ${removed} empty ${removed === 1 ? "file" : "files"} of names that nobody has.`);
}

/** Writes the configuration into the state folder, if it changed; where nothing can be written, elsewhere. */
function writeConfig(state: string, text: string): string {
  const path = join(state, "config.capnp");
  try {
    if (readFileSync(path, "utf8") === text) return path;
  } catch {
    // There is none yet.
  }
  for (const folder of [state, tmpdir(), "/dev/shm"]) {
    try {
      // A folder of its own. Answers: others who may write there, and would put a file or a link in its place.
      const own = mkdtempSync(join(folder, ".restante-config-"));
      const made = join(own, "config.capnp");
      try {
        writeFileSync(made, text, { mode: 0o600 });
        if (folder !== state) return made;
        renameSync(made, path);
      } catch (error) {
        rmSync(own, { recursive: true, force: true });
        throw error;
      }
      rmSync(own, { recursive: true });
      return path;
    } catch (error) {
      console.warn(`${folder}: ${(error as Error).message}`);
    }
  }
  throw new Error("There is no folder in which the configuration can be written.");
}

function fail(code: number, ...why: string[]): number {
  console.error(why.join("\n"));
  return code;
}
