// Another mailbox delivers: each message is stored once, in order, however often and however late it is delivered.
import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import type { Delivery, Envelope } from "../../src/protocol/envelope.ts";
import { fresh, open } from "../support/devices.ts";

afterEach(() => void vi.restoreAllMocks());

const envelope = (origin: number): Envelope => ({ origin, at: 1_000 + origin, body: String(origin) });

function mailbox() {
  const to = fresh("bob");
  const stub = env.MAILBOX.getByName(to);
  const deliver = (origins: number[], change: Partial<Delivery> = {}) => {
    const base = { version: 1, from: "ann", epoch: "a1", to, toEpoch: null, after: 0 };
    return stub.deliver({ ...base, envelopes: origins.map(envelope), ...change });
  };
  const kept = async () => (await (await open(to)).settled()).map((frame) => frame["origin"]);
  return { to, stub, deliver, kept };
}

test("[M2][M5] a delivery is stored, and the reply has the epoch and the highest origin", async () => {
  const { to, deliver, kept } = mailbox();
  const reply = await deliver([3, 7]);
  const about = { version: 1, epoch: expect.any(String), runs: true, relations: true };
  expect(reply).toEqual({ ...about, high: 7, verdict: "taken", refused: [] });
  expect((await open(to, "x")).welcome.epoch).toBe(reply.epoch);
  expect(await kept()).toEqual([3, 7]);
});

test("[M11] a delivery in runs is stored like one in envelopes", async () => {
  const { to, stub, deliver, kept } = mailbox();
  await deliver([3]);
  const about = { version: 1, from: "ann", epoch: "a1", to, toEpoch: null, after: 3 };
  const runs = [
    { origin: 4, at: 1, bodies: ["3", "4"] },
    { origin: 9, at: 2, bodies: ["8", "9"] },
  ];
  expect(await stub.deliver({ ...about, runs })).toMatchObject({ verdict: "taken", high: 9, refused: [] });
  expect(await kept()).toEqual([3, 4, 8, 9]);
});

test("[M3] messages that were delivered before are not stored again, in whole or in part", async () => {
  const { deliver, kept } = mailbox();
  await deliver([3, 7]);
  expect(await deliver([3, 7])).toMatchObject({ high: 7, verdict: "taken", refused: [] });
  expect(await deliver([7, 9])).toMatchObject({ high: 9 });
  expect(await deliver([3])).toMatchObject({ high: 9, refused: [] });
  expect(await kept()).toEqual([3, 7, 9]);
});

test("[M3] the highest origin survives an eviction, also when its row is not written yet", async () => {
  const { stub, deliver, kept } = mailbox();
  await deliver([3]);
  await deliver([7]);
  await evictDurableObject(stub);
  expect(await deliver([3, 7, 8])).toMatchObject({ high: 8 });
  expect(await kept()).toEqual([3, 7, 8]);
});

test("[M3] each author has a highest origin of its own", async () => {
  const { deliver, kept } = mailbox();
  await deliver([7]);
  expect(await deliver([3], { from: "eve" })).toMatchObject({ high: 3 });
  expect(await kept()).toEqual([7, 3]);
});

test("[M5] a mailbox that has less than it confirmed replies behind, and stores nothing out of order", async () => {
  const { deliver, kept } = mailbox();
  await deliver([3]);
  expect(await deliver([9], { after: 7 })).toMatchObject({ verdict: "behind", high: 3 });
  expect(await deliver([7, 9], { after: 3 })).toMatchObject({ verdict: "taken", high: 9 });
  expect(await kept()).toEqual([3, 7, 9]);
});

test("[M5] a delivery for another epoch of the mailbox is not stored", async () => {
  const { deliver, kept } = mailbox();
  const { epoch } = await deliver([3]);
  expect(await deliver([7], { toEpoch: "another" })).toMatchObject({ verdict: "other", epoch, high: 3 });
  expect(await kept()).toEqual([3]);
});

test("[M3] an author with a new epoch starts over", async () => {
  const { deliver, kept } = mailbox();
  await deliver([7]);
  expect(await deliver([3], { epoch: "a2" })).toMatchObject({ verdict: "taken", high: 3 });
  expect(await kept()).toEqual([7, 3]);
});

