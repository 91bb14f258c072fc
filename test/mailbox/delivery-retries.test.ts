// A receiver whose object fails is called again from the durable outbox, in order, without a duplicate. The alarm
// exists only while a message is unsettled. With real objects on both sides.
import { env } from "cloudflare:workers";
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import type { Delivery, PackedDelivery, Reply } from "../../src/protocol/envelope.ts";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { GroupCommit } from "../../src/durable/group-commit.ts";
import { EventLoad } from "../../src/mailbox/limits/event-load.ts";
import { REJECTED } from "../../src/protocol/limits.ts";
import { unpack } from "../../src/protocol/packed-delivery.ts";
import { fresh, open, plain } from "../support/devices.ts";
import { nextFrame } from "../support/client-socket.ts";

type Said = Delivery | PackedDelivery;

afterEach(() => void vi.restoreAllMocks());

async function world() {
  const [a, b] = [fresh("alice"), fresh("bob")];
  return { a, b, alice: await open(a), bob: await open(b) };
}

const alarmOf = (name: string) =>
  runInDurableObject(env.MAILBOX.getByName(name), (_, state) => state.storage.getAlarm());

const bodies = (frames: Record<string, unknown>[]) => frames.map((frame) => frame["body"]);

/** Makes every delivery fail: before the receiver has it, or after. */
function breakDeliveries(when: "before" | "after") {
  const deliver = Mailbox.prototype.deliver;
  return vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(async function (
    this: Mailbox,
    delivery: Said,
  ): Promise<Reply> {
    if (when === "after") await deliver.call(this, delivery);
    throw new Error("the object is being replaced");
  });
}

/** Deliveries to `to` are under way until they are released. `called`: the bodies of each. */
function holdDeliveries(to: string) {
  const called: string[][] = [];
  const gate = { shut: true };
  const deliver = Mailbox.prototype.deliver;
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(async function (this: Mailbox, delivery: Said) {
    if (delivery.to === to) called.push(unpack(delivery).envelopes.map(({ body }) => body));
    // Polls: a promise that another object resolves would continue in that object's context.
    while (gate.shut && delivery.to === to) await new Promise((done) => setTimeout(done, 1));
    return deliver.call(this, delivery);
  });
  return { called, release: () => (gate.shut = false) };
}

test.each(["before", "after"] as const)(
  "[S5] messages whose call fails %s they were stored are queued, then stored, in order, once",
  async (when) => {
    const { a, b, alice, bob } = await world();
    const broken = breakDeliveries(when);
    for (let id = 1; id <= 3; id++) alice.send({ type: "send", id, to: b, body: id });
    expect((await alice.take("accepted", 3)).map((frame) => frame["state"])).toEqual(["queued", "queued", "queued"]);
    expect(await alarmOf(a)).toEqual(expect.any(Number));
    broken.mockRestore();
    await runDurableObjectAlarm(env.MAILBOX.getByName(a));
    const mark = await alice.until("mark");
    expect(mark["peer"]).toBe(b);
    expect(bodies(await bob.take("message", 3))).toEqual([1, 2, 3]);
    alice.send({ type: "send", id: 4, to: b, body: 4 });
    expect(await alice.until("accepted")).toMatchObject({ id: 4, state: "stored" });
    expect(bodies(await bob.take("message", 1))).toEqual([4]);
    expect(await alarmOf(a)).toBe(null);
  },
);

test("[S5][M6] queued messages survive the sender's eviction, and its alarm delivers them", async () => {
  const { a, b, alice, bob } = await world();
  const broken = breakDeliveries("before");
  alice.send({ type: "send", id: 1, to: b, body: 1 }, { type: "send", id: 2, to: b, body: 2 });
  await alice.take("accepted", 2);
  await evictDurableObject(env.MAILBOX.getByName(a), { webSockets: "close" });
  broken.mockRestore();
  await runDurableObjectAlarm(env.MAILBOX.getByName(a));
  expect(bodies(await bob.take("message", 2))).toEqual([1, 2]);
  await vi.waitUntil(async () => (await alarmOf(a)) === null);
});

test("[S10][S2] a crash between write and delivery loses no message, and the device's repeat is no duplicate", async () => {
  const { a, b, alice, bob } = await world();
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(() => new Promise(() => undefined));
  alice.send({ type: "send", id: 1, to: b, body: 1 });
  await alice.until("message");
  vi.restoreAllMocks();
  await abortAllDurableObjects();
  const again = await open(a);
  expect(again.welcome.lastId).toBe(1);
  again.send({ type: "send", id: 1, to: b, body: 1 });
  expect(await again.until("accepted")).toMatchObject({ id: 1 });
  const back = await open(b, "phone", `&cursor=${bob.welcome.head}`);
  expect(bodies(await back.take("message", 1))).toEqual([1]);
  expect((await back.settled()).length).toBe(0);
});

