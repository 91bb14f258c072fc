// The hooks in a page: real Chromium, a real server, React's development build, which warns, and Preact in its place.
// Peers are devices on sockets of their own.
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import type { Browser, Page as Tab } from "playwright-core";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Store } from "../../src/client/connect.ts";
import { startBrowser } from "../support/browser.ts";
import type { Device } from "../support/client-socket.ts";
import { OPEN, type Server, startServer } from "../support/servers.ts";
import { open } from "../support/tcp-devices.ts";
import { Application, Provided } from "./components.tsx";
import type { Page } from "./page.tsx";

const ROOT = resolve(import.meta.dirname, "../..");
/** The modules that stand for React where an application uses Preact. */
const PREACT = {
  "react-dom/client": "preact/compat/client",
  "react-dom": "preact/compat",
  "react/jsx-runtime": "preact/jsx-runtime",
  react: "preact/compat",
};

let browser: Browser;
let server: Server;
let site: HttpServer;
let origin: string;
let count = 0;
/** What the server has rendered of the page. */
let html = "";

/** A global of the test page. */
declare const page: Page;

async function bundle(alias: Record<string, string>): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, "test/react/page.tsx")],
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": `"development"` },
    alias,
  });
  return outputFiles[0]?.text ?? "";
}

beforeAll(async () => {
  const [react, preact] = await Promise.all([bundle({}), bundle(PREACT)]);
  site = createServer(({ url = "" }, response) => {
    response.setHeader("Content-Type", url.endsWith(".js") ? "text/javascript" : "text/html");
    if (url === "/react.js") response.end(react);
    else if (url === "/preact.js") response.end(preact);
    else response.end(`<!doctype html><div id="root">${html}</div><script type="module" src="${url}.js"></script>`);
  });
  await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  [browser, server] = await Promise.all([startBrowser(), startServer({ ...OPEN, ALLOWED_ORIGINS: origin })]);
});

afterEach(async () => {
  html = "";
  for (const context of browser?.contexts() ?? []) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  site?.close();
});

/** A page, the ends of its sockets, and what it printed as errors and warnings. */
async function openPage(path = "/react"): Promise<{ tab: Tab; closes: Promise<unknown>[]; warnings: string[] }> {
  const tab = await (await browser.newContext()).newPage();
  tab.setDefaultTimeout(60_000);
  const closes: Promise<unknown>[] = [];
  const warnings: string[] = [];
  tab.on("websocket", (socket) => closes.push(new Promise((done) => socket.once("close", done))));
  tab.on("pageerror", ({ message }) => warnings.push(message));
  tab.on("console", (line) => {
    if (["error", "warning"].includes(line.type())) warnings.push(line.text());
  });
  await tab.goto(`${origin}${path}`);
  await tab.waitForFunction(() => "page" in globalThis);
  return { tab, closes, warnings };
}

/** Two names, and the options of a client of the first. */
function names() {
  count++;
  const [alice, bob] = [`alice${count}`, `bob${count}`];
  return { alice, bob, options: { url: server.url, userName: alice } };
}

/** Waits until an element has this text. */
async function shows(tab: Tab, id: string, text: string): Promise<void> {
  await tab.waitForFunction(([name, expected]) => document.getElementById(name)?.textContent.trim() === expected, [
    id,
    text,
  ] as [string, string]);
}

const ids = new WeakMap<Device, number>();

/** Resolves when the device's mailbox has taken the messages. */
async function sendTo(device: Device, to: string, ...bodies: string[]): Promise<void> {
  const last = ids.get(device) ?? 0;
  ids.set(device, last + bodies.length);
  device.send(...bodies.map((body, i) => ({ type: "send", id: last + i + 1, to, body })));
  await device.settled();
}

test("in StrictMode one client is opened, works, and is closed when the component is unmounted", async () => {
  const { bob, options } = names();
  const { tab, closes, warnings } = await openPage();
  await tab.evaluate((props) => page.render(props), { options, peer: bob, isStrict: true });
  await shows(tab, "connection", "open 0");
  expect(await tab.evaluate(() => page.store)).toEqual({ opened: 1, closed: 0 });
  const phone = await open(server.url, bob);
  await tab.locator("#send").click();
  expect(await phone.until("message")).toMatchObject({ body: "sent" });
  await shows(tab, "first", "sent:stored");
  expect(closes).toHaveLength(1);
  await tab.evaluate(() => page.unmount());
  await closes[0];
  await tab.waitForFunction(() => page.store.closed === 1);
  expect(closes).toHaveLength(1);
  expect(warnings).toEqual([]);
});

test("rendering on the server opens nothing", () => {
  const opened: string[] = [];
  const store = { lasting: false, open: (name: string) => (opened.push(name), new Promise(() => {})) };
  const options = { url: server.url, userName: "alice", store: store as unknown as Store };
  expect(renderToString(createElement(Application, { options, peer: "bob" }))).toContain("connecting");
  expect(opened).toEqual([]);
});

test("what the server rendered is hydrated without a warning by a client that has its state already", async () => {
  const { alice, bob, options } = names();
  html = renderToString(createElement(Provided, { client: null, user: alice, peer: bob }));
  await sendTo(await open(server.url, bob), alice, "hello");
  const { tab, warnings } = await openPage();
  await tab.evaluate(([given, peer]) => page.hydrate(given, peer).then(() => null), [options, bob] as const);
  await shows(tab, "list", bob);
  await shows(tab, "second", "hello");
  expect(warnings).toEqual([]);
});

