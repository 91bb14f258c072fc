// A page that lies in the browser's back/forward cache while it holds the lock of the leader. Real Chromium with that
// cache, real locks, a real server.
import type { BrowserContext, Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Restante } from "../../src/client/connect.ts";
import { isOpen, SdkFixture, send } from "../support/sdk-fixture.ts";
import type { Device } from "../support/client-socket.ts";
import { open } from "../support/tcp-devices.ts";

/** Playwright turns the cache off. */
const fixture = new SdkFixture(["--disable-back-forward-cache"]);

/** Globals of the test page. */
declare const me: Restante;
declare const shown: unknown[];
declare const arrivals: boolean[];

const showsCount = (page: Page, count: number) => page.waitForFunction((wanted) => shown.length === wanted, count);
/** The tabs that hold a lock. */
const leaders = (page: Page) =>
  page.evaluate(async () => ((await navigator.locks.query()).held ?? []).map(({ clientId }) => clientId));
/** Why the page was loaded anew; null where it came out of the cache. */
const evictedBy = (page: Page) =>
  page.evaluate(() => {
    const [entry] = performance.getEntriesByType("navigation") as (PerformanceNavigationTiming & {
      readonly notRestoredReasons?: { readonly reasons: readonly { readonly reason: string }[] } | null;
    })[];
    return entry?.notRestoredReasons?.reasons.map(({ reason }) => reason) ?? null;
  });

/** A leader that notes in `arrivals`, each time that it is shown again, whether it comes out of the cache. */
async function leaderOf(context: BrowserContext, userName: string): Promise<Page> {
  const page = await fixture.tab(context, userName);
  await isOpen(page);
  await page.evaluate(() => {
    Object.assign(globalThis, { arrivals: [] });
    addEventListener("pageshow", ({ persisted }) => arrivals.push(persisted));
  });
  return page;
}

/** The next message of this user, after those of its own user. */
async function nextOf(userName: string, device: Device): Promise<unknown> {
  for (;;) {
    const [message] = await device.take("message", 1);
    if (message?.["from"] === userName) return message["body"];
  }
}

const leave = (page: Page) => page.goto(`${fixture.origin}/elsewhere`);
const goBack = (page: Page) => page.goBack({ waitUntil: "commit" });

test("a leader that comes back from the back/forward cache with its lock shows what came meanwhile, and sends", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  const page = await leaderOf(context, alice);
  const phone = await open(fixture.server.url, bob);
  phone.send({ type: "send", id: 1, to: alice, body: "before" });
  await showsCount(page, 1);
  await leave(page);
  phone.send({ type: "send", id: 2, to: alice, body: "meanwhile" });
  await phone.take("accepted", 2);
  await goBack(page);
  await showsCount(page, 2);
  expect(await page.evaluate(() => arrivals)).toEqual([true]);
  await isOpen(page);
  await send(page, bob, ["afterwards"]);
  expect(await nextOf(alice, phone)).toBe("afterwards");
  phone.send({ type: "send", id: 3, to: alice, body: "at last" });
  await showsCount(page, 3);
  expect(await page.evaluate(() => shown)).toEqual(["before", "meanwhile", "at last"]);
  expect(await leaders(page)).toHaveLength(1);
  expect((await phone.settled()).filter(({ type, from }) => type === "message" && from === alice)).toEqual([]);
});

test.each(["was open before", "is opened then"])(
  "a tab that %s leads within 30 s while the leader lies in the back/forward cache, which Chromium evicts",
  async (when) => {
    const { alice, bob } = fixture.names();
    const context = await fixture.newContext();
    const first = await leaderOf(context, alice);
    const second = await fixture.emptyTab(context);
    if (when === "was open before") await fixture.enter(second, alice);
    if (when === "was open before") await isOpen(second);
    const phone = await open(fixture.server.url, bob);
    await leave(first);
    const leftAt = performance.now();
    if (when === "is opened then") await fixture.enter(second, alice);
    await send(second, bob, ["from the second"]);
    expect(await nextOf(alice, phone)).toBe("from the second");
    expect(performance.now() - leftAt).toBeLessThan(30_000);
    const [leader] = await leaders(second);
    phone.send({ type: "send", id: 1, to: alice, body: "to the second" });
    await showsCount(second, 1);
    await goBack(first);
    await first.waitForFunction(() => "enter" in globalThis && !("me" in globalThis));
    const reasons = await evictedBy(first);
    expect(["weblocks-contention", "broadcastchannel-message"]).toEqual(expect.arrayContaining(reasons ?? [null]));
    await fixture.enter(first, alice);
    await isOpen(first);
    await send(first, bob, ["from the first"]);
    expect(await nextOf(alice, phone)).toBe("from the first");
    phone.send({ type: "send", id: 2, to: alice, body: "to both" });
    await showsCount(second, 2);
    await showsCount(first, 1);
    expect(await leaders(second)).toEqual([leader]);
    expect(await second.evaluate(() => shown)).toEqual(["to the second", "to both"]);
    expect(await first.evaluate(() => me.conversations.value.map(({ last }) => last.body))).toEqual(["to both"]);
    expect((await phone.settled()).filter(({ type, from }) => type === "message" && from === alice)).toEqual([]);
  },
);
