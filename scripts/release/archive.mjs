// The archive for self-hosting: a folder that runs with nothing else installed, and its packing. Everything in it comes
// from this checkout and its installed packages.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { run, succeeds, which } from "../child.mjs";
import { buildServer } from "../selfhost/build-server.mjs";
import { serverLicenses } from "./server-licenses.mjs";

/** Files for the machine that runs it: the unit, and the proxies before it. */
const EXAMPLES = "docs/selfhost";

/** Documents that an operator needs at hand. */
const DOCUMENTS = ["OPERATIONS.md", "VARIABLES.md", "RELEASES.md", "RELIABILITY.md", "SECURITY.md"];

/** Starts the program with the Node.js beside it, from any folder and through links. */
const WRAPPER = `#!/bin/sh
set -eu
self=$0
while [ -L "$self" ]; do
  target=$(readlink -- "$self")
  case $target in
    /*) self=$target ;;
    *) self=\${self%/*}/$target ;;
  esac
done
case $self in
  */*) bin=\${self%/*} ;;
  *) bin=. ;;
esac
exec "$bin/node" "$bin/../lib/restante.mjs" "$@"
`;

export const nameOf = (version) => `restante-${version}-linux-x64`;

/**
 * Fills `folder`, which must not exist; returns whether it succeeded. `isStripped`: without the symbols of the two
 * programs, which are 58 MB that only a debugger reads.
 */
export async function fillArchive(folder, { isStripped }) {
  const [bin, lib, share, docs] = ["bin", "lib", "share", "docs"].map((name) => join(folder, name));
  for (const path of [folder, bin, share, docs]) mkdirSync(path);
  if (!(await buildServer(lib))) return false;
  place(realpathSync("node_modules/.bin/node"), join(bin, "node"));
  if (isStripped && !(await strip([join(bin, "node"), join(lib, "workerd")]))) return false;
  writeFileSync(join(bin, "restante"), WRAPPER);
  chmodSync(join(bin, "restante"), 0o755);
  for (const name of readdirSync(EXAMPLES))
    if (name !== "README.md") copyFileSync(join(EXAMPLES, name), join(share, name));
  copyFileSync(join(EXAMPLES, "README.md"), join(folder, "README.md"));
  for (const name of DOCUMENTS) copyFileSync(join("docs", name), join(docs, name));
  copyFileSync("CHANGELOG.md", join(folder, "CHANGELOG.md"));
  copyFileSync("LICENSE", join(folder, "LICENSE"));
  writeFileSync(join(folder, "LICENSES.txt"), serverLicenses());
  return true;
}

/** Packs `name` in `parent`, with the same bytes for the same contents; `seconds`: the time of every file in it. */
export async function pack(parent, name, seconds) {
  const tar = join(parent, `${name}.tar`);
  const same = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", `--mtime=@${seconds}`, "--format=gnu"];
  const mode = "--mode=u+rwX,go+rX,go-w";
  if (!(await succeeds("tar", [...same, mode, "-C", parent, "-cf", tar, name]))) return false;
  rmSync(`${tar}.gz`, { force: true });
  return succeeds("gzip", ["-9n", tar]);
}

/** The programs' own files are links into node_modules, so each gets a copy without symbols. */
async function strip(paths) {
  if (which("strip") === undefined) {
    console.error("strip is missing: apt-get install binutils");
    return false;
  }
  for (const path of paths) {
    if ((await run("strip", ["-o", `${path}.stripped`, path])) !== 0) return false;
    rmSync(path);
    copyFileSync(`${path}.stripped`, path);
    rmSync(`${path}.stripped`);
    chmodSync(path, 0o755);
  }
  return true;
}

function place(from, to) {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

/** Why this machine can't build it, or null: the programs in it are those of this machine. */
export function machineProblem() {
  const isRight = process.platform === "linux" && process.arch === "x64";
  return isRight ? null : "The archive is built on Linux with an x64 processor.";
}

/** What belongs into it and is missing, in sentences. */
export function missingFiles() {
  const needed = ["restante.service", "Caddyfile", "nginx.conf", "Dockerfile", "README.md"];
  return needed.filter((name) => !existsSync(join(EXAMPLES, name))).map((name) => `${EXAMPLES}/${name} is missing.`);
}

/** The version of package.json. */
export function versionOf() {
  return JSON.parse(readFileSync("package.json", "utf8")).version;
}
