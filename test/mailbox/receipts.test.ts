// Receipts: marks that survive both sides being offline, and never claim more than was delivered or read.
import { env } from "cloudflare:workers";
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { fresh, open, plain, put } from "../support/devices.ts";
import { type Device, nextFrame } from "../support/client-socket.ts";

afterEach(() => void vi.restoreAllMocks());

async function world() {
  const [a, b] = [fresh("alice"), fresh("bob")];
  return { a, b, alice: await open(a), bob: await open(b) };
}

test("[E1] a message that a device acknowledged is delivered, in the author's numbering", async () => {
  const { b, alice, bob } = await world();
  alice.send({ type: "send", id: 1, to: b, body: 1 }, { type: "send", id: 2, to: b, body: 2 });
  const [first, second] = await alice.take("accepted", 2);
  expect(await alice.until("mark")).toMatchObject({ stored: second?.["entry"] });
  const [one] = await bob.take("message", 2);
  bob.ack(one?.["seq"]);
  const mark = await alice.until("mark");
  expect(mark).toEqual({
    type: "mark",
    seq: expect.any(Number),
    peer: b,
    stored: second?.["entry"],
    delivered: first?.["entry"],
  });
});

test("[E1] acks make messages delivered that are in memory, and older ones that are on disk alone", async () => {
  const { b, alice, bob } = await world();
  const [carol, dave] = [await open(fresh("carol")), await open(fresh("dave"))];
  const last = async (from: Device) => (await from.take("accepted", 1))[0]?.["entry"];
  carol.send({ type: "send", id: 1, to: b, body: "before the wake" });
  const ofCarol = await last(carol);
  await bob.until("message");
  await evictDurableObject(env.MAILBOX.getByName(b), { webSockets: "hibernate" });
  // More than the 400,000 units that are in memory.
  const large = Array.from({ length: 8 }, (_, i) => ({ type: "send", id: i + 1, to: b, body: "x".repeat(60_000) }));
  dave.send(...large);
  const ofDave = (await dave.take("accepted", 8)).at(-1)?.["entry"];
  const newestOfDave = (await bob.take("message", 8)).at(-1)?.["seq"];
  bob.ack(newestOfDave);
  expect(await carol.mark("delivered")).toMatchObject({ peer: b, delivered: ofCarol });
  expect(await dave.mark("delivered")).toMatchObject({ peer: b, delivered: ofDave });
  alice.send({ type: "send", id: 1, to: b, body: "the newest" });
  const ofAlice = await last(alice);
  bob.ack((await bob.until("message"))["seq"]);
  expect(await alice.mark("delivered")).toMatchObject({ peer: b, delivered: ofAlice });
});

test("[E1][R2] a device that starts over is sent messages, and only those that it acknowledges are delivered", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await open(a);
  alice.send({ type: "send", id: 1, to: b, body: 1 }, { type: "send", id: 2, to: b, body: 2 });
  const [first] = await alice.take("accepted", 2);
  // The cursor in its row lies above messages that no device has.
  const phone = await open(b, "phone", "&cursor=head");
  phone.socket.close();
  await phone.socket.untilClosed();
  const again = await open(b, "phone", "&epoch=another");
  const [one] = await again.take("message", 2);
  again.ack(one?.["seq"]);
  again.socket.close();
  await again.socket.untilClosed();
  expect((await alice.mark("delivered"))["delivered"]).toBe(first?.["entry"]);
});

test("[E1] a message that was sent to a plain socket is delivered", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await plain(b)];
  alice.send({ type: "send", id: 1, to: b, body: "hi" });
  const { entry } = await alice.until("accepted");
  await nextFrame(bob);
  expect((await alice.mark("delivered"))["delivered"]).toBe(entry);
});

test("[E3] read sends a mark to the author and to the reader's own devices", async () => {
  const { a, b, alice, bob } = await world();
  const laptop = await open(b, "laptop");
  alice.send({ type: "send", id: 1, to: b, body: 1 }, { type: "send", id: 2, to: b, body: 2 });
  const [first, second] = await alice.take("accepted", 2);
  const [one] = await bob.take("message", 2);
  bob.send({ type: "read", peer: a, seq: one?.["seq"] });
  expect(await laptop.until("mark")).toMatchObject({ peer: a, mine: one?.["seq"] });
  const [stored, delivered, read] = [second, first, first].map((frame) => frame?.["entry"]);
  expect(await alice.mark("read")).toMatchObject({ peer: b, stored, delivered, read });
});

