// The Worker under test: the bundle that wrangler would deploy, built once, and a wrapper around it for faults between
// objects, where no process can be killed and no socket cut. It knows no process and no client.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { dropFolder, makeFolder, start } from "../../bench/machine/processes.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

/** The build takes one to two seconds. */
const BUILD_TIMEOUT_MS = 60_000;

/** A Worker as workerd runs it: its modules, the main one first. */
export interface WorkerCode {
  readonly modules: readonly { readonly name: string; readonly text: string }[];
  readonly date: string;
  readonly flags: readonly string[];
}

let built: Promise<WorkerCode> | undefined;

/** The Worker that `npm run deploy` would deploy. */
export function builtWorker(): Promise<WorkerCode> {
  return (built ??= buildWorker());
}

/**
 * The same Worker behind a wrapper with `GET /faults/sever?user=…&how=fail|hang|heal` and `GET /faults/evict?user=…,…`.
 */
export async function workerWithFaultRoutes(): Promise<WorkerCode> {
  const code = await builtWorker();
  return { ...code, modules: [{ name: "wrapper.js", text: WRAPPER }, ...code.modules] };
}

/** The same Worker with other bytes, as a new release of the same protocol. */
export function asNextRelease(code: WorkerCode, name: string): WorkerCode {
  return { ...code, modules: code.modules.map((module) => ({ ...module, text: `// ${name}\n${module.text}` })) };
}

async function buildWorker(): Promise<WorkerCode> {
  const folder = makeFolder();
  const args = [WRANGLER, "deploy", "--dry-run", "--outdir", folder];
  await start(process.execPath, args, { cwd: ROOT, timeoutMs: BUILD_TIMEOUT_MS }).output;
  const text = readFileSync(join(folder, "worker.js"), "utf8");
  dropFolder(folder);
  const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  const date = /^compatibility_date = "([\d-]+)"$/m.exec(toml)?.[1];
  if (date === undefined) throw new Error("wrangler.toml has no compatibility_date that can be read");
  const [, flags = ""] = /^compatibility_flags = \[(.*)\]$/m.exec(toml) ?? [];
  return { modules: [{ name: "worker.js", text }], date, flags: flags.split(/[", ]+/).filter(Boolean) };
}

/**
 * Makes an object unreachable for other objects, or evicts it with its sockets closed, as a deploy does. The rest is
 * the built Worker.
 */
const WRAPPER = `import worker, { Mailbox as Product } from "./worker.js";
export * from "./worker.js";
const severed = new Map();
export class Mailbox extends Product {
  async deliver(delivery) {
    const how = severed.get(delivery.to);
    if (how === "hang") while (severed.has(delivery.to)) await new Promise((done) => setTimeout(done, 50));
    if (how !== undefined) throw new Error("Network connection lost.");
    return super.deliver(delivery);
  }
  evict() {
    this.ctx.abort("evicted");
  }
}
export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    const user = searchParams.get("user");
    if (pathname === "/faults/sever") {
      const how = searchParams.get("how");
      if (how === "heal") severed.delete(user);
      else severed.set(user, how);
      return new Response(null, { status: 204 });
    }
    if (pathname === "/faults/evict") {
      await Promise.all(user.split(",").map((one) => env.MAILBOX.getByName(one).evict().catch(() => undefined)));
      return new Response(null, { status: 204 });
    }
    return worker.fetch(request, env, ctx);
  },
};
`;
