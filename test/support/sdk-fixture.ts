// The fixture of tests of the SDK in a browser: real Chromium, a real server, and a page with nothing but the SDK, which
// is served also while the server is gone. It starts before the first test of a file and ends after the last one.
import { readFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { Restante } from "../../src/client/connect.ts";
import { startBrowser } from "./browser.ts";
import { bundle } from "./bundle.ts";
import { OPEN, type Server, startServer } from "./servers.ts";

type Since = "start" | "now";

/** Globals of the test page. */
declare const enter: (url: string, userName: string, since: Since) => void;
declare const me: Restante;

/** A host name that leads to this machine; over http the browser does not take it for secure. */
const INSECURE_HOST = "chat.test";

export class SdkFixture {
  #browser!: Browser;
  #server!: Server;
  #site!: HttpServer;
  #port = 0;
  #count = 0;

  /** `without`: flags of Playwright that the browser is not given. */
  constructor(without: readonly string[] = []) {
    beforeAll(async () => {
      const starting = [
        startBrowser([`--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`], without),
        startServer({ ...OPEN, ALLOWED_ORIGINS: "*" }),
      ] as const;
      [this.#browser, this.#server] = await Promise.all(starting);
      const script = readFileSync(await bundle("test/client/sdk-page.ts"), "utf8");
      this.#site = createServer((request, response) => {
        const isScript = request.url === "/page.js";
        response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
        response.end(isScript ? script : `<!doctype html><script type="module" src="/page.js"></script>`);
      });
      await new Promise<void>((done) => this.#site.listen(0, "127.0.0.1", done));
      this.#port = (this.#site.address() as AddressInfo).port;
    });
    afterEach(async () => {
      for (const context of this.#browser?.contexts() ?? []) await context.close();
    });
    afterAll(async () => {
      // Where the start of one failed, its error is the one to see.
      await this.#browser?.close();
      await this.#server?.stop();
      this.#site?.close();
    });
  }

  get server(): Server {
    return this.#server;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get insecureOrigin(): string {
    return `http://${INSECURE_HOST}:${this.#port}`;
  }

  names(): { alice: string; bob: string } {
    this.#count++;
    return { alice: `alice-${this.#count}`, bob: `bob-${this.#count}` };
  }

  /** The name of the database of a user. */
  databaseOf(userName: string): string {
    return `restante ${new URL(this.#server.url).host} ${userName}`;
  }

  newContext(): Promise<BrowserContext> {
    return this.#browser.newContext();
  }

  /** A tab with the page, without a client. */
  async emptyTab(context: BrowserContext, origin = this.origin): Promise<Page> {
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(origin);
    await page.waitForFunction(() => "enter" in globalThis);
    return page;
  }

  /** Opens the mailbox of this user in a tab. */
  async enter(page: Page, userName: string, since: Since = "start"): Promise<void> {
    const about: Parameters<typeof enter> = [this.#server.url, userName, since];
    await page.evaluate((given) => enter(...given), about);
  }

  /** A tab with a client of this user. */
  async tab(context: BrowserContext, userName: string, origin = this.origin): Promise<Page> {
    const page = await this.emptyTab(context, origin);
    await this.enter(page, userName);
    return page;
  }
}

export async function isOpen(page: Page): Promise<void> {
  await page.waitForFunction(() => me.connection.value.is === "open");
}

/** Sends one after the other, and waits until the store has them; not for any answer. */
export function send(page: Page, to: string, bodies: readonly unknown[]): Promise<unknown> {
  return page.evaluate(
    ([peer, all]) => Promise.all(all.map((body) => me.send(peer, body as string).kept)).then(() => null),
    [to, bodies] as [string, readonly unknown[]],
  );
}