test("[M6] a delivery from a peer starts the queue for that peer at once", async () => {
  const { a, b, alice, bob } = await world();
  const broken = breakDeliveries("before");
  alice.send({ type: "send", id: 1, to: b, body: "queued" });
  expect(await alice.until("accepted")).toMatchObject({ state: "queued" });
  broken.mockRestore();
  bob.send({ type: "send", id: 1, to: a, body: "I am here" });
  expect((await bob.take("message", 2)).map((frame) => frame["body"])).toContain("queued");
  await vi.waitUntil(async () => (await alarmOf(a)) === null);
});

test("[M11] runs are sent to a mailbox that reads them, and envelopes again to one that no longer does", async () => {
  const { a, b, alice, bob } = await world();
  const deliver = Mailbox.prototype.deliver;
  const said: string[] = [];
  let isOld = false;
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(async function (this: Mailbox, delivery: Said) {
    if (delivery.to !== b) return deliver.call(this, delivery);
    said.push(Object.keys(delivery).find((field) => field === "runs" || field === "envelopes") ?? "");
    if (!isOld) return deliver.call(this, delivery);
    // As older code would.
    if ((delivery as Delivery).envelopes.length === 0) throw new Error("a call without envelopes");
    const { runs: _, ...reply } = await deliver.call(this, delivery);
    return reply;
  });
  const send = async (id: number) => {
    alice.send({ type: "send", id, to: b, bodies: [`${id - 1}`, `${id}`] });
    return (await alice.take("accepted", 2)).map(({ state }) => state);
  };
  expect([await send(2), await send(4)]).toEqual([
    ["stored", "stored"],
    ["stored", "stored"],
  ]);
  isOld = true;
  expect(await send(6)).toEqual(["stored", "stored"]);
  expect(await alarmOf(a)).toBe(null);
  expect(await send(8)).toEqual(["stored", "stored"]);
  isOld = false;
  expect([await send(10), await send(12)].flat()).toEqual(["stored", "stored", "stored", "stored"]);
  expect(bodies(await bob.take("message", 12))).toEqual(Array.from({ length: 12 }, (_, i) => `${i + 1}`));
  expect(said.filter((one, i) => i < 2 || one !== said[i - 1])).toEqual(["envelopes", "runs", "envelopes", "runs"]);
});

test("[S5] a receiver that can't be reached delays no other receiver", async () => {
  const { b, alice } = await world();
  const carol = await open(fresh("carol"));
  const deliver = Mailbox.prototype.deliver;
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (this: Mailbox, delivery: Said) {
    return delivery.to === b ? new Promise(() => undefined) : deliver.call(this, delivery);
  });
  alice.send({ type: "send", id: 1, to: b, body: 1 }, { type: "send", id: 2, to: carol.welcome.user, body: 2 });
  expect(await alice.until("accepted")).toMatchObject({ id: 2, state: "stored" });
  expect(await carol.until("message")).toMatchObject({ body: 2 });
  expect(await alice.until("accepted")).toMatchObject({ id: 1, state: "queued" });
});

test("[S1] messages sent while a call is under way leave with the next call, in the order of their socket", async () => {
  const { b, alice, bob } = await world();
  const carol = await open(fresh("carol"));
  const held = holdDeliveries(b);
  const deferred = vi.spyOn(GroupCommit.prototype, "enqueueAfterCall");
  const send = (id: number, to: string) => alice.send({ type: "send", id, to, body: id });
  send(1, b);
  await vi.waitUntil(() => held.called.length === 1);
  send(2, b);
  // An ack that comes along changes nothing.
  alice.send({ type: "ack", seq: 1 }, { type: "send", id: 3, to: b, body: 3 });
  send(4, carol.welcome.user);
  send(5, b);
  expect(await carol.until("message")).toMatchObject({ body: 4 });
  expect(deferred.mock.calls.length).toBe(3);
  held.release();
  expect(bodies(await bob.take("message", 4))).toEqual([1, 2, 3, 5]);
  expect(held.called.filter((sent) => sent.length > 0)).toEqual([["1"], ["2", "3", "5"]]);
  expect((await alice.take("accepted", 5)).map(({ state }) => state)).toEqual(Array(5).fill("stored"));
});

