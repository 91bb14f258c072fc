// The SDK passes the conformance cases.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { expectConformance } from "./expect-conformance.ts";

const ADAPTER = "test/conformance/adapters/sdk.ts";
/** Node.js keeps the compiled modules here: a process starts with a quarter of the CPU. */
const cache = mkdtempSync(join(tmpdir(), "restante-compiled-"));

afterAll(() => rmSync(cache, { recursive: true, force: true }));

/** Runs the adapter once to its end, which writes the cache; then the command. */
async function command(): Promise<string> {
  const env = { ...process.env, NODE_COMPILE_CACHE: cache };
  await new Promise<void>((done) => execFile("node", [ADAPTER], { env }, () => done()).stdin?.end());
  return `NODE_COMPILE_CACHE=${cache} node ${ADAPTER}`;
}

expectConformance("the SDK", command);
