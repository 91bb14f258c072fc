// The previous release as it was built: the SDK that pages and processes run which were opened before a deploy, and the
// Worker that a deploy replaces and a rollback restores. They are kept as built files, because the shipped code has to
// work with the current code.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { makeFolder } from "../../bench/machine/processes.ts";
import { type WorkerCode, builtWorker } from "./bundle.ts";
import type { Sdk } from "./test-client.ts";

/** The SDK of the previous release. */
export async function previousSdk(): Promise<Sdk> {
  const file = join(makeFolder(), "restante.js");
  writeFileSync(file, textOf("restante.js.gz"));
  return (await import(pathToFileURL(file).href)) as Sdk;
}

/** The Worker of the previous release, with the current configuration. */
export async function previousCode(): Promise<WorkerCode> {
  return { ...(await builtWorker()), modules: [{ name: "worker.js", text: textOf("worker.js.gz") }] };
}

function textOf(name: string): string {
  return gunzipSync(readFileSync(join(import.meta.dirname, "previous", name))).toString();
}
