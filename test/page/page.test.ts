// The page at `/` in a real browser, against a real server: what two people see.
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { type Server, startServer } from "../support/servers.ts";

let browser: Browser;
let server: Server;
let count = 0;

beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer()]);
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** Somebody before the page, in a browser context of their own. */
class Visitor {
  readonly page: Page;
  readonly status: Locator;
  readonly messages: Locator;
  /** Errors in the console, and those that nobody caught. */
  readonly errors: string[] = [];

  constructor(page: Page) {
    this.page = page;
    this.status = page.getByRole("status");
    this.messages = page.getByRole("log").getByRole("listitem");
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (error) => this.errors.push(error.message));
    page.on("console", (line) => {
      if (line.type() === "error") this.errors.push(line.text());
    });
  }

  static async at(url: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext(options);
    const visitor = new Visitor(await context.newPage());
    await visitor.page.goto(url);
    return visitor;
  }

  field(label: string): Locator {
    return this.page.getByLabel(label, { exact: true });
  }

  async enter(fields: Record<string, string>): Promise<void> {
    for (const [label, value] of Object.entries(fields)) await this.field(label).fill(value);
  }

  async open(name: string): Promise<void> {
    await this.enter({ "Your name": name });
    await this.field("Your name").press("Enter");
    await this.reads(`Connected as ${name}`);
  }

  async send(receiver: string, text: string): Promise<void> {
    await this.enter({ Receiver: receiver, Text: text });
    await this.page.getByRole("button", { name: "Send" }).click();
  }

  /** Waits until the state of the connection says so. */
  async reads(words: string): Promise<void> {
    await this.status.filter({ hasText: words }).waitFor();
  }

  /** Waits until a message shows all of these. */
  async sees(...words: string[]): Promise<void> {
    let message = this.messages;
    for (const hasText of words) message = message.filter({ hasText });
    await message.first().waitFor();
  }

  /** The texts of all messages on the page, from top to bottom. */
  texts(): Promise<string[]> {
    return this.messages.locator(".text").allTextContents();
  }
}

/** Names that no other test has. */
function names(): { a: string; b: string } {
  count++;
  return { a: `alice-${count}`, b: `bob-${count}` };
}

/** What is said of a field to those who can't see it. */
function problemOf(visitor: Visitor, label: string): Promise<string | null> {
  return visitor.field(label).evaluate((field) => {
    const described = document.getElementById(field.getAttribute("aria-describedby") ?? "");
    return field.getAttribute("aria-invalid") === "true" ? (described?.textContent ?? null) : null;
  });
}

test("two users exchange messages both ways, whatever script they write in", async () => {
  const { a, b } = names();
  const alice = await Visitor.at(server.url);
  const bob = await Visitor.at(server.url);
  await alice.open(a);
  await bob.open(b);
  await alice.send(b, "你好，世界 🚀👩‍👩‍👧");
  await bob.sees(a, "你好，世界 🚀👩‍👩‍👧");
  await bob.send(a, "مرحبا\nzwei Zeilen");
  await alice.sees(b, "مرحبا");
  await alice.sees(`to ${b}`, "delivered");
  const both = ["你好，世界 🚀👩‍👩‍👧", "مرحبا\nzwei Zeilen"];
  expect(await alice.texts()).toEqual(both);
  expect(await bob.texts()).toEqual(both);
  expect([...alice.errors, ...bob.errors]).toEqual([]);
});

test("a message to somebody who is away arrives when they open the page, with its sender and its time", async () => {
  const { a, b } = names();
  const alice = await Visitor.at(server.url);
  await alice.open(a);
  await alice.send(b, "for later");
  await alice.sees("for later", "stored");
  const bob = await Visitor.at(server.url);
  await bob.open(b);
  await bob.sees(a, "for later");
  const time = await bob.messages.locator("time").getAttribute("datetime");
  expect(Math.abs(Date.now() - Date.parse(time ?? ""))).toBeLessThan(120_000);
});

test("a reload shows the history once, one's own messages with their state", async () => {
  const { a, b } = names();
  const alice = await Visitor.at(server.url);
  await alice.open(a);
  await alice.send(b, "to bob");
  await alice.sees("to bob", "stored");
  await alice.send(a, "to myself");
  await alice.sees("to myself", "stored");
  await alice.page.reload();
  await alice.sees("to bob", "stored");
  await alice.sees("to myself", "stored");
  expect(await alice.texts()).toEqual(["to bob", "to myself"]);
});

