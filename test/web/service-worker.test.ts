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
/** In a worker that waits as long as this, only a server that never answers is too late, on any machine. */
const PATIENT_MS = 60_000;
const TYPES = { html: "text/html", js: "text/javascript", css: "text/css", json: "application/json" };

let browser: Browser;
let server: Server;
let page: Page;
/** What the server has, and how it answers beside that. */
let files: ReadonlyMap<string, string>;
let answer: (path: string, response: ServerResponse) => boolean;
let worker: string;

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

async function open(where = page): Promise<string> {
  await where.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return where.locator("body").innerText();
}

/** Opens version A, and waits until its service worker is there. */
async function begin(): Promise<void> {
  expect(await open()).toBe("A A A");
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
}

beforeAll(async () => {
  browser = await startBrowser();
  server = createServer(({ url = "/" }, response) => {
    if (answer(url, response)) return;
    const content = url === "/worker.js" ? worker : files.get(url);
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
  worker = WORKER.replace(/(?<=ANSWER_MS = )[\d_]+/, `${PATIENT_MS}`);
});

afterEach(async () => {
  server.closeAllConnections();
  await page.context().close();
});

/** What a server may answer in place of the page. */
const FAULTS: [what: string, answers: typeof answer][] = [
  ["with 502", (_, response) => (response.writeHead(502).end("<h1>Bad gateway</h1>"), true)],
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
  await begin();
  files = version("B");
  answer = answers;
  expect(await open()).toBe("A A A");
  // What the server said is not kept either.
  expect(await open()).toBe("A A A");
  answer = () => false;
  expect(await open()).toBe("B B B");
});

test("the kept version is shown where the server never answers", async () => {
  worker = WORKER;
  await begin();
  files = version("B");
  answer = () => true;
  expect(await open()).toBe("A A A");
  server.closeAllConnections();
  answer = () => false;
  expect(await open()).toBe("B B B");
});

test("a new version is shown at once, and after it, without the server, the new one", async () => {
  await begin();
  files = version("B");
  expect(await open()).toBe("B B B");
  answer = (_, response) => (response.destroy(), true);
  expect(await open()).toBe("B B B");
});

test("after a rollback the earlier version is shown, and cached", async () => {
  await begin();
  files = version("B");
  expect(await open()).toBe("B B B");
  files = version("A");
  expect(await open()).toBe("A A A");
  answer = (_, response) => (response.destroy(), true);
  expect(await open()).toBe("A A A");
});

test("two tabs that are opened at once after a deploy have the new version, and keep it", async () => {
  await begin();
  const [second, watcher] = [await page.context().newPage(), await page.context().newPage()];
  expect(await open(watcher)).toBe("A A A");
  files = version("B");
  const held: (() => void)[] = [];
  const lists = { asked: 0 };
  answer = (path, response) => {
    if (path === "/shell.json") lists.asked++;
    if (path !== "/page.css") return false;
    held.push(() => response.writeHead(200, { "Content-Type": "text/css" }).end(files.get(path)));
    return true;
  };
  const first = open();
  await expect.poll(() => held.length).toBe(1);
  const other = open(second);
  // The second tab waits for the first, or has begun beside it.
  await expect
    .poll(async () => {
      const { pending = [] } = await watcher.evaluate(() => navigator.locks.query());
      return pending.length + lists.asked - 1;
    })
    .toBe(1);
  answer = () => false;
  for (const release of held) release();
  expect(await Promise.all([first, other])).toEqual(["B B B", "B B B"]);
  answer = (_, response) => (response.destroy(), true);
  expect(await open()).toBe("B B B");
});

test("an open page has the files of its version after a deploy, though the browser has stopped the worker", async () => {
  await begin();
  expect(await open()).toBe("A A A");
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("ServiceWorker.enable");
  await devtools.send("ServiceWorker.stopAllWorkers");
  files = version("B");
  const second = await page.context().newPage();
  expect(await open(second)).toBe("B B B");
  await devtools.send("ServiceWorker.stopAllWorkers");
  await page.evaluate(async () => {
    const script = document.body.appendChild(document.createElement("script"));
    script.src = "/page.js?later";
    await new Promise((done) => script.addEventListener("load", done));
  });
  expect(await page.locator("body").innerText()).toBe("A A A A A");
});
