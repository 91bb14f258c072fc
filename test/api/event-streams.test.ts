// The log as a stream of events: what it begins with, when it ends, and how it continues.
import { expect, test, vi } from "vitest";
import { fetchWorker, callApi } from "../support/accounts.ts";
import { fresh, open } from "../support/devices.ts";
import { EventStream } from "../support/event-stream.ts";
import { ADMIN } from "../support/operators.ts";
import { follow, sends } from "../support/log-pages.ts";
import { conversation } from "../support/relations.ts";

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
  expect((await socket.socket.untilClosed()).code).toBe(4409);
  await next.close();
});

test("[I6][H8] a stream that asks for relations gets all of them, and another one what an older device gets", async () => {
  const { b, alice } = await conversation();
  const own = await alice.sent("hi");
  await alice.sent(["👍"], { to: own, is: "react" });
  await alice.sent("hello", { to: own, is: "edit" });
  for (const [query, bodies] of [
    ["&relations=1", ["hi", ["👍"], "hello"]],
    ["", ["hi", "hello"]],
  ] as const) {
    const stream = await follow(b, `&cursor=0${query}`);
    const welcome = (await stream.take("welcome", 1))[0]?.frame;
    expect(welcome?.["relations"]).toBe(query === "" ? undefined : true);
    const got = await stream.take("message", bodies.length);
    expect(got.map(({ frame }) => frame["body"])).toEqual(bodies);
    await stream.close();
  }
});

test("[E6][H8] a stream is granted no early marks, and while it is open every mark has a seq", async () => {
  const [alice, bob] = [await open(fresh("alice"), "phone", "&early=1"), await open(fresh("bob"))];
  const stream = await follow(alice.welcome.user, "&early=1");
  expect((await stream.take("welcome", 1))[0]?.frame).not.toHaveProperty("early");
  await sends(alice, bob.welcome.user, 1);
  bob.ack((await bob.until("message"))["seq"]);
  const mark = await alice.mark("delivered");
  expect(mark).toHaveProperty("seq");
  expect((await stream.take("mark", 2)).at(-1)?.frame).toEqual(mark);
  await stream.close();
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
  await socket.socket.untilClosed();
  // A stream that an operator closed may come back at once.
  await callApi("POST", `/api/admin/users/${bob}/disconnect`, {}, ADMIN);
  expect((await third.rest()).at(-1)?.frame).toMatchObject({ type: "closing", code: 1012 });
  expect(third.retry).toBe(500);
});

test("[H16] of clients that keep replacing each other the newcomer is refused, and the open stream stays", async () => {
  const [alice, bob] = [await open(fresh("alice")), fresh("bob")];
  let stream = await follow(bob);
  const again = () => fetchWorker(`/api/entries?user=${bob}&device=feed`, { headers: { Accept: "text/event-stream" } });
  let taken = 0;
  let refused: Response | null = null;
  while (refused === null) {
    const response = await again();
    if (!response.ok) refused = response;
    else {
      taken++;
      await stream.rest();
      stream = new EventStream(response.body as ReadableStream<Uint8Array>);
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
  const other = await fetchWorker(`/api/entries?user=${bob}&device=other`, {
    headers: { Accept: "text/event-stream" },
  });
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
      const response = await fetchWorker(`/api/entries?user=${bob}&device=feed`, {
        headers: { Accept: "text/event-stream" },
      });
      if (response.ok) streams.push(new EventStream(response.body as ReadableStream<Uint8Array>));
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
  for (let i = 0; i < 2; i++) await fetchWorker(`/api/messages?user=${alice}`, { method: "POST", body });
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
  for (let i = 0; i < 2; i++) await fetchWorker(`/api/messages?user=${alice}`, { method: "POST", body });
  const rest = await (await follow(bob)).rest();
  expect(rest.length).toBe(1 + 4_096);
});

test("[H8] a stream needs a device, and a well-formed `Last-Event-ID`", async () => {
  const accept = { Accept: "text/event-stream" };
  const none = await fetchWorker("/api/entries?user=bob", { headers: accept });
  expect(await none.json()).toMatchObject({ code: "bad_query", field: "device" });
  const wrong = await fetchWorker("/api/entries?user=bob&device=feed", {
    headers: { ...accept, "Last-Event-ID": "7" },
  });
  expect(await wrong.json()).toMatchObject({ code: "bad_query", field: "last-event-id" });
});
