// Where a device resumes in the log: after being offline, after a reconnect, live, and in history.
import { env } from "cloudflare:workers";
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { CLOCK_SLACK_MS } from "../../src/protocol/limits.ts";
import { fresh, socketOf, open, plain, sendAll, upgrade, world } from "../support/devices.ts";
import { nextFrame } from "../support/client-socket.ts";

const seq: unknown = expect.any(Number);
const bodies = (frames: Record<string, unknown>[]) => frames.map((frame) => frame["body"]);

test("[R1] a device that was never seen is sent everything from the oldest entry kept", async () => {
  const { b, alice } = await world();
  await sendAll(alice, b, 5);
  const bob = await open(b);
  expect(bodies(await bob.take("message", 5))).toEqual([1, 2, 3, 4, 5]);
});

test("[R1] a device continues after its last ack, over hibernation and eviction", async () => {
  const { b, alice } = await world();
  const bob = await open(b);
  await sendAll(alice, b, 3);
  const [, second] = await bob.take("message", 3);
  bob.ack(second?.["seq"]);
  await bob.settled();
  bob.socket.close();
  await bob.socket.untilClosed();
  await evictDurableObject(env.MAILBOX.getByName(b), { webSockets: "close" });
  const again = await open(b);
  expect(bodies(await again.take("message", 1))).toEqual([3]);
});

test("the cursor of a device is persisted after 1,024 acknowledged entries, so that a crash repeats fewer", async () => {
  const { b, alice } = await world();
  const bob = await open(b);
  await sendAll(alice, b, 1_100);
  bob.ack((await bob.take("message", 1_100)).at(-1)?.["seq"]);
  await sendAll(alice, b, 1, () => "last");
  await bob.until("message");
  await abortAllDurableObjects();
  expect(bodies(await (await open(b)).take("message", 1))).toEqual(["last"]);
});

test("[R1] a cursor is the position to continue from, and an ack", async () => {
  const { b, alice } = await world();
  await sendAll(alice, b, 3);
  const bob = await open(b);
  const [first] = await bob.take("message", 3);
  const again = await open(b, "phone", `&cursor=${String(first?.["seq"])}`);
  expect(bodies(await again.take("message", 2))).toEqual([2, 3]);
  const third = await open(b, "phone");
  expect(bodies(await third.take("message", 2))).toEqual([2, 3]);
});

test("[R1] a device at `head` is sent only what comes from now on", async () => {
  const { b, alice } = await world();
  await sendAll(alice, b, 3);
  const bob = await open(b, "phone", "&cursor=head");
  await sendAll(alice, b, 1, () => "new");
  expect(bodies([await bob.next()])).toEqual(["new"]);
});

test("[R1] a device that was at `head` continues there without a cursor", async () => {
  const { b, alice } = await world();
  await sendAll(alice, b, 3);
  const bob = await open(b, "phone", "&cursor=head");
  bob.socket.close();
  await bob.socket.untilClosed();
  await sendAll(alice, b, 1, () => "new");
  expect(bodies([await (await open(b)).next()])).toEqual(["new"]);
});

test("[R1][R2] `head` with another epoch starts over, after a gap", async () => {
  const { b, alice } = await world();
  await sendAll(alice, b, 1);
  const bob = await open(b, "phone", "&epoch=another&cursor=head");
  expect(await bob.next()).toEqual({ type: "gap", from: 1, seq });
  expect(await bob.next()).toMatchObject({ type: "message", body: 1 });
});

test("[R2] a cursor of another epoch starts over, after a gap", async () => {
  const { b, alice } = await world();
  await sendAll(alice, b, 2);
  const bob = await open(b, "phone", "&epoch=another&cursor=1795000000000000");
  const gap = await bob.next();
  expect(gap).toEqual({ type: "gap", from: 1, seq });
  const first = await bob.next();
  expect(first).toMatchObject({ type: "message", body: 1 });
  expect(Number(first["seq"])).toBeGreaterThan(Number(gap["seq"]));
});

