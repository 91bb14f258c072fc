// Builds the page into public/ and the SDK into dist/, one file each, and writes beside them whose code is in them. wrangler runs it
// before `dev` and before `deploy`.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { noticesOf, packagesOf } from "./licenses.mjs";

/** Bytes of the SDK, gzipped: it is loaded before a page can show anything. */
const SDK_BYTES = 15_600;
const SDK = "dist/restante.js";
/** Bytes of the page with the SDK in it, gzipped: on a slow line that is three seconds. */
const PAGE_BYTES = 60_000;
const PAGE = "public/page.js";
const STATUS = "public/status.js";

/** What shows the API's description at /api/docs, served from here as it is. */
const VIEWER = ["swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css"];
const VIEWER_FROM = "node_modules/swagger-ui-dist";

/** Other people's code in what is served and in what serves it; and in the SDK. */
const SERVED_LICENSES = "public/licenses.txt";
const SDK_LICENSES = "dist/LICENSES.txt";

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

/** The folders of the packages that are in it. */
async function make(entry, outfile) {
  const { outputFiles, metafile } = await build({ ...options, entryPoints: [entry], outfile });
  for (const { path, contents } of outputFiles) put(path, contents);
  return packagesOf(metafile);
}

/** The same of the Worker, which wrangler bundles. */
async function packagesOfWorker() {
  const runtime = { external: ["cloudflare:*", "node:*"], conditions: ["workerd", "worker", "browser"] };
  const { metafile } = await build({ ...options, ...runtime, sourcemap: false, entryPoints: ["src/worker.ts"] });
  return packagesOf(metafile);
}

/** Whole or not at all, and only what has changed: several servers of this folder may start, and build, at once. */
function put(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}`;
  writeFileSync(part, contents);
  renameSync(part, path);
}

const [page, status, sdk, worker] = await Promise.all([
  make("src/web/main.tsx", PAGE),
  make("src/web/status/status.tsx", STATUS),
  make("src/client/connect.ts", SDK),
  packagesOfWorker(),
]);
for (const file of VIEWER) put(`public/api/docs/${file}`, readFileSync(`${VIEWER_FROM}/${file}`));
const served = new Set([...page, ...status, ...worker, VIEWER_FROM]);
put(
  SERVED_LICENSES,
  Buffer.from(noticesOf(served, "Restante (MIT), and the code of others in what this server runs and serves:")),
);
put(SDK_LICENSES, Buffer.from(noticesOf(sdk, "The code of others in restante.js:")));

measure(SDK, SDK_BYTES);
measure(PAGE, PAGE_BYTES);

function measure(path, most) {
  const bytes = gzipSync(readFileSync(path), { level: 9 }).length;
  console.log(`${path}: ${bytes} bytes gzipped, of at most ${most}`);
  if (bytes <= most) return;
  console.error(`${path} has grown too large.`);
  process.exitCode = 1;
}
