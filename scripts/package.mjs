// Builds the package `restante` in dist/, as npm publishes it: of each entry point the module to read, to require and
// to put on a page, its types in one file, its package.json, and documents whose links lead nowhere else.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { withoutDeadLinks } from "./documents.mjs";
import { flatTypes } from "./flat-types.ts";
import { noticesOf, packagesOf } from "./licenses.mjs";

/**
 * The entry points that `exports` of package.json names. `maxBytes`: minified and gzipped, without what another entry
 * point has. Answers: a page that loads for long before it can show anything.
 */
export const ENTRIES = [
  { name: "restante", source: "src/client/connect.ts", maxBytes: 25_300 },
  { name: "node", source: "src/node/node-store.ts", maxBytes: 4_000 },
  { name: "react", source: "src/react/react.ts", maxBytes: 2_000, banner: '"use client";' },
  { name: "testing", source: "src/testing/testing.ts", maxBytes: 8_000 },
];
const [CORE] = ENTRIES;

/** The fields that it has in common with the package.json of the repository. */
const PUBLISHED = [
  "name",
  "version",
  "description",
  "keywords",
  "license",
  "type",
  "sideEffects",
  "peerDependencies",
  "peerDependenciesMeta",
];

/** What an application on Node.js needs; the commands of the repository run on older ones, too. */
const ENGINES = { node: ">=22" };

/** Documents: the name in the package, and where it comes from. */
const DOCUMENTS = [
  ["README.md", "docs/PACKAGE.md"],
  ["SDK.md", "docs/SDK.md"],
  ["LICENSE", "LICENSE"],
];

const OPTIONS = { bundle: true, sourcemap: true, target: "es2022", logLevel: "warning", metafile: true, write: false };

/**
 * The package: the files of dist/ with their contents, the folders of the packages that are in the bundles, and the
 * bytes of each entry point, minified and gzipped. `typeErrors`: what the compiler says of its types, or an empty text.
 */
export async function buildPackage() {
  const [types, ...bundles] = await Promise.all([typesOf(ENTRIES), ...ENTRIES.flatMap(bundlesOf)]);
  const packages = new Set(bundles.flatMap(({ metafile }) => [...packagesOf(metafile)]));
  const built = new Map(
    bundles.flatMap(({ outputFiles }) => outputFiles.map(({ path, contents }) => [basename(path), contents])),
  );
  const sizes = new Map(ENTRIES.map(({ name }) => [name, gzipSync(built.get(`${name}.min.js`), { level: 9 }).length]));
  const files = new Map([
    // The others need the core beside them, so no page loads one of them alone.
    ...[...built].filter(([name]) => name.startsWith(CORE.name) || !name.includes(".min.")),
    ...types.files,
    ...(packages.size > 0 ? [["LICENSES.txt", noticesOf(packages, "The code of others in the package:")]] : []),
  ]);
  const names = [...files.keys(), ...DOCUMENTS.map(([name]) => name)].toSorted();
  const isThere = (file) => names.includes(file);
  for (const [name, from] of DOCUMENTS) files.set(name, withoutDeadLinks(readFileSync(from, "utf8"), isThere));
  files.set("package.json", `${JSON.stringify(manifest(names), null, 2)}\n`);
  return { files, packages, sizes, typeErrors: types.errors };
}

/** The three forms of an entry point: to import, to require, to put on a page. */
function bundlesOf({ name, source, banner = "" }) {
  const form = (extension, format, minify) =>
    build({
      ...OPTIONS,
      // Where nothing is minified, the text itself is what a map would show.
      sourcemap: format === "esm",
      format,
      minify,
      entryPoints: [source],
      // Beside src/, so that the sources in its map are inside the package.
      outfile: `${name}${extension}`,
      banner: { js: banner },
      external: ["node:*", "react"],
      plugins: source === CORE.source ? [] : [coreOutside(`./${CORE.name}${extension}`)],
    });
  return [form(".js", "esm", false), form(".cjs", "cjs", false), form(".min.js", "esm", true)];
}

/** Each entry point that imports the core loads the same module: so its classes are the same in all of them. */
function coreOutside(path) {
  return {
    name: "core-outside",
    setup({ onResolve }) {
      onResolve({ filter: /\/connect\.ts$/ }, ({ path: target, resolveDir }) =>
        resolve(resolveDir, target) === resolve(CORE.source) ? { path, external: true } : undefined,
      );
    },
  };
}

/** The types of each entry point as one file, for `import` and for `require`; and what the compiler says of them. */
export async function typesOf(entries) {
  const folder = mkdtempSync(join(tmpdir(), "restante-types-"));
  try {
    const tsc = "node_modules/typescript/bin/tsc";
    const compiled = promisify(execFile)(process.execPath, [tsc, "-p", "tsconfig.sdk.json", "--outDir", folder]);
    // The compiler writes them in any case.
    const errors = await compiled.then(
      () => "",
      ({ stdout, stderr }) => `${stdout}${stderr}`,
    );
    const declarations = ({ source }) => join(folder, source.replace(/^src\//, "").replace(/\.tsx?$/, ".d.ts"));
    const files = entries.flatMap((entry) =>
      ["js", "cjs"].map((extension) => {
        const core = { specifier: `./${CORE.name}.${extension}`, entry: declarations(CORE) };
        const text = flatTypes(declarations(entry), entry === CORE ? undefined : core);
        return [`${entry.name}.d.${extension === "js" ? "ts" : "cts"}`, text];
      }),
    );
    return { files, errors };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The package.json of the package: that of the repository has what its own commands need, and the same `exports`, where
 * `module-sync` is for what can require a module, as Node.js 22.12 can, so that a process has the core once, imported
 * or required; `require` is for what can't, as Jest.
 */
function manifest(files) {
  const all = readJson("package.json");
  const about = Object.fromEntries(PUBLISHED.map((field) => [field, all[field]]));
  const exports = JSON.parse(JSON.stringify(all.exports).replaceAll('"./dist/', '"./'));
  return { ...about, engines: ENGINES, exports, files };
}

function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}
