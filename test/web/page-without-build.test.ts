// `/restante.js` of a server, for a page that has no build: on the server's own origin and on another one, and in Deno,
// with its types.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { OPEN, type Server, startServer } from "../support/servers.ts";

const DENO = resolve(import.meta.dirname, "../../node_modules/.bin/deno");

let browser: Browser;
let server: Server;
let page: HttpServer;
let origin: string;

/** Two users on one page: a message there, and its receipt back. */
const pageOf = (url: string) => `<!doctype html><meta charset="utf-8"><title></title><script type="module">
import { connect } from "${url}/restante.js";
const alice = connect({ url: "${url}", userName: "alice" });
const bob = connect({ url: "${url}", userName: "bob" });
const sent = alice.send("bob", "hello");
for await (const { from, body } of bob.messages) {
  bob.read(from);
  await sent.reached("read");
  document.title = from + ": " + body;
  break;
}
</script>`;

beforeAll(async () => {
  page = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(pageOf(server.url)));
  await new Promise<void>((done) => page.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
  [browser, server] = await Promise.all([startBrowser(), startServer({ ...OPEN, ALLOWED_ORIGINS: origin })]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  page?.close();
});

test("a page of another origin imports it, without a build", async () => {
  const tab = await browser.newPage();
  await tab.goto(origin);
  await tab.waitForFunction(() => document.title !== "");
  expect(await tab.title()).toBe("alice: hello");
});

test("it comes with its map, and any page may read it", async () => {
  const { headers, status } = await fetch(`${server.url}/restante.js`);
  expect(status).toBe(200);
  expect(headers.get("Content-Type")).toContain("javascript");
  expect(headers.get("Access-Control-Allow-Origin")).toBe("*");
  expect(headers.get("Cross-Origin-Resource-Policy")).toBe("cross-origin");
  expect(headers.get("Cache-Control")).toContain("must-revalidate");
  expect((await fetch(`${server.url}/restante.min.js.map`)).status).toBe(200);
  // Everything else stays the server's own.
  const other = await fetch(`${server.url}/page.js`);
  expect(other.headers.get("Access-Control-Allow-Origin")).toBeNull();
  expect(other.headers.get("Cross-Origin-Resource-Policy")).toBe("same-origin");
});

test("Deno finds its types", async () => {
  const folder = mkdtempSync(join(tmpdir(), "restante-deno-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = (type: string) => `import { connect } from "${server.url}/restante.js";
const me = connect({ url: "${server.url}", userName: "carol" });
console.log(me.user satisfies ${type});
await me.close();
`;
  writeFileSync(join(folder, "string.ts"), program("string"));
  writeFileSync(join(folder, "number.ts"), program("number"));
  const env = { ...process.env, DENO_DIR: join(folder, "cache"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  const run = (file: string) =>
    promisify(execFile)(existsSync(DENO) ? DENO : "deno", ["run", "-A", "--check", "--no-lock", file], {
      cwd: folder,
      env,
    });
  expect((await run("string.ts")).stdout).toBe("carol\n");
  await expect(run("number.ts")).rejects.toThrow("TS1360");
});
