// The SDK as its users get it: the bundle, built for a test into a folder of its own.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const ROOT = resolve(import.meta.dirname, "../..");

/** Bundles a file of this project; the path of what was made. */
export async function bundle(entry: string): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), "restante-bundle-")), "bundle.js");
  await build({ entryPoints: [join(ROOT, entry)], outfile, bundle: true, format: "esm", target: "es2022" });
  return outfile;
}
