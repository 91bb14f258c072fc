// The store of a browser where IndexedDB fails: deleted, closed, full, forbidden, held open by another tab, missing. The
// client opens it again, or goes on in memory and says so. Real Chromium, real IndexedDB, a real server.
import { randomBytes } from "node:crypto";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Restante } from "../../src/client/connect.ts";
import type { Device } from "../support/client-socket.ts";
import { isOpen, SdkFixture, send } from "../support/sdk-fixture.ts";
import { open } from "../support/tcp-devices.ts";

const fixture = new SdkFixture();

/** Globals of the test page. */
declare const me: Restante;
declare const shown: unknown[];
/** The databases that a page has opened, where a test asks for them. */
declare const databases: IDBDatabase[];

const storage = (page: Page) => page.evaluate(() => me.storage.value);
const inMemory = (page: Page) => page.waitForFunction(() => me.storage.value.is === "memory");

/** The texts of the next messages of others; the copies of what this device sent are left out. */
async function texts(device: Device, number: number): Promise<unknown[]> {
  const all: unknown[] = [];
  while (all.length < number) {
    const [frame] = await device.take("message", 1);
    // A window full of large messages waits for acks.
    device.send({ type: "ack", seq: Number(frame?.["seq"]) });
    if (frame?.["device"] === undefined) all.push(frame?.["body"]);
  }
  return all;
}

/** No message of another user follows. */
async function noMore(device: Device): Promise<void> {
  const rest = (await device.settled()).filter(({ type }) => type === "message");
  expect(rest.filter((frame) => frame["device"] === undefined)).toEqual([]);
}

test("records that the browser has deleted are stored again, and no message is shown or sent twice", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  const page = await fixture.tab(context, alice);
  await isOpen(page);
  const phone = await open(fixture.server.url, bob);
  phone.send({ type: "send", id: 1, to: alice, body: "before" });
  await page.waitForFunction(() => shown.length === 1);
  const devtools = await context.newCDPSession(page);
  await devtools.send("Storage.clearDataForOrigin", { origin: fixture.origin, storageTypes: "indexeddb" });
  await send(page, bob, ["after"]);
  expect(await texts(phone, 1)).toEqual(["after"]);
  phone.send({ type: "send", id: 2, to: alice, body: "later" });
  await page.waitForFunction(() => shown.length === 2);
  expect(await page.evaluate(() => shown)).toEqual(["before", "later"]);
  expect(await storage(page)).toEqual({ is: "durable" });
  await noMore(phone);
  await page.close();
  await fixture.server.kill();
  const again = await fixture.tab(context, alice);
  await again.waitForFunction(() => me.conversations.value.length === 1);
  expect(await again.evaluate(() => me.conversations.value.map(({ last, unread }) => [last.body, unread]))).toEqual([
    ["later", 2],
  ]);
  await fixture.server.restart();
  await isOpen(again);
  const thread = await again.evaluate(async (peer) => {
    const messages = me.messages.with(peer);
    while (messages.value.length < 3) {
      await new Promise((done) => setTimeout(done));
      if (messages.value.length > 0) await messages.older().catch(() => false);
    }
    return messages.value.map(({ body }) => body);
  }, bob);
  expect(thread).toEqual(["before", "after", "later"]);
  expect(await again.evaluate(() => shown)).toEqual([]);
});

test("a database that the browser has closed without an event is opened again by the next message", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  await context.addInitScript(() => {
    const all: IDBDatabase[] = [];
    Object.assign(globalThis, { databases: all });
    const openDatabase = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function open(name, version) {
      const request = openDatabase.call(this, name, version);
      request.addEventListener("success", () => all.push(request.result));
      return request;
    };
  });
  const page = await fixture.tab(context, alice);
  await isOpen(page);
  const phone = await open(fixture.server.url, bob);
  await page.evaluate(() => databases.at(-1)?.close());
  await send(page, bob, ["after"]);
  expect(await texts(phone, 1)).toEqual(["after"]);
  expect(await storage(page)).toEqual({ is: "durable" });
  expect(await page.evaluate(() => databases.length)).toBe(2);
});

