// The store of a browser: messages that were written offline or were in flight when a tab closed are sent once, shown
// messages are shown again, and tabs work together. Real Chromium, real IndexedDB, a real server, and a test page with
// nothing but the SDK.
import { expect, test } from "vitest";
import type { Restante } from "../../src/client/connect.ts";
import type { Device } from "../support/client-socket.ts";
import { numbered } from "../support/numbered.ts";
import { isOpen, SdkFixture, send } from "../support/sdk-fixture.ts";
import { open } from "../support/tcp-devices.ts";

const fixture = new SdkFixture();

/** Globals of the test page. */
declare const me: Restante;
declare const shown: unknown[];

/** The bodies of the next messages of this device. */
async function bodies(device: Device, number: number): Promise<unknown[]> {
  const frames = await device.take("message", number);
  device.ack(frames.at(-1)?.["seq"]);
  return frames.map(({ body }) => body);
}

test("messages from a closed tab without a server are sent once when the page is opened again", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  await fixture.server.kill();
  const page = await fixture.tab(context, alice);
  await page.waitForFunction(() => me.connection.value.is === "waiting");
  await send(page, bob, numbered(20, "offline"));
  const kept = page.evaluate((peer) => me.messages.with(peer).value.map(({ state }) => state?.is), bob);
  expect(await kept).toEqual(Array.from({ length: 20 }, () => "sending"));
  await page.close();
  await fixture.server.restart();
  const later = await fixture.tab(context, alice);
  await isOpen(later);
  await send(later, bob, ["after"]);
  const phone = await open(fixture.server.url, bob);
  expect(await bodies(phone, 21)).toEqual([...numbered(20, "offline"), "after"]);
  expect((await phone.settled()).filter(({ type }) => type === "message")).toEqual([]);
});

test("[S10] messages that were in flight when the tab was closed arrive once and in order", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  const phone = await open(fixture.server.url, bob);
  const all: string[] = [];
  for (let round = 0; round < 5; round++) {
    const page = await fixture.tab(context, alice);
    await isOpen(page);
    const burst = numbered(100, `round ${round}`);
    all.push(...burst);
    await send(page, bob, burst);
    await page.close();
  }
  const last = await fixture.tab(context, alice);
  await isOpen(last);
  expect(await bodies(phone, all.length)).toEqual(all);
  await send(last, bob, ["end"]);
  expect(await bodies(phone, 1)).toEqual(["end"]);
});

test("[L4] shown messages are there again without a server, and none is shown twice when it is back", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  const first = await fixture.tab(context, alice);
  await isOpen(first);
  const phone = await open(fixture.server.url, bob);
  phone.send(...numbered(30, "hello").map((body, i) => ({ type: "send", id: i + 1, to: alice, body })));
  await first.waitForFunction(() => shown.length === 30);
  await first.close();
  await fixture.server.kill();
  const second = await fixture.tab(context, alice);
  const seen = () =>
    second.evaluate((peer) => me.conversations.value.map(({ last, unread }) => [last.peer === peer, unread]), bob);
  await second.waitForFunction(() => me.conversations.value.length === 1);
  expect(await seen()).toEqual([[true, 30]]);
  const texts = await second.evaluate(async (peer) => {
    const thread = me.messages.with(peer);
    // Polls in turns of the event loop: the page reads its database.
    while (thread.value.length === 0) await new Promise((done) => setTimeout(done));
    return thread.value.map(({ body }) => body);
  }, bob);
  expect(texts).toEqual(numbered(30, "hello"));
  await fixture.server.restart();
  const again = await open(fixture.server.url, bob, "tablet", "&cursor=head");
  again.send({ type: "send", id: 1, to: alice, body: "new" });
  await second.waitForFunction(() => shown.length === 1);
  expect(await second.evaluate(() => shown)).toEqual(["new"]);
});

test("two tabs send at the same time, the connected one is closed meanwhile, and every message arrives once", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  const phone = await open(fixture.server.url, bob);
  const first = await fixture.tab(context, alice);
  await isOpen(first);
  const second = await fixture.tab(context, alice);
  await isOpen(second);
  await Promise.all([send(first, bob, numbered(200, "first")), send(second, bob, numbered(200, "second"))]);
  await first.close();
  await send(second, bob, numbered(50, "third"));
  const got = await bodies(phone, 450);
  for (const [mark, number] of [
    ["first", 200],
    ["second", 200],
    ["third", 50],
  ] as const) {
    expect(got.filter((body) => String(body).startsWith(mark))).toEqual(numbered(number, mark));
  }
  expect((await phone.settled()).filter(({ type }) => type === "message")).toEqual([]);
});

test("each tab shows every message once with the same unread count, and the remaining tab keeps the watched users", async () => {
  const { alice, bob } = fixture.names();
  const context = await fixture.newContext();
  const tabs = [await fixture.tab(context, alice), await fixture.tab(context, alice)];
  for (const page of tabs) await isOpen(page);
  const phone = await open(fixture.server.url, bob);
  phone.send(...numbered(10, "to both").map((body, i) => ({ type: "send", id: i + 1, to: alice, body })));
  for (const page of tabs) {
    await page.waitForFunction(() => shown.length === 10);
    expect(await page.evaluate(() => shown)).toEqual(numbered(10, "to both"));
    await page.waitForFunction(() => me.conversations.value[0]?.unread === 10);
  }
  await tabs[1]?.evaluate((peer) => me.read(peer), bob);
  for (const page of tabs) await page.waitForFunction(() => me.conversations.value[0]?.unread === 0);
  expect((await phone.mark("read"))["peer"]).toBe(alice);
  await tabs[1]?.evaluate((peer) => void me.presence.watch([peer]), bob);
  await tabs[1]?.waitForFunction((peer) => me.presence.value.get(peer)?.online === true, bob);
  await tabs[0]?.close();
  phone.send({ type: "typing", to: alice });
  await tabs[1]?.waitForFunction((peer) => {
    me.typing(peer);
    return me.connection.value.is === "open";
  }, bob);
  phone.send({ type: "send", id: 11, to: alice, body: "still there?" });
  await tabs[1]?.waitForFunction(() => shown.length === 11);
  expect(await tabs[1]?.evaluate((peer) => me.presence.value.get(peer)?.online, bob)).toBe(true);
});
