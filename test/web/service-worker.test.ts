// The service worker of the page, in a real browser, with a server that fails in every way: the page, its script and its
// style are always of one version, and of this server.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startBrowser } from "../support/browser.ts";

const WORKER = readFileSync("public/worker.js", "utf8");
const TYPES = { html: "text/html", js: "text/javascript", css: "text/css", json: "application/json" };

let browser: Browser;
let server: Server;
let page: Page;
/** What the server has, and how it answers beside that. */
let files: ReadonlyMap<string, string>;
let answer: (path: string, response: ServerResponse) => boolean;

/** A page that shows the version of each of its three files. */
function version(name: string): Map<string, string> {
  const content = new Map([
    [
      "/",
      `<!doctype html><link rel="stylesheet" href="/page.css"><script type="module" src="/page.js"></script><body>${name}`,
    ],
    [
      "/page.js",
      `document.body.append(" ${name} ", getComputedStyle(document.body).getPropertyValue("--version"));
       navigator.serviceWorker.register("/worker.js").then(() => navigator.serviceWorker.ready);`,
    ],
    ["/page.css", `body { --version: ${name}; }`],
  ]);
  const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
  const hashes = Object.fromEntries([...content].map(([path, text]) => [path, hashOf(text)]));
  return content.set("/shell.json", JSON.stringify({ version: name, files: hashes }));
}

const text = () => page.locator("body").innerText();

async function open(): Promise<string> {
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return text();
}

beforeAll(async () => {
  browser = await startBrowser();
  server = createServer(({ url = "/" }, response) => {
    if (answer(url, response)) return;
    const content = url === "/worker.js" ? WORKER : files.get(url);
    const type = url === "/" ? "html" : (url.split(".").at(-1) as keyof typeof TYPES);
    response.writeHead(content === undefined ? 404 : 200, { "Content-Type": TYPES[type] ?? "text/plain" });
    response.end(content);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});

afterAll(async () => {
  await browser.close();
  server.closeAllConnections();
  server.close();
});

beforeEach(async () => {
  files = version("A");
  answer = () => false;
  page = await (await browser.newContext()).newPage();
  expect(await open()).toBe("A A A");
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
});

afterEach(async () => {
  server.closeAllConnections();
  await page.context().close();
});

/** What a server may answer in place of the page. */
const FAULTS: [what: string, answers: typeof answer][] = [
  ["with 502", (_, response) => (response.writeHead(502).end("<h1>Bad gateway</h1>"), true)],
  ["never", () => true],
  ["by closing the connection", (_, response) => (response.destroy(), true)],
  [
    "with another page, of a network that asks to sign in",
    (_, response) => (response.writeHead(200, { "Content-Type": "text/html" }).end("<h1>Hotel</h1>"), true),
  ],
  [
    "with a redirect to another page",
    (path, response) =>
      path === "/hotel" ? response.end("Hotel") && true : (response.writeHead(302, { Location: "/hotel" }).end(), true),
  ],
  [
    "with 502 for the script of a new version",
    (path, response) => path === "/page.js" && (response.writeHead(502).end(), true),
  ],
  [
    "with the style of the last version",
    (path, response) =>
      path === "/page.css" &&
      (response.writeHead(200, { "Content-Type": "text/css" }).end("body { --version: A }"), true),
  ],
];

test.each(FAULTS)("the kept version is shown, whole, where the server answers %s", async (_, answers) => {
  files = version("B");
  answer = answers;
  expect(await open()).toBe("A A A");
  // What the server said is not kept either.
  expect(await open()).toBe("A A A");
  answer = () => false;
  expect(await open()).toBe("B B B");
});

test("a new version is shown at once, and after it, without the server, the new one", async () => {
  files = version("B");
  expect(await open()).toBe("B B B");
  answer = (_, response) => (response.destroy(), true);
  expect(await open()).toBe("B B B");
});

test("after a rollback the earlier version is shown, and cached", async () => {
  files = version("B");
  expect(await open()).toBe("B B B");
  files = version("A");
  expect(await open()).toBe("A A A");
  answer = (_, response) => (response.destroy(), true);
  expect(await open()).toBe("A A A");
});
