// The Worker that is under fault: the bundle that wrangler would deploy, made once, and a wrapper around it for the faults that
// happen between objects, where no process and no socket can be pulled. It knows no process and no client.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { dropFolder, makeFolder, start } from "../../bench/machine/processes.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

/** Making the bundle takes a second or two; ms. */
const PATIENCE = 60_000;

/** A Worker as workerd takes it: its modules, the main one first. */
export interface Code {
  readonly modules: readonly { readonly name: string; readonly text: string }[];
  readonly date: string;
  readonly flags: readonly string[];
}

let made: Promise<Code> | undefined;

/** What `npm run deploy` would deploy. */
export function product(): Promise<Code> {
  return (made ??= bundle());
}

/** The same behind a wrapper: `GET /faults/sever?user=…&how=fail|hang|heal` and `GET /faults/evict?user=…,…`. */
export async function severable(): Promise<Code> {
  const code = await product();
  return { ...code, modules: [{ name: "wrapper.js", text: WRAPPER }, ...code.modules] };
}

/** The same with other bytes, as a release of the same protocol is. */
export function release(code: Code, name: string): Code {
  return { ...code, modules: code.modules.map((module) => ({ ...module, text: `// ${name}\n${module.text}` })) };
}

async function bundle(): Promise<Code> {
  const folder = makeFolder();
  const args = [WRANGLER, "deploy", "--dry-run", "--outdir", folder];
  await start(process.execPath, args, { cwd: ROOT, patience: PATIENCE }).output;
  const text = readFileSync(join(folder, "worker.js"), "utf8");
  dropFolder(folder);
  const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  const date = /^compatibility_date = "([\d-]+)"$/m.exec(toml)?.[1];
  if (date === undefined) throw new Error("wrangler.toml has no compatibility_date that can be read");
  const [, flags = ""] = /^compatibility_flags = \[(.*)\]$/m.exec(toml) ?? [];
  return { modules: [{ name: "worker.js", text }], date, flags: flags.split(/[", ]+/).filter(Boolean) };
}

/**
 * An object that can't be reached by other objects, or goes from memory with its sockets closed, as at a deploy. Everything else is the
 * product's own code.
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
