// Builds the page into public/ and the SDK into dist/, one file each. wrangler runs it before `dev` and before `deploy`.
import { readFileSync } from "node:fs";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Bytes of the SDK, gzipped: it is loaded before a page can show anything. */
const SDK_BYTES = 15_000;
const SDK = "dist/restante.js";

const common = {
  bundle: true,
  minify: true,
  sourcemap: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
};

await Promise.all([
  build({ ...common, entryPoints: ["src/page/page.ts"], outfile: "public/page.js" }),
  build({ ...common, entryPoints: ["src/client/connect.ts"], outfile: SDK }),
]);

const bytes = gzipSync(readFileSync(SDK), { level: 9 }).length;
console.log(`${SDK}: ${bytes} bytes gzipped, of at most ${SDK_BYTES}`);
if (bytes > SDK_BYTES) {
  console.error("The SDK has grown too large.");
  process.exit(1);
}