test("[U7] an ack that waits with a new message costs nothing if a later one overtakes it; one alone does", async () => {
  const { a, b, alice } = await world();
  alice.send(...[1, 2].map((id) => ({ type: "send", id, to: a, body: id })));
  const [first, second] = (await alice.take("message", 2)).map(({ seq }) => seq);
  const held = holdDeliveries(b);
  alice.send({ type: "send", id: 3, to: b, body: 3 });
  await vi.waitUntil(() => held.called.length === 1);
  const deferred = vi.spyOn(GroupCommit.prototype, "enqueueAfterCall");
  const charged = vi.spyOn(EventLoad.prototype, "add");
  alice.send({ type: "ack", seq: first }, { type: "send", id: 4, to: b, body: 4 });
  alice.ack(second);
  await vi.waitUntil(() => deferred.mock.calls.length === 1);
  held.release();
  expect((await alice.take("accepted", 2)).map(({ id }) => id)).toEqual([3, 4]);
  expect(charged).not.toHaveBeenCalled();
  alice.ack(second);
  await vi.waitFor(() => expect(charged).toHaveBeenCalledWith(REJECTED.TEXT_PRICE));
});

test("[S2] an id that is repeated while its call is under way is answered when the call ends, not before", async () => {
  const { a, b, alice } = await world();
  const held = holdDeliveries(b);
  alice.send({ type: "send", id: 1, to: b, body: 1 });
  // The carbon waits for the answer 100 ms at most, not until the call ends.
  await alice.until("message");
  alice.send({ type: "send", id: 1, to: b, body: 1 });
  expect((await alice.settled()).filter(({ type }) => type === "accepted")).toEqual([]);
  expect(await alarmOf(a)).toBe(null);
  held.release();
  expect((await alice.take("accepted", 2)).map(({ id, state }) => [id, state])).toEqual([
    [1, "stored"],
    [1, "stored"],
  ]);
});

test("[M7] an unknown refusal code is passed on by name, in both dialects", async () => {
  const { a, b, alice } = await world();
  const classic = await plain(a);
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation((delivery: Said) => {
    const refused = unpack(delivery).envelopes.map(({ origin }) => ({ origin, code: "quota" as never }));
    return Promise.resolve({ version: 2, epoch: "b1", high: 0, verdict: "taken", refused });
  });
  alice.send({ type: "send", id: 1, to: b, body: 1 });
  const { entry } = await alice.until("accepted");
  const message: unknown = expect.stringMatching(/\.$/);
  const seq: unknown = expect.any(Number);
  expect(await alice.until("failed")).toEqual({ type: "failed", seq, of: entry, code: "quota", message });
  expect(await nextFrame(classic)).toMatchObject({ sender: "system", code: "quota" });
  expect(await (await open(a, "laptop")).until("failed")).toMatchObject({ code: "quota" });
});

test("[V2] an entry of an unknown kind is skipped", async () => {
  const { a, b } = await world();
  await runInDurableObject(env.MAILBOX.getByName(a), (_, state) => {
    const at = Date.now() * 1_000;
    state.storage.sql.exec(
      "INSERT INTO run (seq, count, kind, peer, at, body) VALUES (?, 1, 'edit', ?, 1, '1')",
      at,
      b,
    );
  });
  await evictDurableObject(env.MAILBOX.getByName(a), { webSockets: "close" });
  const back = await open(a, "laptop");
  expect(await back.settled()).toEqual([]);
});

test("[M5] a receiver that was restored is sent again all that it lost, though the sender hibernates in the middle of it", async () => {
  const { a, b, alice } = await world();
  const last = 700;
  for (let id = 1; id <= last; id += 100) {
    alice.send(...Array.from({ length: 100 }, (_, i) => ({ type: "send", id: id + i, to: b, body: id + i })));
    await alice.take("accepted", 100);
    alice.ack(Number.MAX_SAFE_INTEGER);
  }
  await runInDurableObject(env.MAILBOX.getByName(b), (_, { storage }) => {
    storage.sql.exec("DELETE FROM run WHERE seq NOT IN (SELECT seq FROM run ORDER BY seq LIMIT 2)");
    storage.sql.exec("UPDATE peer SET high = (SELECT max(origin) FROM run)");
  });
  await evictDurableObject(env.MAILBOX.getByName(b), { webSockets: "close" });
  const deliver = Mailbox.prototype.deliver;
  let calls = 0;
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (this: Mailbox, delivery: Said) {
    if (++calls === 1) return deliver.call(this, delivery);
    return Promise.reject(new Error("the object is being replaced"));
  });
  alice.send({ type: "send", id: last + 1, to: b, body: last + 1 });
  expect(await alice.until("accepted")).toMatchObject({ state: "queued" });
  await evictDurableObject(env.MAILBOX.getByName(a), { webSockets: "hibernate" });
  vi.restoreAllMocks();
  await runDurableObjectAlarm(env.MAILBOX.getByName(a));
  await vi.waitUntil(async () => (await alarmOf(a)) === null);
  const bob = await open(b, "new");
  expect(bodies(await bob.take("message", last + 1))).toEqual(Array.from({ length: last + 1 }, (_, i) => i + 1));
});
