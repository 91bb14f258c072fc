// The page in a real browser, against a real server with accounts: what people see and do.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { startBrowser } from "../support/browser.ts";
import { type Server, startServer } from "../support/servers.ts";
import { Visitor } from "../support/visitor.ts";

let browser: Browser;
let server: Server;
let count = 0;

beforeAll(async () => {
  [browser, server] = await Promise.all([startBrowser(), startServer({ RATE_LIMIT: "off" })]);
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** Two who have their names, and see each other's conversation. */
async function two(url = server.url) {
  count++;
  const [a, b] = [`alice-${count}`, `bob-${count}`];
  const [alice, bob] = await Promise.all([Visitor.at(browser, url), Visitor.at(browser, url)]);
  await Promise.all([alice.claim(a), bob.claim(b)]);
  return { a, b, alice, bob };
}

/** Two who have exchanged a message already. */
async function friends(url = server.url) {
  const world = await two(url);
  const { a, b, alice, bob } = world;
  await alice.open(b);
  await alice.send("hello");
  await bob.open(a);
  await bob.sees("hello");
  await bob.send("hi");
  await alice.sees("hi");
  return world;
}

test("the whole story: a stranger asks, is accepted, and both see what becomes of their messages", async () => {
  const { a, b, alice, bob } = await two();
  await alice.open(b);
  await alice.send("你好，世界 🚀👩‍👩‍👧");
  await alice.sees("你好", "Sent");
  await bob.list.getByRole("heading", { name: "Requests" }).waitFor();
  await bob.list.getByText("1 unread").waitFor();
  expect(await bob.page.title()).toBe("(1) Restante");
  await bob.list.getByRole("link", { name: new RegExp(a) }).click();
  await bob.page.getByText(`${a} wants to write to you.`, { exact: false }).waitFor();
  await bob.sees("你好，世界 🚀👩‍👩‍👧");
  await bob.button("Accept").click();
  await alice.sees("你好", "Read");
  await alice.page.locator(".about").getByText("online").waitFor();
  await bob.composer.pressSequentially("m");
  await alice.page.locator(".about").getByText("typing…").waitFor();
  await bob.composer.fill("مرحبا\nzwei Zeilen");
  await bob.composer.press("Enter");
  await alice.sees("مرحبا");
  const both = ["你好，世界 🚀👩‍👩‍👧", "مرحبا\nzwei Zeilen"];
  expect(await alice.texts()).toEqual(both);
  expect(await bob.texts()).toEqual(both);
  expect(await bob.page.title()).toBe("Restante");
  expect([...alice.errors, ...bob.errors]).toEqual([]);
});

test("who is blocked gets nothing through, and can be let go", async () => {
  const { alice, bob } = await friends();
  await bob.button("Block").click();
  await bob.page.getByText("You have blocked them.", { exact: false }).waitFor();
  await alice.send("are you angry?");
  await alice.sees("are you angry?", "Not sent: The receiver does not take this message.");
  await bob.button("Unblock").click();
  await bob.composer.waitFor();
  await alice.button("Send again").click();
  await bob.sees("are you angry?");
  expect(await bob.texts()).toEqual(["hello", "hi", "are you angry?"]);
});

test("a reload keeps the open conversation, its messages, and what was being written", async () => {
  const { alice, b } = await friends();
  await alice.composer.fill("not sent yet");
  await alice.page.reload();
  await alice.page.getByRole("heading", { name: b, exact: true }).waitFor();
  await alice.sees("hi");
  expect(await alice.composer.inputValue()).toBe("not sent yet");
  expect(await alice.texts()).toEqual(["hello", "hi"]);
  await alice.composer.press("Enter");
  await alice.sees("not sent yet", "Read");
});

test("nothing jumps while the page loads with a conversation open", async () => {
  const { alice } = await friends();
  await alice.page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  await alice.page.reload();
  await alice.sees("hi");
  await alice.connected();
  await alice.page.locator(".about").getByText("online").waitFor();
  const shifts = await alice.page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts);
  expect(shifts.reduce((sum, value) => sum + value, 0)).toBeLessThan(0.01);
});

test("two devices of one user agree on what is read", async () => {
  const { a, b, alice, bob } = await friends();
  await bob.account.click();
  await bob.button("Link a device").click();
  const code = (await bob.page.locator("output.code").textContent()) ?? "";
  await bob.button("Close").click();
  const tablet = await Visitor.at(browser, server.url);
  await tablet.page.getByLabel("Your name").fill(b);
  await tablet.button("Continue").click();
  await tablet.page.getByLabel("Recovery or link code").fill(code);
  await tablet.button("Sign in").click();
  await tablet.connected();
  await bob.page.goto(`${server.url}/#/`);
  await alice.send("for both devices");
  for (const device of [bob, tablet]) await device.list.getByText("1 unread").waitFor();
  await tablet.list.getByRole("link", { name: new RegExp(a) }).click();
  await tablet.sees("for both devices");
  await bob.list.getByText("1 unread").waitFor({ state: "detached" });
  await alice.sees("for both devices", "Read");
});

test("while the server is gone the page says so, and what is written meanwhile waits and arrives once", async () => {
  const mortal = await startServer({ RATE_LIMIT: "off" });
  onTestFinished(() => mortal.stop());
  const { alice, bob } = await friends(mortal.url);
  await mortal.kill();
  await alice.page.getByText("No connection.", { exact: false }).waitFor();
  await alice.send("meanwhile", "meanwhile too");
  await alice.sees("meanwhile", "Waiting to be sent");
  await mortal.restart();
  await alice.connected();
  await alice.send("after");
  await bob.sees("after");
  await alice.sees("after", "Read");
  const all = ["hello", "hi", "meanwhile", "meanwhile too", "after"];
  expect(await bob.texts()).toEqual(all);
  expect(await alice.texts()).toEqual(all);
});

test("without a network the page opens, shows what it has, and sends what is written once there is one", async () => {
  const { b, alice, bob } = await friends();
  await alice.page.evaluate(async () => void (await navigator.serviceWorker.ready));
  // The first visit was before there was a worker: this one goes through it.
  await alice.page.reload();
  await alice.sees("hi");
  await alice.page.context().setOffline(true);
  await alice.page.reload();
  await alice.page.getByRole("heading", { name: b, exact: true }).waitFor();
  await alice.sees("hi");
  await alice.page.locator(".banner:not([data-is=open])").waitFor();
  await alice.send("from the tunnel");
  await alice.sees("from the tunnel", "Waiting to be sent");
  await alice.kept();
  await alice.page.reload();
  await alice.sees("from the tunnel", "Waiting to be sent");
  await alice.page.context().setOffline(false);
  await alice.sees("from the tunnel", "Read");
  expect(await bob.texts()).toEqual(["hello", "hi", "from the tunnel"]);
  expect(await alice.texts()).toEqual(["hello", "hi", "from the tunnel"]);
});

test("of a page that is left before the store has what was sent, the text is in the field again", async () => {
  const { alice } = await friends();
  await alice.page.evaluate(async () => {
    const [found] = await indexedDB.databases();
    const opening = indexedDB.open(found?.name ?? "");
    await new Promise((opened) => (opening.onsuccess = opened));
    // As long as this one goes on, all that follow wait.
    const store = opening.result.transaction(opening.result.objectStoreNames, "readwrite").objectStore("drafts");
    const goOn = () => void (store.count().onsuccess = goOn);
    goOn();
  });
  await alice.send("too early");
  await alice.sees("too early");
  await alice.page.reload();
  await alice.sees("hi");
  expect(await alice.texts()).toEqual(["hello", "hi"]);
  expect(await alice.composer.inputValue()).toBe("too early");
  await alice.composer.press("Enter");
  await alice.sees("too early", "Read");
  await alice.kept();
});

test("what arrives while nobody looks is notified, if it was wanted", async () => {
  const { a, alice, bob } = await friends();
  await bob.page.context().grantPermissions(["notifications"]);
  await bob.account.click();
  await bob.page.getByLabel("Notify me", { exact: false }).check();
  await bob.button("Close").click();
  // Headless Chromium shows no notification and hides no page: what the page would show is noted.
  await bob.page.evaluate(() => {
    const shown: string[][] = [];
    class Noted extends EventTarget {
      static readonly permission = "granted";
      constructor(title: string, { body }: { body: string }) {
        super();
        shown.push([title, body]);
      }
    }
    Object.defineProperty(document, "visibilityState", { value: "hidden" });
    Object.assign(globalThis, { Notification: Noted, shown });
  });
  await alice.send("psst");
  await bob.sees("psst");
  expect(await bob.page.evaluate(() => (globalThis as unknown as { shown: unknown }).shown)).toEqual([[a, "psst"]]);
  expect(await bob.page.title()).toBe("(1) Restante");
});

/** Texts that would run, frame, fetch or break out, if they were anything but text. */
const CORPUS = [
  `<img src=x onerror="document.title='run'">`,
  `<script>document.title='run'</script>`,
  `<svg onload=document.title='run'>`,
  `"><iframe srcdoc="<script>parent.document.title='run'</script>">`,
  `javascript:document.title='run'`,
  `https://example.com/"onmouseover="document.title='run'`,
  `https://example.com/<b>x</b>`,
  `{{constructor.constructor("document.title='run'")()}}`,
  "${document.title='run'}",
  `</textarea><script>document.title='run'</script>`,
  "\u202Eevil\u202C \u0000 \uD800",
  `<style>*{display:none}</style>`,
  `<base href="https://evil.test/">`,
  `&lt;script&gt;`,
];

test("whatever people write is text: nothing runs, and the policy has nothing to stop", async () => {
  const { alice, bob } = await friends();
  for (const { page } of [alice, bob]) {
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(globalThis, { seen });
      document.addEventListener("securitypolicyviolation", ({ violatedDirective }) => seen.push(violatedDirective));
    });
  }
  await alice.send(...CORPUS);
  await alice.send("the last");
  await bob.sees("the last");
  await bob.composer.fill(CORPUS.join("\n"));
  const stranger = await Visitor.at(browser, server.url);
  for (const text of CORPUS) {
    await bob.page.getByRole("searchbox").fill(text);
    await stranger.page.getByLabel("Your name").fill(text);
    await stranger.button("Continue").click();
    await stranger.page.getByRole("alert").getByText("A name has 1 to 64", { exact: false }).waitFor();
  }
  expect(stranger.errors).toEqual([]);
  for (const { page, errors } of [alice, bob]) {
    expect(await page.title()).toBe("Restante");
    expect(await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen)).toEqual([]);
    expect(errors).toEqual([]);
  }
  expect(await bob.page.locator("img, iframe, .bubble script, .bubble svg[onload]").count()).toBe(0);
  const links = await bob.messages.locator("a").evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href));
  expect(links.every((link) => /^https:\/\/(example\.com|evil\.test)\//.test(link))).toBe(true);
});

