// Restante as it would be deployed: the bundle that wrangler makes, with the objects and the date of wrangler.toml, AUTH open.
// The bundle is made once; every start gets a fresh disk.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { dropFolder, makeFolder, start } from "../machine/processes.ts";
import type { Served } from "./peer.ts";
import { serve, type Worker } from "./workerd.ts";

const ROOT = join(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

/** Making the bundle takes a second or two; ms. */
const PATIENCE = 60_000;

let made: Promise<Worker> | undefined;

export async function startRestante(servers: number): Promise<Served> {
  made ??= bundle();
  return serve(await made, servers);
}

/** The same with a meter around it; `/counts` says what was counted since it was asked last. */
export async function startCounted(): Promise<Served> {
  made ??= bundle();
  const meter = readFileSync(join(import.meta.dirname, "meter.js"), "utf8");
  const inner = await made;
  return serve({ ...inner, text: meter, modules: { restante: inner.text } });
}

/** The compatibility date and flags that all Workers here run with. */
export function compatibility(): Pick<Worker, "date" | "flags"> {
  const date = /^compatibility_date = "([\d-]+)"$/m.exec(config())?.[1];
  if (date === undefined) throw new Error("wrangler.toml has no compatibility_date that can be read");
  const flags = /^compatibility_flags = \[(.*)\]$/m.exec(config())?.[1] ?? "";
  return { date, flags: [...flags.matchAll(/"(\w+)"/g)].map(([, flag = ""]) => flag) };
}

async function bundle(): Promise<Worker> {
  const folder = makeFolder();
  const args = [WRANGLER, "deploy", "--dry-run", "--outdir", folder];
  await start(process.execPath, args, { cwd: ROOT, timeoutMs: PATIENCE }).output;
  const text = readFileSync(join(folder, "worker.js"), "utf8");
  dropFolder(folder);
  return {
    text,
    ...compatibility(),
    vars: { AUTH: "open", RATE_LIMIT: "off", CALLS_PER_EVENT: "900" },
    objects: objects(),
  };
}

function objects(): Worker["objects"] {
  const bindings = /^bindings = \[([^\]]*)\]/m.exec(config())?.[1] ?? "";
  return [...bindings.matchAll(/name = "(\w+)", class_name = "(\w+)"/g)].map(([, binding = "", className = ""]) => {
    return { binding, className };
  });
}

function config(): string {
  return readFileSync(join(ROOT, "wrangler.toml"), "utf8");
}
