// Builds the page into public/ and the SDK into dist/, one file each. wrangler runs it before `dev` and before `deploy`.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Bytes of the SDK, gzipped: it is loaded before a page can show anything. */
const SDK_BYTES = 15_600;
const SDK = "dist/restante.js";
/** Bytes of the page with the SDK in it, gzipped: on a slow line that is three seconds. */
const PAGE_BYTES = 60_000;
const PAGE = "public/page.js";
const STATUS = "public/status.js";

/** What shows the API's description at /api/docs, served from here as it is. */
const VIEWER = ["swagger-ui-bundle.js", "swagger-ui.css"];

const options = {
  bundle: true,
  minify: true,
  sourcemap: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
  write: false,
};

async function make(entry, outfile) {
  const { outputFiles } = await build({ ...options, entryPoints: [entry], outfile });
  for (const { path, contents } of outputFiles) put(path, contents);
}

/** Whole or not at all, and only what has changed: several servers of this folder may start, and build, at once. */
function put(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}`;
  writeFileSync(part, contents);
  renameSync(part, path);
}

await Promise.all([
  make("src/page/main.tsx", PAGE),
  make("src/page/status/status.tsx", STATUS),
  make("src/client/connect.ts", SDK),
]);
for (const file of VIEWER) put(`public/api/docs/${file}`, readFileSync(`node_modules/swagger-ui-dist/${file}`));

measure(SDK, SDK_BYTES);
measure(PAGE, PAGE_BYTES);

function measure(path, most) {
  const bytes = gzipSync(readFileSync(path), { level: 9 }).length;
  console.log(`${path}: ${bytes} bytes gzipped, of at most ${most}`);
  if (bytes <= most) return;
  console.error(`${path} has grown too large.`);
  process.exitCode = 1;
}
