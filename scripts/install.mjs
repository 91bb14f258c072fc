// Installs the packages of package-lock.json if they are missing: by npm, or by Deno without npm. Afterwards
// node_modules/.bin/node is the Node.js version that package.json requires.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import process from "node:process";
import { run, which } from "./child.mjs";

const NODE = "node_modules/.bin/node";
const NPM_DONE = "node_modules/.package-lock.json";
const DENO_DONE = "node_modules/.deno/.done";

/** A package that only tests need. */
const OF_TESTS = "node_modules/vitest";

/**
 * Why packages must be installed, or null. Both installers write their mark last, so a partial folder has none.
 *
 * @param {{ tests?: boolean }} [need] whether what only tests need has to be there
 */
export function whatIsMissing({ tests = true } = {}) {
  if (!existsSync("node_modules")) return "node_modules is missing";
  const done = [NPM_DONE, DENO_DONE].filter((path) => existsSync(path));
  if (done.length === 0 || !existsSync(NODE)) return "node_modules is incomplete";
  const time = Math.max(...done.map((path) => statSync(path).mtimeMs));
  if (time < statSync("package-lock.json").mtimeMs) return "node_modules is older than package-lock.json";
  return tests && !existsSync(OF_TESTS) ? "what tests need is missing" : null;
}

/**
 * Installs; returns whether it succeeded.
 *
 * @param {string} reason
 * @param {{ tests?: boolean }} [need]
 */
export async function install(reason, { tests = true } = {}) {
  const npm = which("npm") !== undefined;
  if (!npm && !process.versions.deno) {
    console.error("npm is missing: apt-get install npm");
    return false;
  }
  console.log(`Installing with ${npm ? "npm ci" : "deno install"}, because ${reason}.`);
  // .npmrc and NODE_ENV leave out what tests need. What is there stays, also for a command that does not need it.
  const dev = tests || existsSync(OF_TESTS) ? "--include=dev" : "--omit=dev";
  // Warnings are hidden: they are about the Node.js that npm runs on, not the one that is used.
  const code = npm ? await run("npm", ["ci", dev, "--loglevel=error"]) : await installByDeno();
  if (code === 0 && existsSync(NODE)) return true;
  if (code === 0) console.error(`There is no ${NODE}: are install scripts switched off?`);
  return false;
}

/**
 * Deno uses the versions of package-lock.json only without a lock file of its own, so that is removed. The package
 * `node` fetches its binary with npm; here the binary's own package is installed instead.
 */
async function installByDeno() {
  const version = JSON.parse(readFileSync("package.json", "utf8")).dependencies.node;
  const prefix = process.platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  const binary = `npm:${prefix}-${process.platform}-${process.arch}@${version}`;
  const flags = ["install", "--quiet", "--lock=deno.lock"];
  rmSync("deno.lock", { force: true });
  const deno = process.execPath;
  const code = (await run(deno, flags)) || (await run(deno, [...flags, "--no-save", binary]));
  rmSync("deno.lock", { force: true });
  if (code === 0) writeFileSync(DENO_DONE, "");
  return code;
}
