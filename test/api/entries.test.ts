// The log over HTTP: pages and streams of the frames that a socket is sent, from the same cursor.
import { env } from "cloudflare:workers";
import { listDurableObjectIds } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { ask, say } from "../support/accounts.ts";
import { fresh, get, open } from "../support/devices.ts";
import { Events } from "../support/events.ts";
import type { Device } from "../support/line.ts";
import { meter } from "../support/meter.ts";
import { ADMIN, service, verdict } from "../support/operators.ts";

interface Page {
  readonly epoch: string;
  readonly head: number;
  readonly cursor: number;
  readonly more: boolean;
  readonly frames: readonly Record<string, unknown>[];
}

const page = (user: string, query = "") => get(`/api/entries?user=${user}${query}`) as Promise<Page>;

/** Follows the log of `user` with a device. */
async function follow(user: string, query = "", headers: Record<string, string> = {}): Promise<Events> {
  const path = `/api/entries?user=${user}&device=feed${query}`;
  const response = await ask(path, { headers: { Accept: "text/event-stream", ...headers } });
  expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  if (response.body === null) throw new Error("no body");
  return new Events(response.body);
}

/** Sends `count` messages, whose ids and bodies count from `first`. */
async function sends(device: Device, to: string, count: number, first = 1): Promise<void> {
  device.send(...Array.from({ length: count }, (_, i) => ({ type: "send", id: first + i, to, body: first + i })));
  await device.take("accepted", count);
}

const bodies = (frames: readonly Record<string, unknown>[]) => frames.map(({ body }) => body);

test("[H7] pages of the log are the frames of a socket, from a cursor to its head", async () => {
  const [alice, bob] = [await open(fresh("alice")), fresh("bob")];
  await sends(alice, bob, 5);
  const device = await open(bob, "phone", "&cursor=0");
  const heard = await device.take("message", 5);
  const first = await page(bob, "&limit=2");
  expect(first).toMatchObject({ epoch: device.welcome.epoch, head: device.welcome.head, more: true });
  expect(first.frames).toEqual(heard.slice(0, 2));
  const second = await page(bob, `&cursor=${first.cursor}&epoch=${first.epoch}&limit=2`);
  expect(second.frames).toEqual(heard.slice(2, 4));
  const last = await page(bob, `&cursor=${second.cursor}&limit=2`);
  expect([last.frames, last.more, last.cursor]).toEqual([heard.slice(4), false, last.head]);
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
  const rows = await meter(bob);
  const { cursor } = await page(bob);
  await page(bob, `&cursor=${cursor}`);
  expect(rows()).toBe(0);
  expect((await page(bob)).frames.length).toBe(2);
});