test("[E3] read is cumulative, clamped to the newest message, and never goes back", async () => {
  const { a, b, alice, bob } = await world();
  alice.send({ type: "send", id: 1, to: b, body: 1 });
  const { entry } = await alice.until("accepted");
  const { seq } = await bob.until("message");
  bob.send({ type: "read", peer: a, seq: Number.MAX_SAFE_INTEGER });
  expect(await bob.until("mark")).toMatchObject({ mine: seq });
  bob.send({ type: "read", peer: a, seq: 1 }, { type: "read", peer: "nobody-we-know", seq: 5 });
  expect(await bob.settled()).toEqual([]);
  expect((await alice.mark("read"))["read"]).toBe(entry);
});

test("[E4][M8] a receipt reaches an author who was away, and one whose mailbox could not be reached", async () => {
  const { a, b, alice, bob } = await world();
  alice.send({ type: "send", id: 1, to: b, body: 1 });
  const { entry } = await alice.until("accepted");
  alice.socket.close();
  await alice.socket.untilClosed();
  const { seq } = await bob.until("message");
  const broken = vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(() => {
    throw new Error("not to be reached");
  });
  bob.ack(seq);
  bob.send({ type: "read", peer: a, seq });
  await vi.waitUntil(() => broken.mock.calls.length > 0);
  await bob.settled();
  bob.socket.close();
  await bob.socket.untilClosed();
  await vi.waitUntil(() => broken.mock.settledResults.every(({ type }) => type !== "incomplete"));
  await evictDurableObject(env.MAILBOX.getByName(b), { webSockets: "close" });
  broken.mockRestore();
  await vi.waitUntil(() => runDurableObjectAlarm(env.MAILBOX.getByName(b)));
  await vi.waitFor(async () => {
    const back = await open(a, "new");
    expect((await back.settled()).findLast(({ type }) => type === "mark")).toMatchObject({
      delivered: entry,
      read: entry,
    });
  });
});

test("[E4] a receipt that was on its way during a crash is sent after it", async () => {
  const { a, b, alice, bob } = await world();
  alice.send({ type: "send", id: 1, to: b, body: 1 });
  const { entry } = await alice.until("accepted");
  const { seq } = await bob.until("message");
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(() => new Promise(() => undefined));
  bob.ack(seq);
  await bob.settled();
  vi.restoreAllMocks();
  await abortAllDurableObjects();
  const back = await open(a);
  await open(b, "phone", `&cursor=${String(seq)}`);
  expect((await back.mark("delivered"))["delivered"]).toBe(entry);
});

test("[E2] a new device that starts at head delivers no earlier message", async () => {
  const { b, alice, bob } = await world();
  alice.send({ type: "send", id: 1, to: b, body: 1 });
  await alice.until("accepted");
  await bob.until("message");
  const laptop = await open(b, "laptop", "&cursor=head");
  alice.send({ type: "send", id: 2, to: b, body: 2 });
  await alice.until("accepted");
  laptop.ack((await laptop.until("message"))["seq"]);
  await laptop.settled();
  alice.send({ type: "send", id: 3, to: b, body: 3 });
  await alice.until("accepted");
  const marks = (await alice.settled()).filter(({ type }) => type === "mark");
  expect(marks.every((mark) => mark["delivered"] === undefined)).toBe(true);
});

test("[E2] what the user has read counts as delivered, also over a device that started at head", async () => {
  const { a, b, alice } = await world();
  alice.send({ type: "send", id: 1, to: b, body: 1 });
  const { entry } = await alice.until("accepted");
  const laptop = await open(b, "laptop", "&cursor=head");
  laptop.send({ type: "read", peer: a, seq: laptop.welcome.head });
  expect(await alice.mark("delivered")).toMatchObject({ delivered: entry, read: entry });
});

test("[E5] a user who switched read receipts off sends none and receives none", async () => {
  const { a, b, alice, bob } = await world();
  expect(await put(`/api/settings?user=${b}`, { receipts: false })).toEqual({ receipts: false, presence: true });
  alice.send({ type: "send", id: 1, to: b, body: 1 });
  const { entry } = await alice.until("accepted");
  const { seq } = await bob.until("message");
  bob.send({ type: "send", id: 1, to: a, body: 2 });
  await bob.until("accepted");
  bob.ack(seq);
  bob.send({ type: "read", peer: a, seq });
  expect((await alice.mark("delivered"))["delivered"]).toBe(entry);
  alice.send({ type: "read", peer: b, seq: Number.MAX_SAFE_INTEGER });
  alice.send({ type: "send", id: 2, to: b, body: 3 });
  await bob.until("message");
  const marks = [...(await alice.settled()), ...(await bob.settled())].filter(({ type }) => type === "mark");
  expect(marks.filter((mark) => mark["read"] !== undefined)).toEqual([]);
});
