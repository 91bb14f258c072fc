// The log over HTTP: pages and streams of the frames that a socket is sent, from the same cursor.
import { env } from "cloudflare:workers";
import { listDurableObjectIds } from "cloudflare:test";
import { expect, test } from "vitest";
import { fetchWorker, callApi } from "../support/accounts.ts";
import { fresh, open } from "../support/devices.ts";
import { EventStream } from "../support/event-stream.ts";
import { countRowsWritten } from "../support/count-rows.ts";
import { createService, statusAndCode } from "../support/operators.ts";
import { bodies, follow, page, sends } from "../support/log-pages.ts";

test("[H7] pages of the log are the frames of a socket, from a cursor to its head", async () => {
  const [alice, bob] = [await open(fresh("alice")), fresh("bob")];
  await sends(alice, bob, 5);
  const device = await open(bob, "phone", "&cursor=0");
  const received = await device.take("message", 5);
  const first = await page(bob, "&limit=2");
  expect(first).toMatchObject({ epoch: device.welcome.epoch, head: device.welcome.head, more: true });
  expect(first.frames).toEqual(received.slice(0, 2));
  const second = await page(bob, `&cursor=${first.cursor}&epoch=${first.epoch}&limit=2`);
  expect(second.frames).toEqual(received.slice(2, 4));
  const last = await page(bob, `&cursor=${second.cursor}&limit=2`);
  expect([last.frames, last.more, last.cursor]).toEqual([received.slice(4), false, last.head]);
  expect(await page(bob, `&cursor=${last.cursor}`)).toMatchObject({ frames: [], more: false, cursor: last.cursor });
  expect(await page(bob, "&cursor=head")).toMatchObject({ frames: [], more: false, cursor: last.head });
});

test("[H7] a page has marks too, and the user's own messages with their bodies", async () => {
  const alice = await open(fresh("alice"));
  await sends(alice, fresh("bob"), 2);
  await alice.mark("stored");
  const { frames } = await page(alice.welcome.user, "&device=phone");
  expect(bodies(frames.filter(({ type }) => type === "message"))).toEqual([1, 2]);
  expect(frames.find(({ type }) => type === "mark")).toMatchObject({ stored: frames[1]?.["seq"] });
});

test("[H7] a page without a device acknowledges nothing: the author is sent no receipt, and no row is written", async () => {
  const [alice, bob] = [await open(fresh("alice")), fresh("bob")];
  await sends(alice, bob, 2);
  const rows = await countRowsWritten(bob);
  const { cursor } = await page(bob);
  await page(bob, `&cursor=${cursor}`);
  expect(rows()).toBe(0);
  expect((await page(bob)).frames.length).toBe(2);
});

test("[H7] with a device, a cursor is an ack; without a cursor the page starts after the last ack", async () => {
  const [alice, bob] = [await open(fresh("alice")), fresh("bob")];
  await sends(alice, bob, 3);
  await alice.mark("stored");
  const rows = await countRowsWritten(bob);
  const first = await page(bob, "&device=feed&limit=2");
  expect(rows()).toBe(1);
  expect(await page(bob, "&device=feed&limit=2")).toEqual(first);
  expect(rows()).toBe(0);
  await page(bob, `&device=feed&cursor=${first.cursor}`);
  // The row of the device, and that of the peer, with the due receipt.
  expect(rows()).toBe(2);
  await alice.mark("delivered");
  expect(bodies((await page(bob, "&device=feed")).frames)).toEqual([3]);
  expect(bodies((await page(bob, "&device=other")).frames)).toEqual([1, 2, 3]);
});

test("[H7] another epoch starts over, with a gap", async () => {
  const [alice, bob] = [await open(fresh("alice")), fresh("bob")];
  await sends(alice, bob, 1);
  const { frames } = await page(bob, "&epoch=another-epoch&cursor=5");
  expect(frames).toMatchObject([
    { type: "gap", from: 1 },
    { type: "message", body: 1 },
  ]);
});

test("[H7] the page of a mailbox that does not exist is empty, and creates no mailbox", async () => {
  const nobody = fresh("nobody");
  expect(await page(nobody, "&device=feed&cursor=0")).toEqual({
    epoch: null,
    head: 0,
    cursor: 0,
    more: false,
    frames: [],
  });
  const rows = await countRowsWritten(nobody);
  await page(nobody);
  expect(rows()).toBe(0);
});

