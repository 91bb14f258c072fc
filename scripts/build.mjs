// Builds the web page into public/ and the package of the SDK into dist/, with the licences of their packages. The
// server serves the SDK, too, for pages without a build, and documents for programs. wrangler runs it before `dev` and
// `deploy`.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describedBy, withoutPlatform } from "./describe-api.mjs";
import { servedDocuments } from "./documents.mjs";
import { noticesOf, packagesOf } from "./licenses.mjs";
import { buildPackage, ENTRIES } from "./package.mjs";

/** Maximum bytes of the web page with the SDK, gzipped: three seconds on a slow line. */
const MAX_PAGE_BYTES = 60_000;
const PAGE = "public/page.js";
/** The account's dialog, loaded when it is opened; and what it and the page have in common, loaded with the page. */
const ACCOUNT = "public/account.js";
const SHARED = "public/shared.js";
const MAX_ACCOUNT_BYTES = 10_000;
const STATUS = "public/status.js";
/** What the page loads when it is needed, or after the rest: files of their own, each with its limit in bytes, gzipped. */
const LAZY = new Map([
  ["links", 6_000],
  ["qr", 6_000],
  ["skeleton", 10_000],
]);

/** What the page is made of: the service worker keeps it. */
const SHELL = ["/", "/page.js", "/shared.js", "/account.js", "/page.css", "/account.css"];
SHELL.push("/manifest.webmanifest", "/icon.svg");
for (const name of LAZY.keys()) SHELL.push(`/${name}.js`);

/**
 * Wrong types of the SDK fail the build. Not the one before a server starts: while somebody works on the SDK, the
 * server starts as it does for the web page.
 */
const IS_STRICT = process.argv.includes("--strict");

/** The viewer of the API's description at /api/docs, served unchanged from here. */
const VIEWER = ["swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css"];
const VIEWER_FROM = "node_modules/swagger-ui-dist";

/** Licences of the packages in the Worker, the web page and the SDK. */
const SERVED_LICENSES = "public/licenses.txt";

const options = {
  bundle: true,
  minify: true,
  sourcemap: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
  metafile: true,
  write: false,
};

/** Dynamic imports of the page stay: the browser loads those files. */
const lazily = {
  name: "lazily",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\// }, ({ kind, path }) => {
      if (kind !== "dynamic-import") return;
      if (path === "./account.tsx") return { path: "/account.js", external: true };
      const name = /^\.\/(.+)\.ts$/.exec(path)?.[1];
      if (!LAZY.has(name)) return { errors: [{ text: `scripts/build.mjs does not build ${path}` }] };
      return { path: `/${name}.js`, external: true };
    });
  },
};

/** Bundles one entry; returns the folders of its packages. */
async function bundle(entry, outfile) {
  const { outputFiles, metafile } = await build({ ...options, entryPoints: [entry], outfile });
  for (const { path, contents } of outputFiles) writeIfChanged(path, contents);
  return packagesOf(metafile);
}

/** Bundles the page and its account, which must have one state: what both need is a file of its own. */
async function bundlePage() {
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: { page: "src/web/main.tsx", account: "src/web/account.tsx" },
    outdir: "public",
    splitting: true,
    chunkNames: "shared",
    plugins: [lazily],
  });
  for (const { path, contents } of outputFiles) writeIfChanged(path, contents);
  return packagesOf(metafile);
}

/** The Worker, which wrangler bundles: here for the folders of its packages, and for its description of the API. */
async function bundleWorker() {
  const runtime = { external: ["node:*"], conditions: ["workerd", "worker", "browser"], plugins: [withoutPlatform] };
  const { outputFiles, metafile } = await build({
    ...options,
    ...runtime,
    sourcemap: false,
    entryPoints: ["src/worker.ts"],
  });
  return { packages: packagesOf(metafile), description: await describedBy(outputFiles[0].contents) };
}

/** Writes a file atomically, and only if it has changed: several servers of this folder may build at once. */
function writeIfChanged(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(contents))) return;
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}`;
  writeFileSync(part, contents);
  renameSync(part, path);
}

const [page, status, sdk, worker, ...lazy] = await Promise.all([
  bundlePage(),
  bundle("src/web/status/status.tsx", STATUS),
  buildPackage(),
  bundleWorker(),
  ...[...LAZY.keys()].map((name) => bundle(`src/web/${name}.ts`, `public/${name}.js`)),
]);
for (const [name, contents] of sdk.files) writeIfChanged(`dist/${name}`, contents);
for (const [name, contents] of servedOf(sdk.files)) writeIfChanged(`public/${name}`, contents);
for (const [name, text] of servedDocuments()) writeIfChanged(`public/${name}`, Buffer.from(text));
for (const file of VIEWER) writeIfChanged(`public/api/docs/${file}`, readFileSync(`${VIEWER_FROM}/${file}`));
writeIfChanged("public/api/openapi.json", Buffer.from(worker.description));
const served = new Set([
  ...page,
  ...lazy.flatMap((found) => [...found]),
  ...status,
  ...sdk.packages,
  ...worker.packages,
  VIEWER_FROM,
]);
writeIfChanged(
  SERVED_LICENSES,
  Buffer.from(noticesOf(served, "Restante (MIT), and the code of others in what this server runs and serves:")),
);

writeIfChanged("public/shell.json", Buffer.from(shellOf(SHELL)));

if (sdk.typeErrors !== "") {
  console.error(sdk.typeErrors);
  if (IS_STRICT) process.exitCode = 1;
}
for (const { name, maxBytes } of ENTRIES) checkSize(name, sdk.sizes.get(name), maxBytes);
checkSize(`${PAGE} and ${SHARED}`, sizeOf(PAGE) + sizeOf(SHARED), MAX_PAGE_BYTES);
checkSize(ACCOUNT, sizeOf(ACCOUNT), MAX_ACCOUNT_BYTES);
for (const [name, maxBytes] of LAZY) checkSize(`public/${name}.js`, sizeOf(`public/${name}.js`), maxBytes);

/** What the server serves of the package: of its files the smallest, under their plain names. */
function servedOf(files) {
  const [map, types] = [files.get("restante.min.js.map"), files.get("restante.d.ts")];
  const text = Buffer.from(files.get("restante.min.js")).toString();
  return [
    ["restante.js", text.replace(/restante\.min\.js\.map$/m, "restante.js.map")],
    ["restante.js.map", map],
    ["restante.d.ts", types],
  ];
}

function sizeOf(path) {
  return gzipSync(readFileSync(path), { level: 9 }).length;
}

/** The files of the page with their hashes: the service worker keeps all of one version, or none. */
function shellOf(paths) {
  const hashOf = (content) => createHash("sha256").update(content).digest("hex");
  const files = paths.map((path) => [path, hashOf(readFileSync(`public${path === "/" ? "/index.html" : path}`))]);
  return JSON.stringify({ version: hashOf(JSON.stringify(files)).slice(0, 16), files: Object.fromEntries(files) });
}

function checkSize(name, bytes, maxBytes) {
  console.log(`${name}: ${bytes} bytes gzipped, of at most ${maxBytes}`);
  if (bytes <= maxBytes) return;
  console.error(`${name} has grown too large.`);
  process.exitCode = 1;
}
