// Restante as it would be deployed: the bundle that wrangler makes, with the objects and the date of wrangler.toml, AUTH open.
// The bundle is made once; every start gets a fresh disk. The same of another commit, to be compared with.
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { dropFolder, makeFolder, start } from "../machine/processes.ts";
import type { Served } from "./peer.ts";
import { serve, type Worker } from "./workerd.ts";

const ROOT = join(import.meta.dirname, "../..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");

/** Making the bundle takes a second or two; ms. */
const PATIENCE = 60_000;

/** The operator's secret of `startPeople`. */
export const OPERATOR = "operator-of-a-benchmark-on-loopback";

/** The commit that this code is compared with. */
export const BEFORE = { commit: "" };

let made: Promise<Worker> | undefined;
let madeBefore: Promise<{ readonly worker: Worker; readonly sdk: string }> | undefined;

export async function startRestante(servers: number): Promise<Served> {
  made ??= bundle(ROOT);
  return serve(await made, servers);
}

/** The same with a meter around it; `/counts` says what was counted since it was asked last. */
export async function startCounted(): Promise<Served> {
  made ??= bundle(ROOT);
  return serve(around("meter.js", await made));
}

/** With accounts, and with a meter that objects may hibernate under; `/counts` says what was counted since the start. */
export async function startPeople(): Promise<Served> {
  made ??= bundle(ROOT);
  return serve(withAccounts(await made));
}

/** The code of another commit, with its own SDK. */
export async function startBefore(): Promise<Served> {
  const { worker, sdk } = await (madeBefore ??= bundleOf(BEFORE.commit));
  return { ...(await serve(worker)), sdk };
}

/** The same with accounts and a meter. */
export async function startPeopleBefore(): Promise<Served> {
  const { worker, sdk } = await (madeBefore ??= bundleOf(BEFORE.commit));
  return { ...(await serve(withAccounts(worker))), sdk };
}

/** The compatibility date and flags that all Workers here run with. */
export function compatibility(root = ROOT): Pick<Worker, "date" | "flags"> {
  const date = /^compatibility_date = "([\d-]+)"$/m.exec(config(root))?.[1];
  if (date === undefined) throw new Error("wrangler.toml has no compatibility_date that can be read");
  const flags = /^compatibility_flags = \[(.*)\]$/m.exec(config(root))?.[1] ?? "";
  return { date, flags: [...flags.matchAll(/"(\w+)"/g)].map(([, flag = ""]) => flag) };
}

function around(meter: string, inner: Worker): Worker {
  const text = readFileSync(join(import.meta.dirname, meter), "utf8");
  return { ...inner, text, modules: { restante: inner.text } };
}

function withAccounts(inner: Worker): Worker {
  const vars = { ...inner.vars, AUTH: "accounts", ADMIN_TOKEN: OPERATOR };
  return around("people.js", { ...inner, vars });
}

/** Its files, with the packages of this folder; they stay until the end. */
async function bundleOf(commit: string): Promise<{ readonly worker: Worker; readonly sdk: string }> {
  const folder = makeFolder();
  const [archive, tree] = [join(folder, "tree.tar"), join(folder, "tree")];
  mkdirSync(tree);
  const git = ["archive", "--format=tar", `--output=${archive}`, commit];
  await start("git", git, { cwd: ROOT, timeoutMs: PATIENCE }).output;
  await start("tar", ["-xf", archive, "-C", tree], { timeoutMs: PATIENCE }).output;
  symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));
  return { worker: await bundle(tree), sdk: join(tree, "src/client/connect.ts") };
}

async function bundle(root: string): Promise<Worker> {
  const folder = makeFolder();
  const args = [WRANGLER, "deploy", "--dry-run", "--outdir", folder];
  await start(process.execPath, args, { cwd: root, timeoutMs: PATIENCE }).output;
  const text = readFileSync(join(folder, "worker.js"), "utf8");
  dropFolder(folder);
  return {
    text,
    ...compatibility(root),
    vars: { AUTH: "open", RATE_LIMIT: "off", CALLS_PER_EVENT: "900" },
    objects: objects(root),
  };
}

function objects(root: string): Worker["objects"] {
  const bindings = /^bindings = \[([^\]]*)\]/m.exec(config(root))?.[1] ?? "";
  return [...bindings.matchAll(/name = "(\w+)", class_name = "(\w+)"/g)].map(([, binding = "", className = ""]) => {
    return { binding, className };
  });
}

function config(root: string): string {
  return readFileSync(join(root, "wrangler.toml"), "utf8");
}