test("components are rendered again if what they show has changed, and not otherwise", async () => {
  const { alice, bob, options } = names();
  const carol = `carol${count}`;
  const [tablet, phone, other] = await Promise.all([alice, bob, carol].map((name) => open(server.url, name)));
  if (tablet === undefined || phone === undefined || other === undefined) throw new Error("unreachable");
  await sendTo(tablet, bob, "question");
  phone.ack((await phone.until("message"))["seq"]);
  await tablet.mark("delivered");
  await sendTo(phone, alice, "answer");
  await tablet.until("message");
  const { tab } = await openPage();
  await tab.evaluate((props) => page.render(props), { options, peer: bob });
  for (const id of ["first", "second"]) await shows(tab, id, "question:delivered answer");
  await shows(tab, "connection", "open 0");
  await shows(tab, "presence", "true");
  const before = await tab.evaluate(() => ({ ...page.renders }));
  await sendTo(other, alice, "from another");
  await shows(tab, "list", `${carol} ${bob}`);
  other.send({ type: "typing", to: alice });
  await sendTo(other, alice, "and again");
  const { list = 0 } = before;
  await tab.waitForFunction((last) => (page.renders["list"] ?? 0) > last, list + 1);
  expect({ ...(await tab.evaluate(() => page.renders)), list }).toEqual(before);
  phone.send({ type: "typing", to: alice });
  await shows(tab, "typing", "true");
  const typing = (before["typing"] ?? 0) + 1;
  expect({ ...(await tab.evaluate(() => page.renders)), list }).toEqual({ ...before, typing });
});

test("presence that is sent again as it was renders nothing", async () => {
  const { tab } = await openPage();
  expect(await tab.evaluate(() => page.repeatPresence("bob"))).toBe(0);
  expect(await tab.locator("#presence").textContent()).toBe("true");
});

test("another user has another client, and no conversation of the last one is shown to them", async () => {
  const { alice, bob, options } = names();
  const dave = `dave${count}`;
  await sendTo(await open(server.url, bob), alice, "for alice");
  await sendTo(await open(server.url, "carol"), dave, "for dave");
  const { tab, closes } = await openPage();
  await tab.evaluate((props) => page.render(props), { options, peer: bob });
  await shows(tab, "list", bob);
  await tab.evaluate((props) => page.render(props), { options: { ...options, userName: dave }, peer: bob });
  await shows(tab, "list", "carol");
  await shows(tab, "first", "");
  await closes[0];
  await tab.evaluate((props) => page.render(props), { options: null, peer: bob });
  await shows(tab, "list", "");
  await closes[1];
  const shown = await tab.evaluate(() => page.shownPeers);
  const wrong = shown.filter(([user, peers]) => peers.some((peer) => peer !== (user === alice ? bob : "carol")));
  expect(wrong).toEqual([]);
  expect(shown.filter(([user, peers]) => user === "" && peers.length > 0)).toEqual([]);
  expect(closes).toHaveLength(2);
});

test("components on one conversation share it, and older messages that one adds are in all", async () => {
  const { alice, bob, options } = names();
  const bodies = Array.from({ length: 60 }, (_, i) => `m${i}`);
  await sendTo(await open(server.url, bob), alice, ...bodies);
  const { tab } = await openPage();
  await tab.evaluate((props) => page.render(props), { options, peer: bob });
  await shows(tab, "first", bodies.join(" "));
  await tab.evaluate(() => page.unmount());
  await tab.evaluate((props) => page.render(props), { options, peer: bob });
  await shows(tab, "first", `${bodies.slice(10).join(" ")}Older`);
  await shows(tab, "second", `${bodies.slice(10).join(" ")}Older`);
  await tab.locator("#first button").click();
  await shows(tab, "first", bodies.join(" "));
  await shows(tab, "second", bodies.join(" "));
});

test("the token function of the latest render is called, by the same client", async () => {
  const { bob, options } = names();
  const { tab, closes } = await openPage();
  const props = { options, peer: bob, isStrict: true };
  await tab.evaluate((given) => page.render(given), { ...props, token: null });
  await shows(tab, "connection", "waiting 0");
  await tab.evaluate((given) => page.render(given), { ...props, token: "a.b" });
  await shows(tab, "connection", "open 0");
  expect(await tab.evaluate(() => page.store)).toEqual({ opened: 1, closed: 0 });
  expect(closes).toHaveLength(1);
});

test("components never show different values at once, also where the state changes in the middle of a transition", async () => {
  const { tab } = await openPage();
  const commits = await tab.evaluate(() => page.playTransition());
  expect(commits.length).toBeGreaterThan(0);
  expect(commits.filter((values) => values.includes(" "))).toEqual([]);
});

test("with preact/compat in place of React the hooks give the same state", async () => {
  const { alice, bob, options } = names();
  const phone = await open(server.url, bob);
  await sendTo(phone, alice, "hello");
  const { tab, closes, warnings } = await openPage("/preact");
  await tab.evaluate((props) => page.render(props), { options, peer: bob });
  await shows(tab, "list", bob);
  await tab.locator("#send").click();
  expect(await phone.until("message")).toMatchObject({ body: "sent" });
  await shows(tab, "first", "hello sent:stored");
  await shows(tab, "second", "hello sent:stored");
  await shows(tab, "presence", "true");
  phone.send({ type: "typing", to: alice });
  await shows(tab, "typing", "true");
  await tab.evaluate(() => page.unmount());
  await closes[0];
  expect(warnings).toEqual([]);
});
