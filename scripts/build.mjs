// Builds the web page into public/ and the SDK into dist/, one file each, with the licences of their packages. The
// server serves the SDK too, with its types in one file. wrangler runs it before `dev` and `deploy`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { declarationFile } from "./declarations.mjs";
import { noticesOf, packagesOf } from "./licenses.mjs";

/** Maximum bytes of the SDK, gzipped: a page loads it before it can show anything. */
const MAX_SDK_BYTES = 23_700;
const SDK = "dist/restante.js";
/** Maximum bytes of the hooks for React, gzipped, beside the SDK: each is a few lines over its state. */
const MAX_REACT_BYTES = 2_000;
const REACT = "dist/react.js";
/** The store for Node.js, without the SDK. */
const NODE = "dist/node.js";
/** The same for pages without a build, which import it from the server. */
const SERVED_SDK = "public/restante.js";
const SERVED_TYPES = "public/restante.d.ts";
/** Maximum bytes of the web page with the SDK, gzipped: three seconds on a slow line. */
const MAX_PAGE_BYTES = 60_000;
const PAGE = "public/page.js";
const STATUS = "public/status.js";

/** The viewer of the API's description at /api/docs, served unchanged from here. */
const VIEWER = ["swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css"];
const VIEWER_FROM = "node_modules/swagger-ui-dist";

/** Licences of the packages in the Worker and the web page, and in the SDK. */
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

/** The hooks import React of the application, and the SDK beside them: of each there is one in a page. */
const REACT_OPTIONS = {
  external: ["react"],
  banner: { js: '"use client";' },
  plugins: [
    {
      name: "the SDK beside it",
      setup: ({ onResolve }) => {
        onResolve({ filter: /\/client\/connect\.ts$/ }, () => ({ path: "./restante.js", external: true }));
      },
    },
  ],
};

/** Bundles one entry; returns the folders of its packages. */
async function bundle(entry, outfile, more = {}) {
  const { outputFiles, metafile } = await build({ ...options, ...more, entryPoints: [entry], outfile });
  for (const { path, contents } of outputFiles) writeIfChanged(path, contents);
  return packagesOf(metafile);
}

/** The folders of the packages in the Worker, which wrangler bundles. */
async function packagesOfWorker() {
  const runtime = { external: ["cloudflare:*", "node:*"], conditions: ["workerd", "worker", "browser"] };
  const { metafile } = await build({ ...options, ...runtime, sourcemap: false, entryPoints: ["src/worker.ts"] });
  return packagesOf(metafile);
}

/** Writes a file atomically, and only if it has changed: several servers of this folder may build at once. */
function writeIfChanged(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}`;
  writeFileSync(part, contents);
  renameSync(part, path);
}

/** The types of the SDK in one file. A folder of its own: several servers of this folder may build at once. */
function typesOfSdk() {
  const folder = mkdtempSync(join(tmpdir(), "restante-types-"));
  try {
    const flags = ["-p", "tsconfig.sdk.json", "--outDir", folder];
    const { status, stdout } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", ...flags]);
    if (status !== 0) console.error(String(stdout));
    return declarationFile(join(folder, "client/connect.d.ts"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [page, status, sdk, , worker] = await Promise.all([
  bundle("src/web/main.tsx", PAGE),
  bundle("src/web/status/status.tsx", STATUS),
  bundle("src/client/connect.ts", SDK),
  bundle("src/node/node-store.ts", NODE, { external: ["node:*"], minify: false }),
  packagesOfWorker(),
  bundle("src/react/react.ts", REACT, REACT_OPTIONS),
]);
for (const end of ["", ".map"]) writeIfChanged(`${SERVED_SDK}${end}`, readFileSync(`${SDK}${end}`));
writeIfChanged(SERVED_TYPES, Buffer.from(typesOfSdk()));
for (const file of VIEWER) writeIfChanged(`public/api/docs/${file}`, readFileSync(`${VIEWER_FROM}/${file}`));
const served = new Set([...page, ...status, ...sdk, ...worker, VIEWER_FROM]);
writeIfChanged(
  SERVED_LICENSES,
  Buffer.from(noticesOf(served, "Restante (MIT), and the code of others in what this server runs and serves:")),
);
writeIfChanged(SDK_LICENSES, Buffer.from(noticesOf(sdk, "The code of others in restante.js:")));

checkSize(SDK, MAX_SDK_BYTES);
checkSize(REACT, MAX_REACT_BYTES);
checkSize(PAGE, MAX_PAGE_BYTES);

function checkSize(path, maxBytes) {
  const bytes = gzipSync(readFileSync(path), { level: 9 }).length;
  console.log(`${path}: ${bytes} bytes gzipped, of at most ${maxBytes}`);
  if (bytes <= maxBytes) return;
  console.error(`${path} has grown too large.`);
  process.exitCode = 1;
}
