// The appearance of the page: on a phone, by keyboard, in another language, in dark colours, and for screen readers.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { BrowserFixture } from "../support/browser-fixture.ts";
import { HAS_CODE, PageUser } from "../support/page-user.ts";

const fixture = new BrowserFixture();

test("nothing jumps while the page loads with a conversation open", async () => {
  const { alice } = await fixture.twoContacts();
  await alice.page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  await alice.page.reload();
  await alice.sees("hi");
  await alice.untilConnected();
  await alice.page.locator(".about").getByText("online").waitFor();
  const shifts = await alice.page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts);
  expect(shifts.reduce((sum, value) => sum + value, 0)).toBeLessThan(0.01);
});

test("a long conversation is drawn in part: scrolling up shows all of it in order and without a jump, and a button leads back", async () => {
  const { a, b, alice, bob } = await fixture.twoContacts();
  const most = 900;
  // Another device of alice's sends them all at once.
  const sender = `${fixture.url.replace("http", "ws")}/client/${a}?device=loader&cursor=head`;
  await alice.page.evaluate(
    ([address, to, count]) => {
      const socket = new WebSocket(address, "restante.v1");
      const frames = Array.from({ length: count }, (_, i) => ({ type: "send", id: i + 1, to, body: `number ${i}` }));
      socket.addEventListener("message", () => socket.send(JSON.stringify(frames)), { once: true });
    },
    [sender, b, most] as const,
  );
  // They open at the first one.
  await bob.sees("number 0");
  await bob.page.locator(".to-newest").click();
  await bob.sees(`number ${most - 1}`);
  await alice.sees(`number ${most - 1}`, "Read");
  const later = await PageUser.inNewTab(bob.page.context(), bob.page.url());
  await later.sees(`number ${most - 1}`);
  const log = later.page.getByRole("log");
  /** Scrolls up by 400 px; returns the first visible message, how many are drawn, and whether it was the beginning. */
  const up = () =>
    log.evaluate(async (box) => {
      box.scrollTop -= 400;
      for (let frame = 0; frame < 3; frame++) await new Promise((done) => requestAnimationFrame(done));
      const items = [...box.querySelectorAll<HTMLElement>("[data-key]")];
      const { top } = box.getBoundingClientRect();
      const first = items.find((item) => item.getBoundingClientRect().bottom > top);
      const number = Number(/number (\d+)/.exec(first?.querySelector(".text")?.textContent ?? "")?.[1] ?? -1);
      return { number, drawn: items.length, start: box.textContent.includes("This is the start of your chat") };
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
  await later.button("Jump to the newest message").click();
  await later.messages.filter({ hasText: `number ${most - 1}` }).waitFor();
  await alice.send("and one more");
  await later.sees("and one more");
});

test("the page works by keyboard: Enter sends, Shift+Enter breaks the line, and the focus is visible", async () => {
  const { b, alice, bob } = await fixture.twoUsers();
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

test("a phone of 320 px shows the list or the conversation, and nothing is wider than the screen", async () => {
  const { b, bob } = await fixture.twoUsers();
  const phone = await fixture.newUser({
    viewport: { width: 320, height: 560 },
    isMobile: true,
    hasTouch: true,
  });
  const fits = () =>
    phone.page.evaluate(
      () => document.documentElement.scrollWidth <= innerWidth && document.body.scrollWidth <= innerWidth,
    );
  expect(await fits()).toBe(true);
  await phone.claim(fixture.uniqueName("phone"));
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
  const dialog = phone.page.getByRole("dialog");
  await dialog.getByText("Chrome, Linux").waitFor();
  expect(await dialog.evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0);
});

test("in 简体中文 the page has no English text, by the browser's setting and by choice", async () => {
  const wang = await fixture.newUser({ locale: "zh-CN" });
  const { page } = wang;
  const english = async () =>
    ((await page.locator("#app").innerText()).match(/[A-Za-z]{2,}/g) ?? []).filter(
      (word) => !/^(Restante|wang|Chrome|Linux|English)$/.test(word),
    );
  await page.getByRole("button", { name: "我是新用户" }).waitFor();
  expect(await english()).toEqual([]);
  await page.getByRole("button", { name: "我是新用户" }).click();
  await page.getByLabel("用户名").fill(fixture.uniqueName("wang"));
  await page.getByText("可以使用。").waitFor();
  expect(await english()).toEqual([]);
  await page.getByRole("button", { name: "创建账户" }).click();
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

test.each(["light", "dark"] as const)(
  "axe finds nothing in %s colours, in any state of the page",
  async (colorScheme) => {
    const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    const { a, b, alice, bob } = await fixture.twoUsers();
    const c = fixture.uniqueName("carol");
    // Nothing is seen half faded in.
    const options = { colorScheme, bypassCSP: true, reducedMotion: "reduce" } as const;
    const carol = await fixture.newUser(options);
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
    await carol.outside.waitFor();
    await check("the ways in");
    await carol.outside.click();
    await check("the form to sign in");
    await carol.button("Back").click();
    await carol.button("I'm new").click();
    await carol.userName.fill(b);
    await carol.button("That's me: sign in").waitFor();
    await check("a name that is taken");
    await carol.userName.fill("no name!");
    await check("a name that can't be");
    await carol.userName.fill(c);
    await carol.button("Create account").click();
    await carol.button("I've saved it").waitFor();
    await check("the recovery code");
    await carol.button("I've saved it").click();
    await carol.untilConnected();
    await check("no conversation");
    await carol.open(b);
    await carol.send("hello", "with a link: https://example.com/");
    await bob.list.getByRole("link").click();
    await bob.send("hello carol");
    await carol.sees("hello carol");
    await check("a conversation");
    await carol.button(`Options for ${b}`).click();
    await check("the menu of a conversation");
    await carol.page.keyboard.press("Escape");
    await carol.composer.press("ArrowUp");
    await check("the menu of a message");
    await carol.menuItem("Delete for me").click();
    await check("the question before a message is deleted");
    await carol.page.keyboard.press("Escape");
    await carol.account.click();
    await carol.page.getByText("Chrome, Linux").waitFor();
    await check("the account");
    await carol.button("Link a device").click();
    await carol.page.getByRole("img", { name: "QR code with the link" }).waitFor();
    await carol.page.getByRole("dialog").getByRole("button", { name: "Delete account" }).click();
    await carol.button("Sign out").last().click();
    await carol.button(HAS_CODE).waitFor();
    await check("the account, with a link and questions");
    await carol.button("New recovery code").click();
    await carol.button("I've saved it").waitFor();
    await check("a new recovery code");
    await carol.button("I've saved it").click();
    await carol.button("Close").click();
    await carol.choose("Block");
    await check("the question before somebody is blocked");
    await carol.button("Block").click();
    await carol.button("Unblock").waitFor();
    await check("blocked");
    await alice.open(c);
    await alice.send("may I?");
    await carol.list.getByRole("link", { name: new RegExp(a) }).click();
    await carol.button("Accept").waitFor();
    await check("a request");
    await bob.block();
    await carol.open(b);
    await carol.button("Unblock").click();
    await carol.composer.waitFor();
    await carol.page.context().setOffline(true);
    await carol.page.getByText("You're offline.", { exact: false }).waitFor();
    await carol.composer.fill("x".repeat(61_000));
    await check("no connection, and a long draft");
    await carol.page.context().setOffline(false);
    await carol.untilConnected();
    await carol.send("too late");
    await carol.button("Send again").waitFor();
    await check("a message that failed");
  },
);
