// Makes public/api/openapi.json, which is then served as a file: an isolate of the Worker would need 98 ms of CPU for
// it, and a free plan has 10 ms for a request (measured 2026-11-28). The Worker itself is asked for it, so there is one
// description.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What the Worker imports of the platform. AUTH, because without it the log warns. */
const PLATFORM = `
export class DurableObject {}
export class WorkerEntrypoint {}
export const env = { AUTH: "accounts" };
export const waitUntil = () => {};
`;

/** For esbuild: a Worker that can be loaded here. It serves nothing but descriptions. */
export const withoutPlatform = {
  name: "without-platform",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^cloudflare:/ }, ({ path }) => ({ path, namespace: "platform" }));
    onLoad({ filter: /.*/, namespace: "platform" }, () => ({ contents: PLATFORM }));
  },
};

/** The description, by the Worker in this text. */
export async function describedBy(worker) {
  const folder = mkdtempSync(join(tmpdir(), "restante-build-"));
  try {
    const file = join(folder, "worker.mjs");
    writeFileSync(file, worker);
    const { default: app } = await import(pathToFileURL(file).href);
    const response = await app.fetch(new Request("http://localhost/api/openapi.json"), { AUTH: "accounts" });
    if (!response.ok) throw new Error(`The Worker answered ${response.status} for its description.`);
    return await response.text();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