test("three tabs of one browser are one device: all show everything, and when the connected one is closed another goes on", async () => {
  const { alice, bob } = await friends();
  const context = bob.page.context();
  const tabs = [bob, await Visitor.in(context, bob.page.url()), await Visitor.in(context, bob.page.url())];
  await alice.send("to all tabs");
  for (const tab of tabs) await tab.sees("to all tabs");
  await bob.page.close();
  await alice.send("to those that are left");
  for (const tab of tabs.slice(1)) {
    await tab.sees("to those that are left");
    expect(await tab.texts()).toEqual(["hello", "hi", "to all tabs", "to those that are left"]);
  }
});

test("a long conversation is drawn in part: scrolling up shows all of it, in order and without a jump, and there is a way back", async () => {
  const { a, b, alice, bob } = await friends();
  const most = 900;
  // Another device of alice's sends them all at once.
  const sender = `${server.url.replace("http", "ws")}/client/${a}?device=loader&cursor=head`;
  await alice.page.evaluate(
    ([address, to, count]) => {
      const socket = new WebSocket(address, "restante.v1");
      const frames = Array.from({ length: count }, (_, i) => ({ type: "send", id: i + 1, to, body: `number ${i}` }));
      socket.addEventListener("message", () => socket.send(JSON.stringify(frames)), { once: true });
    },
    [sender, b, most] as const,
  );
  await bob.sees(`number ${most - 1}`);
  const later = await Visitor.in(bob.page.context(), bob.page.url());
  await later.sees(`number ${most - 1}`);
  const log = later.page.getByRole("log");
  /** Scrolls up a little; returns what is seen first then, how many are drawn, and whether it was the beginning. */
  const up = () =>
    log.evaluate(async (box) => {
      box.scrollTop -= 400;
      for (let frame = 0; frame < 3; frame++) await new Promise((done) => requestAnimationFrame(done));
      const items = [...box.querySelectorAll<HTMLElement>("[data-key]")];
      const { top } = box.getBoundingClientRect();
      const first = items.find((item) => item.getBoundingClientRect().bottom > top);
      const number = Number(/number (\d+)/.exec(first?.textContent ?? "")?.[1] ?? -1);
      return { number, drawn: items.length, start: box.textContent.includes("This is the beginning.") };
    });
  const seen: number[] = [];
  for (;;) {
    const { number, drawn, start } = await up();
    seen.push(number);
    expect(drawn).toBeLessThanOrEqual(200);
    if (start && number < 5) break;
  }
  const steps = seen.slice(1).map((number, i) => (seen[i] ?? 0) - number);
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...steps)).toBeLessThan(20);
  expect((await later.texts()).slice(0, 3)).toEqual(["hello", "hi", "number 0"]);
  await later.button("To the newest message").click();
  await later.messages.filter({ hasText: `number ${most - 1}` }).waitFor();
  await alice.send("and one more");
  await later.sees("and one more");
});

