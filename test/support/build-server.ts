// Before the tests of project "node": builds the server folder that their servers run from, once for all.
import { join, resolve } from "node:path";
import process from "node:process";
import { buildServer, isCurrent } from "../../scripts/selfhost/build-server.mjs";

const ROOT = resolve(import.meta.dirname, "../..");

export default async function setup(): Promise<void> {
  const folder = join(ROOT, "node_modules/.cache/restante-server");
  process.chdir(ROOT);
  if (isCurrent(folder)) return;
  if (!(await buildServer(folder))) throw new Error("The server could not be built.");
}