test("[H7] with a device, a cursor is an ack; without a cursor the page starts after the last ack", async () => {
  const [alice, bob] = [await open(fresh("alice")), fresh("bob")];
  await sends(alice, bob, 3);
  await alice.mark("stored");
  const rows = await meter(bob);
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
  const rows = await meter(nobody);
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
  const response = await ask(`/api/entries?user=nobody-at-all&${query}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: "bad_query", field });
  expect((await listDurableObjectIds(env.MAILBOX)).length).toBe(before);
});

test("[H7] a cursor further ahead than any clock is refused", async () => {
  const alice = await open(fresh("alice"));
  const path = `/api/entries?user=${alice.welcome.user}&cursor=${2 ** 53 - 1}`;
  expect(await verdict(ask(path))).toEqual([400, "bad_query"]);
});

test("[H8] a stream has `welcome`, then what follows the cursor, then what comes; log frames have ids", async () => {
  const [alice, bob] = [await open(fresh("alice")), fresh("bob")];
  await sends(alice, bob, 2);
  const stream = await follow(bob);
  const welcome = await stream.next();
  expect(welcome).toMatchObject({ id: null, frame: { type: "welcome", user: bob, device: "feed" } });
  const [one, two] = await stream.take("message", 2);
  expect([one?.frame["body"], two?.frame["body"]]).toEqual([1, 2]);
  expect(two?.id).toBe(`${String(welcome?.frame["epoch"])}:${String(two?.frame["seq"])}`);
  await sends(alice, bob, 1, 3);
  expect((await stream.take("message", 1))[0]?.frame).toMatchObject({ body: 3, from: alice.welcome.user });
  await stream.close();
});

test("[H8] a stream continues after `Last-Event-ID`, which is an ack", async () => {
  const [alice, bob] = [await open(fresh("alice")), fresh("bob")];
  await sends(alice, bob, 3);
  const stream = await follow(bob);
  const [, second] = await stream.take("message", 2);
  await stream.close();
  const again = await follow(bob, "&cursor=0", { "Last-Event-ID": second?.id ?? "" });
  expect((await again.take("message", 1))[0]?.frame).toMatchObject({ body: 3 });
  await alice.mark("delivered");
  await again.close();
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

test("[H8] an id of another epoch starts over, with a gap", async () => {
  const bob = await open(fresh("bob"));
  const stream = await follow(bob.welcome.user, "", { "Last-Event-ID": "another-epoch:7" });
  expect((await stream.take("gap", 1))[0]).toMatchObject({ frame: { from: 1 } });
  await stream.close();
});

test("[H8] a stream is a connection of its device: it replaces an older one, and a newer one replaces it", async () => {
  const bob = fresh("bob");
  const stream = await follow(bob);
  const socket = await open(bob, "feed");
  expect((await stream.rest()).at(-1)?.frame).toMatchObject({ type: "closing", code: 4409 });
  const next = await follow(bob);
  expect((await socket.line.end()).code).toBe(4409);
  await next.close();
});

test("[H16] a replaced stream is to stay away for an hour; one that ended otherwise is not", async () => {
  const bob = fresh("bob");
  const stream = await follow(bob);
  await stream.take("welcome", 1);
  expect(stream.retry).toBe(500);
  const second = await follow(bob);
  expect((await stream.rest()).at(-1)?.frame).toMatchObject({ type: "closing", code: 4409 });
  expect(stream.retry).toBe(3_600_000);
  const socket = await open(bob, "feed");
  await second.rest();
  expect(second.retry).toBe(3_600_000);
  const third = await follow(bob);
  await socket.line.end();
  // A stream that an operator closed may come back at once.
  await say("POST", `/api/admin/users/${bob}/disconnect`, {}, ADMIN);
  expect((await third.rest()).at(-1)?.frame).toMatchObject({ type: "closing", code: 1012 });
  expect(third.retry).toBe(500);
});

test("[H16] of clients that keep replacing each other the newcomer is refused, and the open stream stays", async () => {
  const [alice, bob] = [await open(fresh("alice")), fresh("bob")];
  let stream = await follow(bob);
  const again = () => ask(`/api/entries?user=${bob}&device=feed`, { headers: { Accept: "text/event-stream" } });
  let taken = 0;
  let refused: Response | null = null;
  while (refused === null) {
    const response = await again();
    if (!response.ok) refused = response;
    else {
      taken++;
      await stream.rest();
      stream = new Events(response.body as ReadableStream<Uint8Array>);
    }
  }
  expect(taken).toBe(20);
  expect([refused.status, refused.headers.get("Retry-After"), await refused.json()]).toMatchObject([
    429,
    "30",
    { code: "rate_limited", retryAfter: 30_000 },
  ]);
  await sends(alice, bob, 1);
  expect((await stream.take("message", 1))[0]?.frame).toMatchObject({ body: 1 });
  // Another device is not affected, and this device may connect again when its stream has ended.
  const other = await ask(`/api/entries?user=${bob}&device=other`, { headers: { Accept: "text/event-stream" } });
  expect(other.status).toBe(200);
  await other.body?.cancel();
  await stream.close();
  const next = await follow(bob);
  await next.close();
});

test("[H16] a client that keeps asking is let in no sooner, and after a pause only once", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  try {
    const bob = fresh("bob");
    const streams = [await follow(bob)];
    const again = async () => {
      const response = await ask(`/api/entries?user=${bob}&device=feed`, { headers: { Accept: "text/event-stream" } });
      if (response.ok) streams.push(new Events(response.body as ReadableStream<Uint8Array>));
      else await response.body?.cancel();
      return response.status;
    };
    while ((await again()) === 200);
    for (let n = 0; n < 10; n++) {
      vi.setSystemTime(Date.now() + 29_000);
      expect(await again()).toBe(429);
    }
    vi.setSystemTime(Date.now() + 30_000);
    expect([await again(), await again()]).toEqual([200, 429]);
    await streams.at(-1)?.close();
  } finally {
    vi.useRealTimers();
  }
});

test("[H8] a stream ends when its window is full, and the next one continues", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const body = JSON.stringify(Array.from({ length: 4_096 }, (_, i) => ({ to: bob, body: i })));
  for (let i = 0; i < 2; i++) await ask(`/api/messages?user=${alice}`, { method: "POST", body });
  const seen: unknown[] = [];
  let last = "";
  for (let i = 0; i < 2; i++) {
    const events = await (await follow(bob, "", last === "" ? {} : { "Last-Event-ID": last })).take("message", 4_096);
    seen.push(...events.map(({ frame }) => frame["body"]));
    last = events.at(-1)?.id ?? "";
  }
  expect(seen).toEqual([...Array(2)].flatMap(() => Array.from({ length: 4_096 }, (_, i) => i)));
});

test("[H8] the server ends a stream whose window is full", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const body = JSON.stringify(Array.from({ length: 4_096 }, (_, i) => ({ to: bob, body: i })));
  for (let i = 0; i < 2; i++) await ask(`/api/messages?user=${alice}`, { method: "POST", body });
  const rest = await (await follow(bob)).rest();
  expect(rest.length).toBe(1 + 4_096);
});

test("[H10] a device acknowledges over HTTP: the author is sent the receipt, and an open stream continues", async () => {
  const [alice, bob] = [await open(fresh("alice")), fresh("bob")];
  await sends(alice, bob, 2);
  const stream = await follow(bob);
  const [first] = await stream.take("message", 2);
  const seq = first?.frame["seq"];
  const acked = await ask(`/api/acks?user=${bob}`, { method: "POST", body: JSON.stringify({ device: "feed", seq }) });
  expect(acked.status).toBe(204);
  await alice.mark("delivered");
  await stream.close();
  const { frames } = await page(bob, "&device=feed");
  expect(bodies(frames)).toEqual([2]);
  const all = await ask(`/api/acks?user=${bob}`, {
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
  const response = await ask("/api/acks?user=bob", { method: "POST", body: JSON.stringify(body) });
  expect([response.status, await response.json()]).toMatchObject([400, { field }]);
});

test("[H10] an ack of a device that was never seen is refused", async () => {
  const bob = await open(fresh("bob"));
  const body = JSON.stringify({ device: "other", seq: 1 });
  expect(await verdict(ask(`/api/acks?user=${bob.welcome.user}`, { method: "POST", body }))).toEqual([
    404,
    "not_found",
  ]);
});

test("[H8] a stream needs a device, and a well-formed `Last-Event-ID`", async () => {
  const accept = { Accept: "text/event-stream" };
  const none = await ask("/api/entries?user=bob", { headers: accept });
  expect(await none.json()).toMatchObject({ code: "bad_query", field: "device" });
  const wrong = await ask("/api/entries?user=bob&device=feed", { headers: { ...accept, "Last-Event-ID": "7" } });
  expect(await wrong.json()).toMatchObject({ code: "bad_query", field: "last-event-id" });
});

test("[B3] a service reads pages and streams with `read` alone, until its token is revoked", async () => {
  const shop = await service("shop", "read");
  const headers = { Authorization: `Bearer ${shop.token}`, Accept: "text/event-stream" };
  const response = await ask("/api/entries?device=feed", { headers });
  if (response.body === null) throw new Error("no body");
  const stream = new Events(response.body);
  expect((await stream.next())?.frame).toMatchObject({ type: "welcome", user: shop.userName });
  await say("POST", "/api/messages?user=someone", { to: shop.userName, body: "an order" });
  expect((await stream.take("message", 1))[0]?.frame).toMatchObject({ body: "an order" });
  const { ADMIN } = await import("../support/operators.ts");
  await say("DELETE", `/api/admin/services/${shop.userName}`, undefined, ADMIN);
  expect((await stream.rest()).at(-1)?.frame).toMatchObject({ type: "closing", code: 4403 });
  expect(await verdict(ask("/api/entries?device=feed", { headers }))).toEqual([401, "unauthorized"]);
});
