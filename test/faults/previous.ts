// The release before, as it was built: the SDK as a page or a process still has it that was opened before a deploy, and the Worker that a
// deploy replaces and a rollback brings back. Kept as files, because it is what was shipped that has to get along with what is here.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { makeFolder } from "../../bench/machine/processes.ts";
import { type Code, product } from "./bundle.ts";
import type { Sdk } from "./person.ts";

/** The SDK of then. */
export async function previousSdk(): Promise<Sdk> {
  const file = join(makeFolder(), "restante.js");
  writeFileSync(file, textOf("restante.js.gz"));
  return (await import(pathToFileURL(file).href)) as Sdk;
}

/** The Worker of then, with the configuration of now. */
export async function previousCode(): Promise<Code> {
  return { ...(await product()), modules: [{ name: "worker.js", text: textOf("worker.js.gz") }] };
}

function textOf(name: string): string {
  return gunzipSync(readFileSync(join(import.meta.dirname, "previous", name))).toString();
}
