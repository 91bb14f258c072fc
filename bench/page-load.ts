// npm run bench -- --page: how fast the web page appears and can be used, in Chromium on a slow processor and a slow line,
// as Lighthouse assumes them for phones. Compressed, as Cloudflare and the proxies of docs/selfhost serve it.
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { gzipSync } from "node:zlib";
import type { Browser, CDPSession, Page } from "playwright-core";
import { startBrowser } from "../test/support/browser.ts";
import { type Server, startServer } from "../test/support/servers.ts";
import buildServer from "../test/support/build-server.ts";
import { median } from "./report/medians.ts";

/** A line of 1.6 Mbit/s with 150 ms to the server and back, and a processor a quarter as fast. */
const LINE = { offline: false, latency: 150, downloadThroughput: 204_800, uploadThroughput: 96_000 };
const SLOWER = 4;
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/** Times are ms after the navigation began. */
interface Load {
  /** The first paint of content, by the browser. */
  readonly firstContent: number;
  /** The largest paint of content, by the browser. */
  readonly largestContent: number;
  /** The first choice of the way in, or the first conversation, is there. */
  readonly usable: number;
  /** How much longer than 50 ms the tasks of the page took, together. */
  readonly blocked: number;
  /** Bytes that the line carried. */
  readonly bytes: number;
}

/** Prints medians over `rounds` of a first visit, and of a later one of somebody who is signed in. */
export async function measurePage(rounds: number): Promise<void> {
  await buildServer();
  const proxy = createServer().listen(0, "localhost");
  await once(proxy, "listening");
  const address = `http://localhost:${(proxy.address() as AddressInfo).port}`;
  const [server, browser] = await Promise.all([startServer({ RATE_LIMIT: "off", ORIGIN: address }), startBrowser()]);
  compress(proxy, server);
  try {
    const first: Load[] = [];
    const later: Load[] = [];
    for (let round = 0; round < rounds; round++) {
      first.push(await visit(browser, address));
      later.push(await visitAgain(browser, address, `person-${round}`));
    }
    print("first visit, nothing stored", first);
    print("later visit, signed in", later);
  } finally {
    proxy.close();
    proxy.closeAllConnections();
    await browser.close();
    await server.stop();
  }
}

async function visit(browser: Browser, address: string): Promise<Load> {
  const context = await browser.newContext(PHONE);
  try {
    return await load(await context.newPage(), address, "I'm new");
  } finally {
    await context.close();
  }
}

async function visitAgain(browser: Browser, address: string, name: string): Promise<Load> {
  const context = await browser.newContext(PHONE);
  try {
    const page = await context.newPage();
    await page.goto(address);
    await page.getByRole("button", { name: "I'm new" }).click();
    await page.getByLabel("Username").fill(name);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("button", { name: "I've saved it" }).click();
    await page.getByText("No chats yet").waitFor();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.close();
    return await load(await context.newPage(), address, "Copy invite link");
  } finally {
    await context.close();
  }
}

/** Loads the page until the button `wanted` can be pressed. */
async function load(page: Page, address: string, wanted: string): Promise<Load> {
  const session = await page.context().newCDPSession(page);
  await slowDown(session);
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.addInitScript(() => {
    const seen = { largest: 0, blocked: 0 };
    Object.assign(globalThis, { seen });
    new PerformanceObserver((list) => {
      for (const { startTime } of list.getEntries()) seen.largest = startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.blocked += Math.max(0, duration - 50);
    }).observe({ type: "longtask", buffered: true });
  });
  await page.goto(address, { waitUntil: "commit" });
  const button = page.getByRole("button", { name: wanted });
  await button.click({ trial: true });
  const usable = await page.evaluate(() => performance.now());
  await page.waitForLoadState("networkidle");
  return page.evaluate(
    ({ usable, bytes }) => {
      const { seen } = globalThis as unknown as { seen: { largest: number; blocked: number } };
      const firstContent = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN;
      return { firstContent, largestContent: seen.largest, usable, blocked: seen.blocked, bytes };
    },
    { usable, bytes },
  );
}

async function slowDown(session: CDPSession): Promise<void> {
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", LINE);
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
}

/** Has the proxy compress what the server answers, because the server itself does not, and pass on sockets. */
function compress(proxy: HttpServer, server: Server): void {
  proxy.on("request", (request, response) => {
    const body: Buffer[] = [];
    request.on("data", (chunk: Buffer) => body.push(chunk));
    request.on("end", () => {
      const { method = "GET", url = "/", headers } = request;
      const { host: _, connection: __, "content-length": ___, ...passed } = headers as Record<string, string>;
      const init = { method, headers: passed, redirect: "manual" as const };
      fetch(`${server.url}${url}`, body.length > 0 ? { ...init, body: Buffer.concat(body) } : init).then(
        async (answer) => {
          const packed = gzipSync(Buffer.from(await answer.arrayBuffer()));
          for (const [name, value] of answer.headers)
            if (!/^(content-length|transfer-encoding|connection)$/.test(name)) response.appendHeader(name, value);
          response.setHeader("Content-Encoding", "gzip");
          response.writeHead(answer.status).end(packed);
        },
        () => response.writeHead(502).end(),
      );
    });
  });
  proxy.on("upgrade", ({ rawHeaders, url }, client, head) => {
    const upstream = connect(Number(new URL(server.url).port), "127.0.0.1", () => {
      const pairs = rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join("");
      upstream.write(`GET ${url} HTTP/1.1\r\n${pairs}\r\n`);
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on("error", () => other.destroy());
  });
}

function print(title: string, loads: readonly Load[]): void {
  const of = (name: keyof Load) => Math.round(median(loads.map((one) => one[name])));
  console.log(
    `${title}: first content ${of("firstContent")} ms, largest ${of("largestContent")} ms, usable ${of("usable")} ms, ` +
      `blocked ${of("blocked")} ms, ${(of("bytes") / 1000).toFixed(1)} kB (medians of ${loads.length})`,
  );
}
