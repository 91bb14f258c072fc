// Builds the page into public/. wrangler runs it before `dev` and before `deploy`.
import { build } from "esbuild";

await build({
  entryPoints: ["src/page/page.ts"],
  outfile: "public/page.js",
  bundle: true,
  minify: true,
  sourcemap: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});