// One text of the six is 40,000 bytes, and no compression makes it smaller: the six exceed the quota in one commit, also
// where Chromium measures the disk anew only after seconds.
const QUOTA_BYTES = 200_000;
const largeBody = () => randomBytes(30_000).toString("base64");

test("on a full disk a client goes on in memory and says so, and its messages arrive once", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  const page = await fixture.emptyTab(context);
  const devtools = await context.newCDPSession(page);
  const quota = (quotaSize: number) =>
    devtools.send("Storage.overrideQuotaForOrigin", { origin: fixture.origin, quotaSize });
  await quota(QUOTA_BYTES);
  await fixture.enter(page, alice);
  await isOpen(page);
  const before = await open(fixture.server.url, bob);
  before.send({ type: "send", id: 1, to: alice, body: "before" });
  await page.waitForFunction(() => shown.length === 1);
  // Without a server nothing is answered: `small` stays in the database.
  await fixture.server.kill();
  await send(page, bob, ["small"]);
  expect(await storage(page)).toEqual({ is: "durable" });
  const inMemory = Array.from({ length: 6 }, largeBody);
  await send(page, bob, inMemory);
  expect(await storage(page)).toEqual({ is: "memory", reason: "full" });
  inMemory.push("in memory");
  await send(page, bob, inMemory.slice(-1));
  await page.waitForFunction(
    (peer) => me.conversations.value.some(({ last }) => last.peer === peer && last.body === "in memory"),
    bob,
  );
  await fixture.server.restart();
  // At once, and not after a back-off that a busy machine has made long.
  await page.evaluate(() => me.check());
  await isOpen(page);
  const phone = await open(fixture.server.url, bob);
  phone.send({ type: "send", id: 2, to: alice, body: "later" });
  await page.waitForFunction(() => shown.length === 2);
  expect(await page.evaluate(() => shown)).toEqual(["before", "later"]);
  // What is in memory alone would be lost with the page.
  expect(await texts(phone, inMemory.length)).toEqual(inMemory);
  await quota(1e9);
  await page.close();
  // What was in the database without an answer is sent from there.
  const again = await fixture.tab(context, alice);
  await isOpen(again);
  expect(await storage(again)).toEqual({ is: "durable" });
  await send(again, bob, ["again"]);
  expect(await texts(phone, 2)).toEqual(["small", "again"]);
  await noMore(phone);
});

test("where the browser forbids IndexedDB, a client is in memory and says so", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  await context.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("forbidden", "SecurityError");
    };
  });
  const page = await fixture.tab(context, alice);
  await isOpen(page);
  expect(await storage(page)).toEqual({ is: "memory", reason: "forbidden" });
  await send(page, bob, ["hello"]);
  expect(await texts(await open(fixture.server.url, bob), 1)).toEqual(["hello"]);
});

test("on plain http off localhost each tab has a store in memory and a connection, and messages are sent once", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  const phone = await open(fixture.server.url, bob);
  const tabs = [];
  for (let i = 0; i < 2; i++) tabs.push(await fixture.tab(context, alice, fixture.insecureOrigin));
  for (const [i, page] of tabs.entries()) {
    await isOpen(page);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    expect(await storage(page)).toEqual({ is: "memory", reason: "unsupported" });
    await send(page, bob, [`from ${i}`]);
    expect(await texts(phone, 1)).toEqual([`from ${i}`]);
  }
  phone.send({ type: "send", id: 1, to: alice, body: "to both" });
  for (const page of tabs) await page.waitForFunction(() => shown.length === 1);
  await noMore(phone);
});

test("where another tab holds the database, a client goes on in memory within seconds", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  const holder = await fixture.emptyTab(context);
  await holder.evaluate(
    (name) =>
      new Promise<void>((done) => {
        const request = indexedDB.open(name, 1);
        request.addEventListener("success", () => {
          // The database is deleted when this tab closes it, and can't be opened before.
          indexedDB.deleteDatabase(name).addEventListener("blocked", () => done());
        });
      }),
    fixture.databaseOf(alice),
  );
  const page = await fixture.tab(context, alice);
  await inMemory(page);
  await isOpen(page);
  expect(await storage(page)).toEqual({ is: "memory", reason: "unavailable" });
  await send(page, bob, ["hello"]);
  expect(await texts(await open(fixture.server.url, bob), 1)).toEqual(["hello"]);
});
