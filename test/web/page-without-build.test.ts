// The SDK as the server serves it, for pages without a build: with headers under which any page may load it, its types,
// and the example of docs/SDK.md in real Chromium, on another origin.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { type Server, startServer } from "../support/servers.ts";

const ROOT = resolve(import.meta.dirname, "../..");

let browser: Browser;
let server: Server;
let site: HttpServer;
let html = "";

beforeAll(async () => {
  site = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(html));
  await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
  const ALLOWED_ORIGINS = `http://localhost:${(site.address() as AddressInfo).port}`;
  [browser, server] = await Promise.all([
    startBrowser(),
    startServer({ AUTH: "accounts", REQUESTS: "off", ALLOWED_ORIGINS }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  site?.close();
});

const post = async (path: string, body: unknown, token?: string) => {
  const headers: HeadersInit = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(`${server.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return (await response.json()) as Record<string, string>;
};

const claim = async (userName: string) => (await post("/api/accounts", { userName }))["token"] ?? "";

test.each([
  ["/restante.js", /^text\/javascript/],
  ["/restante.js.map", /^application\/json/],
  ["/restante.d.ts", /^application\/typescript/],
])("any page may load %s, and asks each time whether it has changed", async (path, type) => {
  const { status, headers } = await fetch(`${server.url}${path}`, { headers: { Origin: "https://evil.test" } });
  expect([status, headers.get("Content-Type")]).toEqual([200, expect.stringMatching(type)]);
  expect(headers.get("Access-Control-Allow-Origin")).toBe("*");
  expect(headers.get("Cross-Origin-Resource-Policy")).toBe("cross-origin");
  expect(headers.get("Cache-Control")).toContain("must-revalidate");
  const again = await fetch(`${server.url}${path}`, { headers: { "If-None-Match": headers.get("ETag") ?? "" } });
  expect(again.status).toBe(304);
});

test("nothing else of the page may be loaded by pages of other origins", async () => {
  for (const path of ["/", "/page.js", "/status.js", "/restantes.js"]) {
    const { headers } = await fetch(`${server.url}${path}`, { headers: { Origin: "https://evil.test" } });
    expect([path, headers.get("Access-Control-Allow-Origin")]).toEqual([path, null]);
  }
});

test("the served SDK names its map and its types, and is the file of the package", async () => {
  const response = await fetch(`${server.url}/restante.js`);
  expect(response.headers.get("X-TypeScript-Types")).toBe("/restante.d.ts");
  const text = await response.text();
  expect(text).toMatch(/\/\/# sourceMappingURL=restante\.js\.map\s*$/);
  const minified = readFileSync(join(ROOT, "dist/restante.min.js"), "utf8");
  expect(text.replace("restante.js.map", "restante.min.js.map")).toBe(minified);
});

test("an application compiles with the served types, and they say what the package's say", async () => {
  const folder = mkdtempSync(join(tmpdir(), "restante-served-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const types = await (await fetch(`${server.url}/restante.d.ts`)).text();
  expect(types).toMatch(/\/\*\* [^\n]* \*\/\n +resend\(/);
  writeFileSync(join(folder, "restante.d.ts"), types);
  writeFileSync(
    join(folder, "app.ts"),
    `import { connect, Refused, type Message, type Restante } from "./restante.js";
const me: Restante = connect({ url: "http://localhost:8787", userName: "alice", since: "now" });
const last: Message | undefined = me.messages.with("bob").value.at(-1);
const { is } = await me.send("bob", { text: "hi" }).reached("stored");
console.log(last, is satisfies "sending" | "queued" | "stored" | "delivered" | "read" | "failed", Refused);
// @ts-expect-error -- A body is JSON.
me.send("bob", () => 1);
`,
  );
  const flags = "--ignoreConfig --strict --noEmit --target es2024 --module esnext --moduleResolution bundler".split(
    " ",
  );
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const run = spawnSync(process.execPath, [tsc, ...flags, "--lib", "es2024,dom", "--types", "", "app.ts"], {
    cwd: folder,
    encoding: "utf8",
  });
  expect([run.status, run.stdout]).toEqual([0, ""]);
});

test("the page of docs/SDK.md sends and shows messages, on another origin", async () => {
  const [alice, bob] = [await claim("alice"), await claim("bob")];
  const guide = readFileSync(join(ROOT, "docs/SDK.md"), "utf8");
  const example = /```html\n(<!doctype html>.*?)```/s.exec(guide)?.[1] ?? "";
  expect(example.trim().split("\n").length).toBeLessThanOrEqual(11);
  html = example
    .replaceAll("https://chat.example", server.url.replace("127.0.0.1", "localhost"))
    .replace("rst1.…", alice);
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => void complaints.push(error.message));
  page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
  await page.goto(`http://localhost:${(site.address() as AddressInfo).port}/`);
  await page.locator("#text").fill("hello");
  await page.locator("#text").press("Enter");
  await page.getByText("alice: hello").waitFor();
  await post("/api/messages", { to: "alice", body: "hi" }, bob);
  await page.getByText("bob: hi").waitFor();
  // What the server has not confirmed yet is shown last.
  expect((await page.locator("#list").innerText()).split("\n").toSorted()).toEqual(["alice: hello", "bob: hi"]);
  expect(complaints.filter((text) => !text.includes("favicon"))).toEqual([]);
});
