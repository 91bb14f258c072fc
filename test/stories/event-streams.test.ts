// Event streams in a browser: its EventSource reconnects by itself, after every kind of last event.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { OPEN, type Server, startServer } from "../support/servers.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer(OPEN)]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

interface Seen {
  readonly types: string[];
  readonly bodies: unknown[];
  /** The number of connections. */
  readonly opened: number;
  readonly state: number;
}

type Tab = typeof globalThis & { seen: Seen; source: EventSource };

/** A page that follows the log of `user` with an EventSource, as the device `tab`. */
async function tab(user: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${server.url}/status`);
  await page.evaluate((path) => {
    const here = globalThis as Tab;
    const source = new EventSource(path);
    const [types, bodies]: [string[], unknown[]] = [[], []];
    let opened = 0;
    source.addEventListener("open", () => opened++);
    source.addEventListener("message", ({ data }: MessageEvent<string>) => {
      const { type, body } = JSON.parse(data) as { type: string; body?: unknown };
      types.push(type);
      if (type === "message") bodies.push(body);
    });
    Object.defineProperty(here, "seen", { get: () => ({ types, bodies, opened, state: source.readyState }) });
  }, `/api/entries?user=${user}&device=tab`);
  await page.waitForFunction(() => (globalThis as Tab).seen.types.includes("welcome"));
  return page;
}

const seen = (page: Page) => page.evaluate(() => (globalThis as Tab).seen);

async function send(to: string, body: unknown): Promise<void> {
  const init = { method: "POST", body: JSON.stringify({ to, body }) };
  expect((await fetch(`${server.url}/api/messages?user=alice`, init)).ok).toBe(true);
}

test("[H16] of two tabs with one device name the newer one stays connected, and the older one does not replace it", async () => {
  const first = await tab("bob");
  const second = await tab("bob");
  await first.waitForFunction(() => (globalThis as Tab).seen.types.includes("closing"));
  await first.waitForFunction(() => (globalThis as Tab).seen.state === EventSource.CONNECTING);
  // Four times the time of a reconnect.
  const since = await first.evaluate(() => performance.now());
  await first.waitForFunction((then) => performance.now() - then > 2_000, since);
  await send("bob", "hello");
  await second.waitForFunction(() => (globalThis as Tab).seen.bodies.length === 1);
  expect(await seen(second)).toEqual({ types: ["welcome", "message"], bodies: ["hello"], opened: 1, state: 1 });
  expect(await seen(first)).toMatchObject({ bodies: [], opened: 1, state: 0 });
});

test("[H8][H16] a stream that ends for another reason reconnects at once, by itself", async () => {
  const page = await tab("carol");
  await server.kill();
  await server.restart();
  await page.waitForFunction(() => (globalThis as Tab).seen.opened === 2);
  await send("carol", "hello again");
  await page.waitForFunction(() => (globalThis as Tab).seen.bodies.length === 1);
});
