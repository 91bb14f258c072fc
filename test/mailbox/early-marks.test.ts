// Marks that devices are sent before they have a seq: who is sent them, what becomes of them, and that a crash loses
// no mark for good that anybody was sent.
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import type { Frame } from "../support/client-socket.ts";
import { countRowsWritten } from "../support/count-rows.ts";
import { fresh, get, open } from "../support/devices.ts";
import { abort, EARLY, exchange, hibernate, markOf, receive, send } from "../support/exchange.ts";

afterEach(() => void vi.restoreAllMocks());

test("[D3][E6] welcome grants early marks to a device that asks for them, and a mark has no seq until the next message", async () => {
  const { a, b, alice, bob } = await exchange();
  expect(alice.welcome.early).toBe(true);
  const [rowsOfA, rowsOfB] = [await countRowsWritten(a), await countRowsWritten(b)];
  const entry = await send(alice, b, "third");
  const seq = await receive(bob);
  expect(await markOf(alice, "delivered", entry)).toEqual({ type: "mark", peer: b, stored: entry, delivered: entry });
  bob.send({ type: "read", peer: a, seq });
  expect(await markOf(bob, "mine", seq)).toEqual({ type: "mark", peer: a, mine: seq, ...bobsMarks });
  expect(await markOf(alice, "read", entry)).not.toHaveProperty("seq");
  expect([rowsOfA(), rowsOfB()]).toEqual([1, 1]);
  // The next row of each log takes the marks along: then they have a seq, and are durable.
  bob.send({ type: "send", id: ++bob.welcome.lastId, to: a, body: "fourth" });
  expect(await markOf(bob, "mine", seq)).toHaveProperty("seq");
  expect(await markOf(alice, "read", entry)).toHaveProperty("seq");
  expect([rowsOfA(), rowsOfB()]).toEqual([1, 1]);
});

const bobsMarks = { stored: expect.any(Number), delivered: expect.any(Number) };

test("[E6] an early mark survives hibernation, and a device that connects later is sent it", async () => {
  const { a, b, alice, bob } = await exchange();
  const entry = await send(alice, b, "third");
  await receive(bob);
  await markOf(alice, "delivered", entry);
  for (let n = 0; n < 3; n++) {
    await hibernate(a);
    // Devices that have it are not sent it again.
    expect((await alice.settled()).filter(({ type }) => type === "mark")).toEqual([]);
  }
  const desk = await open(a, "desk", `${EARLY}&cursor=${entry}`);
  expect(await markOf(desk, "delivered", entry)).not.toHaveProperty("seq");
  expect((await alice.settled()).filter(({ type }) => type === "mark")).toEqual([]);
});

test("[E6] a device that did not ask for early marks gets those that are pending with a seq, and so do all from then on", async () => {
  const { a, b, alice, bob } = await exchange();
  const entry = await send(alice, b, "third");
  await receive(bob);
  expect(await markOf(alice, "delivered", entry)).not.toHaveProperty("seq");
  const desk = await open(a, "desk", `&cursor=${entry}`);
  expect(desk.welcome).not.toHaveProperty("early");
  expect(await markOf(desk, "delivered", entry)).toHaveProperty("seq");
  expect(await markOf(alice, "delivered", entry)).toHaveProperty("seq");
  const next = await send(alice, b, "fourth");
  await receive(bob);
  expect(await markOf(alice, "delivered", next)).toHaveProperty("seq");
});

test("[E6] when the last connection ends, pending marks are written, and wait for the next one", async () => {
  const { a, b, alice, bob } = await exchange();
  const entry = await send(alice, b, "third");
  const seq = await receive(bob);
  bob.send({ type: "read", peer: a, seq });
  await markOf(alice, "read", entry);
  alice.socket.close();
  await alice.socket.untilClosed();
  await abortAllDurableObjects();
  const again = await open(a, "phone", `${EARLY}&cursor=${entry}`);
  expect(await markOf(again, "read", entry)).toHaveProperty("seq");
});

test("[E6][H7] a page of the log over HTTP has the pending marks, with a seq", async () => {
  const { a, b, alice, bob } = await exchange();
  const entry = await send(alice, b, "third");
  await receive(bob);
  await markOf(alice, "delivered", entry);
  const page = (await get(`/api/entries?user=${a}&cursor=${entry}`)) as { readonly frames: readonly Frame[] };
  expect(page.frames).toMatchObject([{ type: "mark", seq: expect.any(Number), delivered: entry }]);
});