test("[M4] a message that was refused before later ones is refused again, and stored ones stay stored", async () => {
  const { stub, deliver, kept } = mailbox();
  await deliver([3, 9]);
  // As a refusal of 5 leaves it.
  await runInDurableObject(stub, (_, state) => void state.storage.sql.exec("UPDATE peer SET refused = 5"));
  await evictDurableObject(stub);
  expect(await deliver([3, 5, 9])).toMatchObject({ refused: [{ origin: 5, code: "declined" }] });
  expect(await kept()).toEqual([3, 9]);
});

test("[M16] a mailbox compares a repeated delivery with its log, and names the first message that it does not have", async () => {
  const { stub, deliver, kept } = mailbox();
  await deliver([3, 5, 9]);
  const compare = (origins: number[], change: Partial<Delivery> = {}) =>
    deliver(origins, { compare: true, ...change }).then(({ missing, high }) => ({ missing, high }));
  expect(await compare([3, 5, 9])).toEqual({ missing: 0, high: 9 });
  expect(await compare([3, 4, 5, 6])).toEqual({ missing: 4, high: 9 });
  expect(await compare([9, 12])).toEqual({ missing: 0, high: 12 });
  expect(await compare([10, 14])).toEqual({ missing: 10, high: 14 });
  // Another message with the number of one that the author lost.
  expect(await compare([], { envelopes: [{ ...envelope(5), at: 1 }] })).toMatchObject({ missing: 5 });
  expect(await compare([], { envelopes: [{ ...envelope(5), body: "6" }] })).toMatchObject({ missing: 5 });
  expect((await deliver([4])).missing).toBe(undefined);
  expect(await kept()).toEqual([3, 5, 9, 12, 14]);
  // As a refusal of 6 leaves it.
  await runInDurableObject(stub, (_, state) => void state.storage.sql.exec("UPDATE peer SET refused = 6"));
  await evictDurableObject(stub);
  expect(await deliver([5, 6, 7], { compare: true })).toMatchObject({ missing: 7, refused: [{ origin: 6 }] });
});

test.each([
  ["that the receiver has", false],
  ["that the receiver removed", true],
])(
  "[M16] the newest 4,096 messages are compared, and older ones count as stored: of messages %s",
  async (_, isRemoved) => {
    const { to, stub, deliver } = mailbox();
    for (let first = 1; first < 4_200; first += 1_050)
      await deliver(Array.from({ length: 1_050 }, (__, i) => first + i));
    if (isRemoved) {
      const { deliver: original } = Mailbox.prototype;
      vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (this: Mailbox, delivery) {
        // There is no such mailbox that could answer to the receipt.
        if (delivery.to === "ann") throw new Error("unreachable");
        return original.call(this, delivery);
      });
      const request = new Request(`http://restante.test/api/conversations/ann?user=${to}`, { method: "DELETE" });
      expect((await exports.default.fetch(request)).status).toBe(204);
      const isLeft = "SELECT 1 FROM run WHERE kind = 'in'";
      const left = () => runInDurableObject(stub, (__, { storage }) => storage.sql.exec(isLeft).toArray().length);
      await vi.waitFor(async () => expect(await left()).toBe(0));
    }
    const missing = async (origin: number) =>
      (await deliver([], { compare: true, envelopes: [{ ...envelope(origin), at: 1 }] })).missing;
    expect([await missing(104), await missing(105)]).toEqual([0, 105]);
    expect((await deliver([104, 105, 4_200], { compare: true })).missing).toBe(0);
  },
);

test("deliveries of many authors at once all arrive", async () => {
  const { deliver, kept } = mailbox();
  const authors = Array.from({ length: 40 }, (_, i) => `author-${i}`);
  await Promise.all(authors.map((from, i) => deliver([i + 1, i + 100], { from })));
  expect((await kept()).length).toBe(80);
});

test("a mailbox that was only asked for its sockets is not created", async () => {
  const { to, stub } = mailbox();
  expect(await stub.countSockets(to)).toBe(0);
  const tables = await runInDurableObject(stub, (_, state) =>
    state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'mailbox'").toArray(),
  );
  expect(tables).toEqual([]);
});