test("empty and malformed fields are named beside the field, and nothing is sent", async () => {
  const { a, b } = names();
  const bob = await Visitor.at(server.url);
  await bob.open(b);
  const alice = await Visitor.at(server.url);
  const dialogs: string[] = [];
  alice.page.on("dialog", (dialog) => dialogs.push(dialog.message()));
  await alice.send("", "  ");
  expect(await problemOf(alice, "Your name")).toBe("Enter your name.");
  expect(await problemOf(alice, "Receiver")).toBe("Enter the receiver's name.");
  expect(await problemOf(alice, "Text")).toBe("Enter a text.");
  await alice.open(a);
  await alice.send("no such name!", "not sent");
  expect(await problemOf(alice, "Receiver")).toContain("A name has 1 to 64 letters");
  await alice.send(b, "x".repeat(70_000));
  expect(await problemOf(alice, "Text")).toContain("larger than the limits");
  await alice.send(b, "sent");
  await bob.sees("sent");
  expect(await bob.texts()).toEqual(["sent"]);
  expect(await alice.texts()).toEqual(["sent"]);
  expect(dialogs).toEqual([]);
});

test("while the server is gone the page says so, and what is written meanwhile waits and arrives once", async () => {
  const { a, b } = names();
  const mortal = await startServer();
  onTestFinished(() => mortal.stop());
  const alice = await Visitor.at(mortal.url);
  const bob = await Visitor.at(mortal.url);
  await alice.open(a);
  await bob.open(b);
  await alice.send(b, "before");
  await bob.sees("before");
  await mortal.kill();
  await alice.reads("No connection");
  await alice.send(b, "meanwhile");
  await alice.send(b, "meanwhile too");
  await alice.sees("meanwhile", "waiting to be sent");
  await mortal.restart();
  await alice.reads("Connected as");
  await alice.send(b, "after");
  await bob.sees("after");
  await alice.sees("after", "delivered");
  const all = ["before", "meanwhile", "meanwhile too", "after"];
  expect(await bob.texts()).toEqual(all);
  expect(await alice.texts()).toEqual(all);
  expect(await alice.messages.filter({ hasText: "delivered" }).count()).toBe(all.length);
});

test("markup that people write is text and runs nothing", async () => {
  const { a, b } = names();
  const alice = await Visitor.at(server.url);
  const bob = await Visitor.at(server.url);
  await alice.open(a);
  await bob.open(b);
  const hostile = `<img src=x onerror="document.title = 'run'"><script>document.title = 'run'</script>`;
  await alice.send(b, hostile);
  await alice.send(b, "and then");
  await bob.sees("and then");
  for (const visitor of [alice, bob]) {
    expect(await visitor.texts()).toEqual([hostile, "and then"]);
    expect(await visitor.page.locator("img").count()).toBe(0);
    expect(await visitor.page.title()).toBe("Restante");
    expect(visitor.errors).toEqual([]);
  }
});

test("two tabs of one user are one device: both show everything, and when the connected one is closed the other goes on", async () => {
  const { a, b } = names();
  const bob = await Visitor.at(server.url);
  await bob.open(b);
  const alice = await Visitor.at(server.url);
  await alice.open(a);
  const other = new Visitor(await alice.page.context().newPage());
  await other.page.goto(server.url);
  await other.open(a);
  await other.send(b, "from the other tab");
  await alice.sees("from the other tab", "delivered");
  await bob.send(a, "to both");
  await alice.sees(b, "to both");
  await other.sees(b, "to both");
  await alice.page.close();
  await other.send(b, "from the one that is left");
  await bob.sees("from the one that is left");
  await bob.send(a, "still here");
  await other.sees(b, "still here");
  expect(await other.texts()).toEqual(["from the other tab", "to both", "from the one that is left", "still here"]);
  expect(await bob.texts()).toEqual(["from the other tab", "to both", "from the one that is left", "still here"]);
});

test("nothing is wider than a screen of 320 px", async () => {
  const { a, b } = names();
  const alice = await Visitor.at(server.url, { viewport: { width: 320, height: 568 } });
  await alice.send("", "");
  await alice.open(a);
  const long = "w".repeat(64 - b.length) + b;
  await alice.send(long, `https://example.org/${"wide".repeat(80)}`);
  await alice.sees(long, "stored");
  const wide = await alice.page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll("body, header, main, form, [role=log], li")]
      .filter((element) => element.scrollWidth > element.clientWidth || element.clientWidth > 320)
      .map((element) => element.outerHTML.slice(0, 80)),
  );
  expect(wide).toEqual([]);
});