test("[R2] the epoch stays the same over an eviction", async () => {
  const { a, alice } = await world();
  await evictDurableObject(env.MAILBOX.getByName(a), { webSockets: "close" });
  const again = await open(a, "phone", `&epoch=${alice.welcome.epoch}&cursor=0`);
  expect(again.welcome.epoch).toBe(alice.welcome.epoch);
  expect(await again.settled()).toEqual([]);
});

test("[R3] a cursor further ahead than any clock is refused", async () => {
  const far = (Date.now() + 2 * CLOCK_SLACK_MS) * 1_000;
  const line = socketOf(await upgrade(`/client/${fresh("bob")}?device=phone&cursor=${far}`, "restante.v1"));
  expect(await nextFrame(line)).toMatchObject({ type: "closing", code: 4400 });
  expect(await line.untilClosed()).toMatchObject({ code: 4400 });
});

test("[R3] for a cursor beyond the head, as before a restore, a gap is sent, and new entries lie above it", async () => {
  const { b, alice } = await world();
  const ahead = (Date.now() + 60_000) * 1_000;
  const [phone, classic] = [await open(b), await plain(b)];
  const bob = await open(b, "other", `&cursor=${ahead}`);
  expect(await bob.next()).toEqual({ type: "gap", from: phone.welcome.head + 1, seq: ahead + 1 });
  await evictDurableObject(env.MAILBOX.getByName(b), { webSockets: "hibernate" });
  await sendAll(alice, b, 1, () => "hi");
  const got = await bob.next();
  expect(got).toMatchObject({ body: "hi" });
  expect(Number(got["seq"])).toBeGreaterThan(ahead);
  expect(await phone.next()).toEqual(got);
  expect(await nextFrame(classic)).toMatchObject({ msg: "hi" });
});

test("[R3] a cursor that was never given counts as one before a restore, after later messages and any sleep too", async () => {
  const { b, alice } = await world();
  const bob = await open(b);
  await sendAll(alice, b, 1);
  const { seq } = await bob.until("message");
  const held = Number(seq);
  const wake = () => evictDurableObject(env.MAILBOX.getByName(b), { webSockets: "close" });
  await wake();
  await sendAll(alice, b, 1, () => "since then");
  await wake();
  for (const device of ["phone", "laptop"]) {
    const back = await open(b, device, `&cursor=${held + 5}`);
    const gap = await back.next();
    expect(gap).toMatchObject({ type: "gap", from: held + 1 });
    expect(await back.next()).toMatchObject({ body: "since then" });
    // The seq of the gap is a cursor like any other, and so is one that the mailbox gave.
    for (const cursor of [gap["seq"], held]) {
      const again = await open(b, device, `&cursor=${String(cursor)}`);
      expect(await again.next()).toMatchObject({ body: "since then" });
    }
  }
});

test("[R3] a gap that was lost on its way is sent again, until it is acknowledged", async () => {
  const { b, alice } = await world();
  const first = await open(b);
  await sendAll(alice, b, 1);
  const { seq } = await first.until("message");
  first.ack(seq);
  const wake = () => evictDurableObject(env.MAILBOX.getByName(b), { webSockets: "close" });
  await wake();
  // At first beyond the head; later, when the numbering was raised above it, among numbers that were never given.
  const known = `&cursor=${Number(seq) + 5}`;
  const lost = await open(b, "phone", known);
  expect(await lost.next()).toMatchObject({ type: "gap", from: Number(seq) + 1 });
  await wake();
  await sendAll(alice, b, 1, () => "since then");
  for (let tries = 0; tries < 2; tries++) {
    const again = await open(b, "phone", known);
    expect(await again.next()).toMatchObject({ type: "gap", from: Number(seq) + 1 });
    again.socket.close();
    await again.socket.untilClosed();
  }
  const acked = await open(b, "phone", known);
  acked.ack((await acked.until("gap"))["seq"]);
  await acked.settled();
  acked.socket.close();
  await acked.socket.untilClosed();
  expect(await (await open(b, "phone", known)).next()).toMatchObject({ type: "message", body: "since then" });
});