test("everything goes by keyboard: Enter sends, Shift+Enter breaks the line, and the focus is visible", async () => {
  const { b, alice, bob } = await two();
  const { page } = alice;
  await page.getByRole("searchbox").focus();
  await page.keyboard.type(b);
  await page.keyboard.press("Enter");
  await alice.composer.waitFor();
  await expect.poll(() => alice.composer.evaluate((field) => field === document.activeElement)).toBe(true);
  await page.keyboard.type("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  await page.keyboard.press("Enter");
  await alice.sees("one\ntwo", "Sent");
  await bob.list.getByRole("link").focus();
  await bob.page.keyboard.press("Enter");
  await bob.sees("one");
  const outline = await bob.composer.evaluate((field) => getComputedStyle(field).outlineStyle);
  expect(outline).toBe("solid");
});

test("a text that is too long says so before it is sent, and is not lost", async () => {
  const { b, alice } = await two();
  await alice.open(b);
  await alice.composer.fill("x".repeat(70_000));
  await alice.page.getByText("4,466 bytes too long").waitFor();
  expect(await alice.button("Send").isDisabled()).toBe(true);
  await alice.composer.press("Enter");
  expect((await alice.composer.inputValue()).length).toBe(70_000);
  await alice.composer.fill("x".repeat(61_000));
  await alice.page.getByText("4,534 bytes left").waitFor();
});

test("a phone of 320 px shows one thing at a time, and nothing is wider than it", async () => {
  const { b, bob } = await two();
  const phone = await Visitor.at(browser, server.url, {
    viewport: { width: 320, height: 560 },
    isMobile: true,
    hasTouch: true,
  });
  const fits = () =>
    phone.page.evaluate(
      () => document.documentElement.scrollWidth <= innerWidth && document.body.scrollWidth <= innerWidth,
    );
  expect(await fits()).toBe(true);
  count++;
  await phone.claim(`phone-${count}`);
  expect(await fits()).toBe(true);
  await phone.open(b);
  expect(await phone.list.isVisible()).toBe(false);
  await phone.send(`https://example.com/${"long".repeat(100)}`, "W".repeat(300));
  await bob.list.getByRole("link").first().waitFor();
  expect(await fits()).toBe(true);
  await phone.button("Back").click();
  await phone.list.waitFor();
  expect(await fits()).toBe(true);
  await phone.account.click();
  expect(await fits()).toBe(true);
});

test("in 简体中文 nothing is said in English, from the browser's setting and by choice", async () => {
  count++;
  const wang = await Visitor.at(browser, server.url, { locale: "zh-CN" });
  const { page } = wang;
  const english = async () =>
    ((await page.locator("#app").innerText()).match(/[A-Za-z]{2,}/g) ?? []).filter(
      (word) => !/^(Restante|wang|Chrome|Linux|English)$/.test(word),
    );
  await page.getByLabel("你的名字").fill(`wang-${count}`);
  expect(await english()).toEqual([]);
  await page.getByRole("button", { name: "继续" }).click();
  await page.getByRole("button", { name: "我已保存" }).waitFor();
  await page.getByRole("button", { name: "我已保存" }).click();
  await page.getByRole("button", { name: /^账户/ }).click();
  await page.getByText("通行密钥", { exact: true }).waitFor();
  expect(await english()).toEqual([]);
  expect(await page.locator("html").getAttribute("lang")).toBe("zh-Hans");
  await page.getByRole("combobox", { name: "语言" }).selectOption("en");
  await page.getByRole("heading", { name: "Devices" }).waitFor();
  await page.reload();
  await wang.account.waitFor();
  expect(wang.errors).toEqual([]);
});

test.each(["light", "dark"] as const)("axe finds nothing in %s, in any state that people see", async (colorScheme) => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const { a, b, alice, bob } = await two();
  count++;
  const options = { colorScheme, bypassCSP: true };
  const carol = await Visitor.at(browser, server.url, options);
  const check = async (state: string) => {
    await carol.page.addScriptTag({ content: axe });
    const found = await carol.page.evaluate(async () => {
      const { axe: runner } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      return (await runner.run()).violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`,
      );
    });
    expect(found, state).toEqual([]);
  };
  await carol.page.getByLabel("Your name").waitFor();
  await check("the way in");
  await carol.page.getByLabel("Your name").fill(b);
  await carol.button("Continue").click();
  await carol.page.getByText("This name is taken.", { exact: false }).waitFor();
  await check("a name that is taken");
  await carol.button("Another name").click();
  await carol.page.getByLabel("Your name").fill(`carol-${count}`);
  await carol.button("Continue").click();
  await carol.button("I have kept it").waitFor();
  await check("the recovery code");
  await carol.button("I have kept it").click();
  await carol.connected();
  await check("no conversation");
  await carol.open(b);
  await carol.send("hello", "with a link: https://example.com/");
  await bob.list.getByRole("link").click();
  await bob.send("hello carol");
  await carol.sees("hello carol");
  await check("a conversation");
  await carol.account.click();
  await carol.page.getByText("Chrome, Linux").waitFor();
  await check("the account");
  await carol.button("Close").click();
  await carol.button("Block").click();
  await carol.button("Unblock").waitFor();
  await check("blocked");
  await alice.open(`carol-${count}`);
  await alice.send("may I?");
  await carol.list.getByRole("link", { name: new RegExp(a) }).click();
  await carol.button("Accept").waitFor();
  await check("a request");
  await bob.button("Block").click();
  await carol.open(b);
  await carol.button("Unblock").click();
  await carol.composer.waitFor();
  await carol.page.context().setOffline(true);
  await carol.page.getByText("No connection.", { exact: false }).waitFor();
  await carol.composer.fill("x".repeat(61_000));
  await check("no connection, and a long draft");
  await carol.page.context().setOffline(false);
  await carol.connected();
  await carol.send("too late");
  await carol.button("Send again").waitFor();
  await check("a message that failed");
});