test("[E6] with more than twelve conversations in between, marks have a row each, and none is missing", async () => {
  const a = fresh("alice");
  const alice = await open(a, "phone", EARLY);
  const peers = await Promise.all(Array.from({ length: 15 }, () => open(fresh("peer"), "phone", EARLY)));
  const entries = new Map<string, number>();
  for (let round = 0; round < 2; round++) {
    for (const peer of peers) {
      entries.set(peer.welcome.user, await send(alice, peer.welcome.user, round));
      await receive(peer);
      await markOf(alice, "delivered", entries.get(peer.welcome.user) ?? 0);
    }
  }
  // All of them at once: no message takes them along.
  for (const peer of peers) peer.send({ type: "read", peer: a, seq: Number.MAX_SAFE_INTEGER });
  const read = new Map<unknown, unknown>();
  while (read.size < peers.length) {
    const mark = await alice.mark("read");
    read.set(mark["peer"], mark["read"]);
  }
  expect(read).toEqual(entries);
  await hibernate(a);
  const desk = await open(a, "desk", EARLY);
  const known = new Map<unknown, unknown>();
  while (known.size < peers.length) {
    const mark = await desk.mark("read");
    known.set(mark["peer"], mark["read"]);
  }
  expect(known).toEqual(entries);
});

test("[M15] after a crash a mailbox asks for the receipts that it lost, and sends them to its devices, which see no gap", async () => {
  const { a, b, alice, bob } = await exchange();
  const entry = await send(alice, b, "third");
  const seq = await receive(bob);
  bob.send({ type: "read", peer: a, seq });
  await markOf(alice, "read", entry);
  // Stored is durable with this message; delivered and read come after it.
  await abort(a);
  const deliveries = vi.spyOn(Mailbox.prototype, "deliver");
  const again = await open(a, "phone", `${EARLY}&cursor=${entry}`);
  const frames: Frame[] = [];
  for (let frame = await again.next(); ; frame = await again.next()) {
    frames.push(frame);
    if (frame["read"] === entry) break;
  }
  expect(frames.map(({ type }) => type)).not.toContain("gap");
  expect(deliveries.mock.calls.filter(([delivery]) => delivery.ask === true)).toHaveLength(1);
  // The next wake has nothing to ask for.
  await again.settled();
  await hibernate(a);
  deliveries.mockClear();
  expect(await again.settled()).toEqual([]);
  expect(deliveries).not.toHaveBeenCalled();
});

test("[M15] a mailbox without open connections that did not crash asks nobody", async () => {
  const { a, b, alice, bob } = await exchange();
  await send(alice, b, "never read");
  await receive(bob);
  alice.socket.close();
  await alice.socket.untilClosed();
  await evictDurableObject(env.MAILBOX.getByName(a));
  const deliveries = vi.spyOn(Mailbox.prototype, "deliver");
  const again = await open(a, "phone", EARLY);
  await again.settled();
  expect(deliveries).not.toHaveBeenCalled();
});

test("[E7][R3] what a user has read is known again after a crash, once the device says it again, and there is no gap", async () => {
  const { a, b, alice, bob } = await exchange();
  const entry = await send(alice, b, "third");
  const seq = await receive(bob);
  bob.send({ type: "read", peer: a, seq });
  await markOf(bob, "mine", seq);
  await markOf(alice, "read", entry);
  await abortAllDurableObjects();
  const again = await open(b, "phone", `${EARLY}&cursor=${seq}`);
  again.send({ type: "read", peer: a, seq });
  expect(await markOf(again, "mine", seq)).toMatchObject({ type: "mark", mine: seq });
  const { conversations } = (await get(`/api/conversations?user=${b}`)) as { conversations: readonly Frame[] };
  expect(conversations).toMatchObject([{ peer: a, unread: 0 }]);
  const back = await open(a, "phone", `${EARLY}&cursor=${entry}`);
  expect(await markOf(back, "read", entry)).toMatchObject({ read: entry });
  for (const device of [again, back]) {
    expect((await device.settled()).map(({ type }) => type)).not.toContain("gap");
  }
});

test("after hibernation nothing is delivered again that was stored; after a crash, what no later message has noted", async () => {
  const { a, b, alice, bob } = await exchange();
  const c = fresh("carol");
  const carol = await open(c, "phone", EARLY);
  await send(alice, c, "first");
  await receive(carol);
  await alice.mark("delivered");
  const third = await send(alice, b, "third");
  await receive(bob);
  await markOf(alice, "delivered", third);
  // This row notes that bob's mailbox has the third.
  const fourth = await send(alice, c, "fourth");
  await receive(carol);
  await markOf(alice, "delivered", fourth);
  const deliveries = vi.spyOn(Mailbox.prototype, "deliver");
  const delivered = () =>
    deliveries.mock.calls
      .splice(0)
      .map(([delivery]) => [delivery.to, "envelopes" in delivery ? delivery.envelopes.length : 0])
      .filter(([, messages]) => messages !== 0);
  await hibernate(a);
  await alice.settled();
  expect(delivered()).toEqual([]);
  await abort(a);
  const again = await open(a, "phone", `${EARLY}&cursor=${fourth}`);
  await markOf(again, "delivered", fourth);
  expect(delivered()).toEqual([[c, 1]]);
});