test.each([
  ["limit=0", "limit"],
  ["limit=1001", "limit"],
  ["limit=x", "limit"],
  ["cursor=-1", "cursor"],
  ["cursor=x", "cursor"],
  ["cursor=9007199254740992", "cursor"],
  ["device=a%20b", "device"],
  ["epoch=", "epoch"],
])("[H7][H9] ?%s is refused, and the field is named", async (query, field) => {
  const before = (await listDurableObjectIds(env.MAILBOX)).length;
  const response = await fetchWorker(`/api/entries?user=nobody-at-all&${query}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: "bad_query", field });
  expect((await listDurableObjectIds(env.MAILBOX)).length).toBe(before);
});

test("[H7] a cursor further ahead than any clock is refused", async () => {
  const alice = await open(fresh("alice"));
  const path = `/api/entries?user=${alice.welcome.user}&cursor=${2 ** 53 - 1}`;
  expect(await statusAndCode(fetchWorker(path))).toEqual([400, "bad_query"]);
});

test("[R3][H7] a gap in a lost answer is sent again, until the device asks with its seq as the cursor", async () => {
  const [alice, bob] = [await open(fresh("alice")), fresh("bob")];
  await sends(alice, bob, 1);
  const { cursor } = await page(bob, "&device=feed");
  const known = `&device=feed&cursor=${cursor + 5}`;
  const lost = await page(bob, known);
  expect(lost.frames).toMatchObject([{ type: "gap", from: cursor + 1 }]);
  await sends(alice, bob, 1, 2);
  const again = await page(bob, known);
  expect(again.frames).toMatchObject([{ type: "gap", from: cursor + 1, seq: lost.cursor }, { body: 2 }]);
  expect((await page(bob, `&device=feed&cursor=${lost.cursor}`)).frames).toMatchObject([{ body: 2 }]);
  expect((await page(bob, known)).frames).toMatchObject([{ body: 2 }]);
});

test("[H10] a device acknowledges over HTTP: the author is sent the receipt, and an open stream continues", async () => {
  const [alice, bob] = [await open(fresh("alice")), fresh("bob")];
  await sends(alice, bob, 2);
  const stream = await follow(bob);
  const [first] = await stream.take("message", 2);
  const seq = first?.frame["seq"];
  const acked = await fetchWorker(`/api/acks?user=${bob}`, {
    method: "POST",
    body: JSON.stringify({ device: "feed", seq }),
  });
  expect(acked.status).toBe(204);
  await alice.mark("delivered");
  await stream.close();
  const { frames } = await page(bob, "&device=feed");
  expect(bodies(frames)).toEqual([2]);
  const all = await fetchWorker(`/api/acks?user=${bob}`, {
    method: "POST",
    body: JSON.stringify({ device: "feed", seq: 2 ** 53 - 1 }),
  });
  expect(all.status).toBe(204);
  expect((await page(bob, "&device=feed")).frames).toEqual([]);
});

test.each([
  ["no device", { seq: 1 }, "device"],
  ["a device that is none", { device: "a b", seq: 1 }, "device"],
  ["no seq", { device: "feed" }, "seq"],
  ["a seq that is none", { device: "feed", seq: -1 }, "seq"],
])("[H10] an ack with %s is refused", async (_, body, field) => {
  const response = await fetchWorker("/api/acks?user=bob", { method: "POST", body: JSON.stringify(body) });
  expect([response.status, await response.json()]).toMatchObject([400, { field }]);
});

test("[H10] an ack of a device that was never seen is refused", async () => {
  const bob = await open(fresh("bob"));
  const body = JSON.stringify({ device: "other", seq: 1 });
  expect(await statusAndCode(fetchWorker(`/api/acks?user=${bob.welcome.user}`, { method: "POST", body }))).toEqual([
    404,
    "not_found",
  ]);
});

test("[B3] a service reads pages and streams with `read` alone, until its token is revoked", async () => {
  const shop = await createService("shop", "read");
  const headers = { Authorization: `Bearer ${shop.token}`, Accept: "text/event-stream" };
  const response = await fetchWorker("/api/entries?device=feed", { headers });
  if (response.body === null) throw new Error("no body");
  const stream = new EventStream(response.body);
  expect((await stream.next())?.frame).toMatchObject({ type: "welcome", user: shop.userName });
  await callApi("POST", "/api/messages?user=someone", { to: shop.userName, body: "an order" });
  expect((await stream.take("message", 1))[0]?.frame).toMatchObject({ body: "an order" });
  const { ADMIN } = await import("../support/operators.ts");
  await callApi("DELETE", `/api/admin/services/${shop.userName}`, undefined, ADMIN);
  expect((await stream.rest()).at(-1)?.frame).toMatchObject({ type: "closing", code: 4403 });
  expect(await statusAndCode(fetchWorker("/api/entries?device=feed", { headers }))).toEqual([401, "unauthorized"]);
});
