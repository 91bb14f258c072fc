// The SDK as it is shipped: a bundle, built for one test into a temporary folder.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const ROOT = resolve(import.meta.dirname, "../..");

/** Bundles a file of this project; returns the path of the bundle. */
export async function bundle(entry: string): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), "restante-bundle-")), "bundle.js");
  await build({ entryPoints: [join(ROOT, entry)], outfile, bundle: true, format: "esm", target: "es2022" });
  return outfile;
}
