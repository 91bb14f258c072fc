// The tabs of a browser where one of them is stopped, signs out, or comes from a later version. Real Chromium, real
// locks, a real server.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Restante } from "../../src/client/connect.ts";
import { isOpen, SdkFixture, send } from "../support/sdk-fixture.ts";
import { open } from "../support/tcp-devices.ts";

const fixture = new SdkFixture();

/** Globals of the test page. */
declare const me: Restante;
declare const shown: unknown[];

const state = (page: Page) => page.evaluate(() => me.connection.value);
const hasStopped = (page: Page) => page.waitForFunction(() => me.connection.value.is === "stopped");
/** The tab that holds the lock. */
const leaderOf = (page: Page) => page.evaluate(async () => (await navigator.locks.query()).held?.[0]?.clientId);
const databases = (page: Page) =>
  page.evaluate(async () => (await indexedDB.databases()).map(({ name, version }) => [name, version]));

/** The database, opened with a later version, as a later SDK does: resolves when it is open. */
async function openLater(page: Page, name: string): Promise<void> {
  await page.evaluate(
    (database) =>
      new Promise<void>((done, fail) => {
        const request = indexedDB.open(database, 2);
        request.addEventListener("success", () => done(request.result.close()));
        request.addEventListener("error", () => fail(request.error as DOMException));
      }),
    name,
  );
}

test("a tab takes over within 30 s from a leader that the browser has stopped, which leads no more when it runs again", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  const first = await fixture.tab(context, alice);
  await isOpen(first);
  const second = await fixture.tab(context, alice);
  await isOpen(second);
  const phone = await open(fixture.server.url, bob);
  const devtools = await context.newCDPSession(first);
  const leader = await leaderOf(second);
  // No task of the page runs while it is paused.
  await devtools.send("Debugger.enable");
  await devtools.send("Debugger.pause");
  const stoppedAt = performance.now();
  await send(second, bob, ["while it is stopped"]);
  expect((await phone.take("message", 1)).map(({ body }) => body)).toEqual(["while it is stopped"]);
  expect(performance.now() - stoppedAt).toBeLessThan(30_000);
  expect(await leaderOf(second)).not.toBe(leader);
  phone.send({ type: "send", id: 1, to: alice, body: "to the second" });
  await second.waitForFunction(() => shown.length === 1);
  await devtools.send("Debugger.resume");
  await devtools.send("Debugger.disable");
  await first.waitForFunction(() => shown.length === 1);
  await send(first, bob, ["from the first"]);
  await send(second, bob, ["from the second"]);
  const [, ...later] = await phone.take("message", 3);
  expect(later.map(({ body }) => body).toSorted()).toEqual(["from the first", "from the second"]);
  for (const page of [first, second]) {
    await isOpen(page);
    expect(await page.evaluate(() => shown)).toEqual(["to the second"]);
  }
  expect((await phone.settled()).filter(({ type }) => type === "message")).toEqual([]);
});

test("a leader that finds the term of another one in the database begins anew before it writes and sends", async () => {
  const { alice, bob } = fixture.names();
  const page = await fixture.tab(await fixture.newContext(), alice);
  await isOpen(page);
  const setTerm = (name: string) =>
    page.evaluate(
      (database) =>
        new Promise<unknown>((done) => {
          const request = indexedDB.open(database);
          request.addEventListener("success", () => {
            const tx = request.result.transaction("about", "readwrite");
            const found = tx.objectStore("about").get("term");
            found.addEventListener("success", () => {
              if (found.result < 99) tx.objectStore("about").put(99, "term");
            });
            tx.addEventListener("complete", () => {
              request.result.close();
              done(found.result);
            });
          });
        }),
      name,
    );
  expect(await setTerm(fixture.databaseOf(alice))).toBe(1);
  const phone = await open(fixture.server.url, bob);
  await send(page, bob, ["hello"]);
  expect((await phone.take("message", 1)).map(({ body }) => body)).toEqual(["hello"]);
  expect(await setTerm(fixture.databaseOf(alice))).toBe(100);
  await isOpen(page);
  expect((await phone.settled()).filter(({ type }) => type === "message")).toEqual([]);
});

test("close({ forget: true }) in one tab ends the others, nothing of the user stays, and each tab can sign in again", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  const tabs = [await fixture.tab(context, alice), await fixture.tab(context, alice)] as const;
  for (const page of tabs) await isOpen(page);
  await send(tabs[0], bob, ["hello"]);
  for (const leaving of [1, 0] as const) {
    const [page, other] = leaving === 1 ? [tabs[1], tabs[0]] : tabs;
    await page.evaluate(() => me.close({ forget: true }));
    await hasStopped(other);
    const message = "Another tab has signed out.";
    expect(await state(other)).toEqual({ is: "stopped", code: 1000, reason: "signed_out", message });
    const sent = await other.evaluate((peer) => me.send(peer, "too late").state.value, bob);
    expect(sent).toMatchObject({ is: "failed", code: "closed" });
    expect(await databases(other)).toEqual([]);
    for (const again of tabs) await fixture.enter(again, alice);
    for (const again of tabs) await isOpen(again);
    expect(await databases(other)).toEqual([[fixture.databaseOf(alice), 1]]);
  }
});

test("a tab of a later version opens its database at once, and older tabs stop with `outdated`", async () => {
  const { alice } = fixture.names();
  const context = await fixture.newContext();
  const tabs = [await fixture.tab(context, alice), await fixture.tab(context, alice)];
  for (const page of tabs) await isOpen(page);
  const later = await fixture.emptyTab(context);
  await openLater(later, fixture.databaseOf(alice));
  for (const page of tabs) {
    await hasStopped(page);
    expect(await state(page)).toMatchObject({ code: 1000, reason: "outdated" });
  }
  // The lock is free for the later version.
  expect(await later.evaluate(async () => (await navigator.locks.query()).held)).toEqual([]);
});

test("a client that meets the store of a later version stops with `outdated`, and destroys nothing", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  const first = await fixture.tab(context, alice);
  await isOpen(first);
  await send(first, bob, ["hello"]);
  await first.waitForFunction(() => me.conversations.value[0]?.last.seq !== null);
  await first.close();
  const page = await fixture.emptyTab(context);
  await openLater(page, fixture.databaseOf(alice));
  await fixture.enter(page, alice);
  await hasStopped(page);
  expect(await state(page)).toMatchObject({ code: 1000, reason: "outdated" });
  await page.evaluate(() => me.retry());
  await hasStopped(page);
  await page.evaluate(() => me.close());
  const rows = await page.evaluate(
    (name) =>
      new Promise<number>((done) => {
        const request = indexedDB.open(name);
        request.addEventListener("success", () => {
          const count = request.result.transaction("entries").objectStore("entries").count();
          count.addEventListener("success", () => done(count.result));
        });
      }),
    fixture.databaseOf(alice),
  );
  expect(rows).toBe(1);
});
