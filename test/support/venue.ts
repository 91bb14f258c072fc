// A real server with accounts and a real browser, and visitors who meet there: what tests of the page begin with. They start before
// the first test of a file and end after its last one.
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { startBrowser } from "./browser.ts";
import { type Server, startServer } from "./servers.ts";
import { Visitor } from "./visitor.ts";

export class Venue {
  #browser!: Browser;
  #server!: Server;
  #count = 0;

  constructor() {
    beforeAll(async () => {
      [this.#browser, this.#server] = await Promise.all([startBrowser(), startServer({ RATE_LIMIT: "off" })]);
    });
    afterEach(async () => {
      for (const context of this.#browser.contexts()) await context.close();
    });
    afterAll(async () => {
      await this.#browser.close();
      await this.#server.stop();
    });
  }

  get url(): string {
    return this.#server.url;
  }

  /** A name that nobody has. */
  named(name: string): string {
    return `${name}-${++this.#count}`;
  }

  /** Somebody at the door, in a browser context of their own. */
  visitor(options: BrowserContextOptions = {}, url = this.url): Promise<Visitor> {
    return Visitor.at(this.#browser, url, options);
  }

  /** Two who have their names. */
  async two(url = this.url) {
    const [a, b] = [this.named("alice"), this.named("bob")];
    const [alice, bob] = await Promise.all([this.visitor({}, url), this.visitor({}, url)]);
    await Promise.all([alice.claim(a), bob.claim(b)]);
    return { a, b, alice, bob };
  }

  /** Two who have exchanged a message already, each with the conversation open. */
  async friends(url = this.url) {
    const world = await this.two(url);
    const { a, b, alice, bob } = world;
    await alice.open(b);
    await alice.send("hello");
    await bob.open(a);
    await bob.sees("hello");
    await bob.send("hi");
    await alice.sees("hi");
    return world;
  }
}
