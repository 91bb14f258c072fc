// The fixture of web page tests: a real server with accounts, a real browser, and users in it. It starts before the
// first test of a file and ends after the last one.
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { startBrowser } from "./browser.ts";
import { type Server, startServer } from "./servers.ts";
import { PageUser } from "./page-user.ts";

export class BrowserFixture {
  #browser!: Browser;
  #server!: Server;
  #count = 0;

  constructor() {
    beforeAll(async () => {
      [this.#browser, this.#server] = await Promise.all([startBrowser(), startServer({ RATE_LIMIT: "off" })]);
    });
    afterEach(async ({ task }) => {
      if (task.result?.state === "fail") console.error(`The server printed: ${this.#server?.output.slice(-4_000)}`);
      for (const context of this.#browser?.contexts() ?? []) await context.close();
    });
    afterAll(async () => {
      // Where the start of one failed, its error is the one to see.
      await this.#browser?.close();
      await this.#server?.stop();
    });
  }

  get url(): string {
    return this.#server.url;
  }

  /** An unclaimed name. */
  uniqueName(name: string): string {
    return `${name}-${++this.#count}`;
  }

  /** A user on the sign-in page, in a separate browser context. */
  newUser(options: BrowserContextOptions = {}, url = this.url): Promise<PageUser> {
    return PageUser.inNewContext(this.#browser, url, options);
  }

  /** Two users with claimed names. */
  async twoUsers(url = this.url) {
    const [a, b] = [this.uniqueName("alice"), this.uniqueName("bob")];
    const [alice, bob] = await Promise.all([this.newUser({}, url), this.newUser({}, url)]);
    await Promise.all([alice.claim(a), bob.claim(b)]);
    return { a, b, alice, bob };
  }

  /** Two users who have exchanged messages, each with the conversation open. */
  async twoContacts(url = this.url) {
    const pair = await this.twoUsers(url);
    const { a, b, alice, bob } = pair;
    await alice.open(b);
    await alice.send("hello");
    await bob.open(a);
    await bob.sees("hello");
    await bob.send("hi");
    await alice.sees("hi");
    return pair;
  }
}
