// A project of an application, with nothing but the package in it, built for one test.
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const ROOT = resolve(import.meta.dirname, "../..");

/** The folder of a new project that has the package and these files of the repository. */
export async function exampleProject(...files: string[]): Promise<string> {
  const project = mkdtempSync(join(tmpdir(), "restante-example-"));
  const home = join(project, "node_modules/restante");
  mkdirSync(home, { recursive: true });
  cpSync(join(ROOT, "package.json"), join(home, "package.json"));
  const options = { bundle: true, format: "esm", target: "es2022", logLevel: "warning" } as const;
  const built = (entry: string, name: string) =>
    build({ ...options, external: ["node:*"], entryPoints: [join(ROOT, entry)], outfile: join(home, "dist", name) });
  await Promise.all([built("src/client/connect.ts", "restante.js"), built("src/node/node-store.ts", "node.js")]);
  writeFileSync(join(project, "package.json"), `{ "type": "module" }`);
  for (const file of files) cpSync(join(ROOT, file), join(project, file.split("/").at(-1) ?? file));
  return project;
}
