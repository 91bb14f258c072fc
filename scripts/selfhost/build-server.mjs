// Builds a server folder: the bundle that `npm run deploy` would deploy, the web page, workerd, and a program that serves
// them. Serving it needs no package, no wrangler, and no right to write there.
import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { succeeds } from "../child.mjs";
import { pageOf } from "./page.mjs";
import { MANIFEST, readManifest } from "./manifest.mjs";

/** What a server folder is built of. */
const SOURCES = ["src", "public", "scripts", "docs", "wrangler.toml", "package.json", "package-lock.json"];

/** Whether the folder has a server that was built of the current sources. */
export function isCurrent(folder) {
  const manifest = readManifest(folder);
  return manifest !== null && manifest.sources === hashSources();
}

/**
 * Builds into `folder`, which is replaced at once when all of it is there: after a failure the former server is as it
 * was. Returns whether it succeeded.
 */
export async function buildServer(folder) {
  mkdirSync(dirname(folder), { recursive: true });
  const made = join(dirname(folder), `.${basename(folder)}-${process.pid}`);
  const former = `${made}-former`;
  try {
    rmSync(made, { recursive: true, force: true });
    if (!(await fill(made))) return false;
    if (existsSync(folder)) renameSync(folder, former);
    renameSync(made, folder);
    return true;
  } finally {
    for (const path of [made, former]) rmSync(path, { recursive: true, force: true });
  }
}

async function fill(folder) {
  mkdirSync(folder);
  const bundle = join(folder, "bundle");
  if (!(await succeeds("wrangler", ["deploy", "--dry-run", "--outdir", bundle]))) return false;
  renameSync(join(bundle, "worker.js"), join(folder, "worker.js"));
  rmSync(bundle, { recursive: true });
  cpSync("public", join(folder, "page"), { recursive: true });
  const front = ["scripts/selfhost/front.js", `--outfile=${join(folder, "front.js")}`];
  const program = ["scripts/selfhost/program.ts", "--platform=node", `--outfile=${join(folder, "restante.mjs")}`];
  for (const args of [front, program])
    if (!(await succeeds("esbuild", [...args, "--bundle", "--format=esm", "--target=es2023", "--log-level=warning"])))
      return false;
  place(workerd(), join(folder, "workerd"));
  writeFileSync(join(folder, MANIFEST), `${JSON.stringify(await describe(folder), null, 2)}\n`);
  return true;
}

/** The contents of server.json: what wrangler.toml says, and which version this is. */
async function describe(folder) {
  const { unstable_readConfig: readConfig } = await import("wrangler");
  const config = readConfig({ config: "wrangler.toml" });
  return {
    version: JSON.parse(readFileSync("package.json", "utf8")).version,
    sources: hashSources(),
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags ?? [],
    // No platform limits the calls of an event here, so the maximum that the server allows applies.
    variables: { CALLS_PER_EVENT: "900", ...config.vars },
    objects: config.durable_objects.bindings.map(({ name, class_name: type }) => ({ name, type })),
    front: { ...pageOf(join(folder, "page")), first: config.assets?.run_worker_first ?? [] },
  };
}

/** The program of the runtime, for this machine. */
function workerd() {
  const require = createRequire(realpathSync(join("node_modules", "workerd", "package.json")));
  const file = `@cloudflare/workerd-${process.platform === "win32" ? "windows" : process.platform}-${
    process.arch === "x64" ? "64" : process.arch
  }/bin/workerd`;
  return require.resolve(file);
}

/** A second name of a file of 140 MB, or a copy where the folder is on another disk. */
function place(from, to) {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

function hashSources() {
  const hash = createHash("sha256");
  for (const path of SOURCES) add(hash, path);
  return hash.digest("hex");
}

function add(hash, path) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (error.code === "ENOTDIR") hash.update(`${path}\0`).update(readFileSync(path));
    return;
  }
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) add(hash, join(path, entry.name));
}