test("[W4] delivered entries stay delivered, also if their device comes back with another cursor", async () => {
  const { b, alice } = await world();
  const bob = await open(b);
  await sendAll(alice, b, 3);
  const frames = await bob.take("message", 3);
  bob.ack(frames[2]?.["seq"]);
  const again = await open(b, "phone", `&cursor=${String(frames[0]?.["seq"])}`);
  again.socket.close();
  await again.socket.untilClosed();
  await evictDurableObject(env.MAILBOX.getByName(b), { webSockets: "close" });
  const classic = await plain(b);
  await sendAll(alice, b, 1, () => 4);
  expect(await nextFrame(classic)).toMatchObject({ msg: 4 });
});

test("[L1] seqs only grow, and the first after a wake is ahead of the clock before it", async () => {
  const { a, b, alice } = await world();
  await sendAll(alice, b, 2);
  const before = Date.now() * 1_000;
  await evictDurableObject(env.MAILBOX.getByName(a), { webSockets: "close" });
  const again = await open(a, "phone", "&cursor=head");
  again.send({ type: "send", id: 3, to: b, body: 3 });
  expect(Number((await again.until("accepted"))["entry"])).toBeGreaterThan(before);
});

test("[E2][W4] a new device that starts at head delivers nothing before its start", async () => {
  const { b, alice } = await world();
  await sendAll(alice, b, 2);
  const laptop = await open(b, "laptop", "&cursor=head");
  await sendAll(alice, b, 1, () => 3);
  laptop.ack((await laptop.next())["seq"]);
  await laptop.settled();
  const classic = await plain(b);
  expect(await nextFrame(classic)).toMatchObject({ msg: 1 });
});

test("a plain socket is not sent what a v1 device has acknowledged", async () => {
  const { b, alice } = await world();
  const bob = await open(b);
  await sendAll(alice, b, 2);
  const [first] = await bob.take("message", 2);
  bob.ack(first?.["seq"]);
  await bob.settled();
  expect(await nextFrame(await plain(b))).toMatchObject({ msg: 2 });
});

test("[R4] a newer socket of a device replaces the older one, whose late close does not end it", async () => {
  const { a, b, alice } = await world();
  const newer = await open(a);
  expect(await alice.until("closing")).toMatchObject({ code: 4409 });
  expect(await alice.socket.untilClosed()).toMatchObject({ code: 4409 });
  newer.send({ type: "send", id: 1, to: b, body: "from the new one" });
  expect(await newer.until("accepted")).toMatchObject({ id: 1, state: "stored" });
  expect(bodies([await (await open(b)).next()])).toEqual(["from the new one"]);
});

test("[F7] `welcome` counts in what its device sent just before", async () => {
  const { a, b, alice } = await world();
  alice.send({ type: "send", id: 1, to: b, body: 1 });
  const newer = await open(a);
  newer.send({ type: "send", id: newer.welcome.lastId + 1, to: b, body: 2 });
  expect(await newer.until("accepted")).toMatchObject({ id: newer.welcome.lastId + 1 });
  const got = await (await open(b)).settled();
  expect(bodies(got)).toEqual(newer.welcome.lastId === 1 ? [1, 2] : [2]);
});

test("[L6] on a resume a mark is sent once, at its present value", async () => {
  const { a, b, alice } = await world();
  await sendAll(alice, b, 1);
  await alice.mark("stored");
  await sendAll(alice, b, 1);
  await alice.mark("stored");
  const laptop = await open(a, "laptop");
  const marks = (await laptop.settled()).filter((frame) => frame["type"] === "mark");
  expect(marks).toEqual([{ type: "mark", seq, peer: b, stored: seq }]);
});
