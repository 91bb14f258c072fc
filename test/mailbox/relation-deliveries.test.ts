// Relations between mailboxes: what a receiver takes, forged deliveries, mailboxes of older code, and messages that are
// not there any more.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import type { Delivery, Envelope } from "../../src/protocol/envelope.ts";
import { unpack } from "../../src/protocol/packed-delivery.ts";
import { fresh, open, sendAll } from "../support/devices.ts";
import { withLog } from "../support/log-fixture.ts";
import { conversation, history, listed, RELATIONS, Writer } from "../support/relations.ts";

afterEach(() => void vi.restoreAllMocks());

const evict = (name: string) => evictDurableObject(env.MAILBOX.getByName(name), { webSockets: "close" });

type Re = NonNullable<Envelope["re"]>;

/** A mailbox that ann delivers to by calls. */
function receiver() {
  const to = fresh("bob");
  const deliver = (...envelopes: readonly (readonly [origin: number, body: unknown, re?: Re])[]) => {
    const said: Delivery = {
      version: 1,
      from: "ann",
      epoch: "a1",
      to,
      toEpoch: null,
      after: 0,
      envelopes: envelopes.map(([origin, body, re]) => ({
        origin,
        at: 1_000 + origin,
        body: JSON.stringify(body),
        ...(re !== undefined && { re }),
      })),
    };
    return env.MAILBOX.getByName(to).deliver(said);
  };
  return { to, deliver };
}

test("[M20][I3] forged relations are refused finally, each by itself, and change nothing", async () => {
  const { to, deliver } = receiver();
  await deliver([3, "hers"], [4, "hers, edited", { is: "edit", of: "author", origin: 3 }]);
  const bob = new Writer(await open(to, "phone", RELATIONS), "ann");
  const { deliver: original } = Mailbox.prototype;
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (this: Mailbox, delivery) {
    // There is no such mailbox that could answer.
    if (delivery.to === "ann") throw new Error("unreachable");
    return original.call(this, delivery);
  });
  const own = await bob.sent("his");
  const before = await history(to, "ann");
  const forged: readonly (readonly [body: unknown, re: Re])[] = [
    ["x", { is: "edit", of: "receiver", origin: own }],
    [null, { is: "retract", of: "receiver", origin: own }],
    ["x", { is: "edit", of: "author", origin: 4 }],
    [["👍"], { is: "react", of: "author", origin: 4 }],
    ["not null", { is: "retract", of: "author", origin: 3 }],
    ["no emoji", { is: "react", of: "receiver", origin: own }],
    [["x"], { is: "react", of: "receiver", origin: own }],
  ];
  for (const [i, [body, re]] of forged.entries()) {
    const origin = 10 + 2 * i;
    const reply = await deliver([origin, body, re], [origin + 1, `good ${i}`]);
    expect(reply).toMatchObject({ verdict: "taken", refused: [{ origin, code: "forbidden" }] });
  }
  const after = await history(to, "ann");
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.slice(before.length).map(({ body }) => body)).toEqual(forged.map((_, i) => `good ${i}`));
});

test("[I3][S6] the author of a forged relation gets failed with forbidden", async () => {
  const { b, alice, bob } = await conversation();
  await bob.sent("his");
  const seen = await alice.received();
  const own = await alice.sent("mine");
  await bob.received();
  const { deliver } = Mailbox.prototype;
  // As if her mailbox let her edit his message.
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (this: Mailbox, packed) {
    const said = unpack(packed);
    const forge = (one: Envelope): Envelope =>
      one.re === undefined ? one : { ...one, re: { is: "edit", of: "receiver", origin: Number(seen["origin"]) } };
    return deliver.call(this, said.to === b ? { ...said, envelopes: said.envelopes.map(forge) } : said);
  });
  const of = await alice.sent("forged", { to: own, is: "edit" });
  expect(await alice.device.until("failed")).toMatchObject({ of, code: "forbidden" });
});

test("[I7] a relation to a message that the receiver does not have, or has removed, arrives without its seq", async () => {
  const { to, deliver } = receiver();
  await deliver([3, "one"], [5, "two"]);
  const bob = await open(to, "phone", RELATIONS);
  const [one] = await bob.take("message", 2);
  const url = `http://restante.test/api/conversations/ann/messages/${one?.["seq"]}?user=${to}`;
  const { exports } = await import("cloudflare:workers");
  await exports.default.fetch(new Request(url, { method: "DELETE" }));
  const kinds = ["reply", "edit", "react", "retract"] as const;
  const bodies = { reply: "x", edit: "x", react: ["👍"], retract: null };
  let origin = 10;
  for (const is of kinds) {
    for (const [of, at] of [
      ["author", 3],
      ["author", 4],
      ["author", 0],
      ["author", 1_000],
      ["receiver", 999],
      // A message of the other side than the delivery says.
      ["receiver", Number(one?.["seq"])],
    ] as const) {
      if (of === "receiver" && (is === "edit" || is === "retract")) continue;
      expect(await deliver([++origin, bodies[is], { is, of, origin: at }])).toMatchObject({ refused: [] });
      expect(await bob.until("message")).toMatchObject({ origin, re: { is } });
    }
  }
  expect((await history(to, "ann")).map(({ re }) => re)).toEqual([
    undefined,
    ...Array.from({ length: 6 }, () => ({ is: "reply" })),
  ]);
  // An older device gets no removal of nothing.
  expect(
    (await (await open(to, "older")).settled()).filter(({ type, of }) => type === "cleared" && of !== one?.["seq"]),
  ).toEqual([]);
});

test("[M20][M7] a relation that this version does not know is stored as a message without one", async () => {
  const { to, deliver } = receiver();
  const re = { is: "forward", of: "author", origin: 3 } as unknown as Re;
  expect(await deliver([3, "one"], [4, "two", re])).toMatchObject({ verdict: "taken", refused: [] });
  const frames = await (await open(to, "phone", RELATIONS)).take("message", 2);
  expect(frames.at(-1)).not.toHaveProperty("re");
  expect(await listed(to)).toMatchObject({ unread: 2 });
});

/** Has bob's mailbox act as code of before relations, while `isOld` says so. Returns the deliveries that it got. */
function olderCode(name: string, isOld: () => boolean): Delivery[] {
  const got: Delivery[] = [];
  const { deliver } = Mailbox.prototype;
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(async function (this: Mailbox, packed) {
    const said = unpack(packed);
    if (said.to !== name) return deliver.call(this, packed);
    got.push(said);
    if (!isOld()) return deliver.call(this, said);
    const envelopes = said.envelopes.map(({ origin, at, body }) => ({ origin, at, body }));
    const { relations: _, ...reply } = await deliver.call(this, { ...said, envelopes });
    return reply;
  });
  return got;
}

test("[M19] edits and reactions wait for a mailbox of older code, what is before them arrives, and order stays", async () => {
  const { a, b, alice, bob } = await conversation();
  let isOld = true;
  const got = olderCode(b, () => isOld);
  await evict(a);
  alice.device = await open(a, "phone", RELATIONS);
  alice.device.send({ type: "send", id: 1, to: b, body: "one" }, { type: "send", id: 2, to: b, body: "two" });
  const own = Number((await alice.device.until("accepted"))["entry"]);
  await alice.device.until("accepted");
  alice.device.welcome.lastId = 2;
  // A reply is for every mailbox.
  expect(await alice.send("a reply", { to: own, is: "reply" })).toMatchObject({ state: "stored" });
  expect(await alice.send("edited", { to: own, is: "edit" })).toMatchObject({ state: "queued" });
  expect(await alice.send("three")).toMatchObject({ state: "queued" });
  expect((await bob.device.take("message", 3)).map(({ body }) => body)).toEqual(["one", "two", "a reply"]);
  expect(got.flatMap(({ envelopes }) => envelopes).filter(({ re }) => re?.is === "edit")).toEqual([]);
  expect(got.filter(({ envelopes }) => envelopes.length === 0).length).toBeGreaterThan(0);
  // The deploy reaches bob's mailbox. He makes contact.
  isOld = false;
  const tablet = await open(b, "tablet", `${RELATIONS}&cursor=head`);
  await bob.sent("are you there?");
  expect((await tablet.take("message", 3)).map(({ body, re }) => [body, re === undefined])).toEqual([
    ["are you there?", true],
    ["edited", false],
    ["three", true],
  ]);
});

test("[M19] the first reaction after a wake asks in a delivery without messages, and the next ones do not", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = await alice.sent("hi");
  await bob.received();
  await evict(a);
  const got = olderCode(b, () => false);
  alice.device = await open(a, "phone", RELATIONS);
  for (let n = 0; n < 3; n++) {
    expect(await alice.send(["👍"], { to: own, is: "react" })).toMatchObject({ state: "stored" });
    await bob.received();
  }
  const withMessages = got.filter(({ delivered, read }) => delivered === undefined && read === undefined);
  expect(withMessages.map(({ envelopes }) => envelopes.length)).toEqual([0, 1, 1, 1]);
});

test("[M18] a relation is delivered from disk, after a wake, like from memory", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = await alice.sent("hi");
  const hers = Number((await bob.received())["seq"]);
  const his = await bob.sent("hello");
  const seen = Number((await alice.received())["seq"]);
  const { deliver } = Mailbox.prototype;
  let isDown = true;
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (this: Mailbox, delivery) {
    if (isDown && delivery.to === b) throw new Error("unreachable");
    return deliver.call(this, delivery);
  });
  await alice.sent("edited", { to: own, is: "edit" });
  await alice.sent(["👍"], { to: seen, is: "react" });
  await evict(a);
  await open(a, "tablet", RELATIONS);
  isDown = false;
  const tablet = await open(b, "tablet", `${RELATIONS}&cursor=head`);
  await bob.sent("are you there?");
  const got = await tablet.take("message", 3);
  expect(got.filter(({ re }) => re !== undefined)).toMatchObject([
    { body: "edited", re: { to: hers, is: "edit" } },
    { body: ["👍"], re: { to: his, is: "react" } },
  ]);
});

test("[M18] a message is found by its origin among thousands, in runs and alone, between messages of others", async () => {
  await withLog((log) => {
    const about = { device: null, id: null, at: 1, body: '"x"' } as const;
    const bob = log.peers.get("bob");
    const sent: [origin: number, seq: number][] = [];
    let origin = 1_000;
    for (let n = 0; n < 400; n++) {
      origin += 1 + (n % 3);
      for (let i = 0; i <= n % 5; i++)
        sent.push([++origin, log.append({ ...about, kind: "in", peer: "bob", origin }).seq]);
      log.append({ ...about, kind: "in", peer: "carol", origin: origin - 7 });
      for (let i = 0; i < (n % 50 === 0 ? 120 : n % 2); i++)
        log.append({ ...about, kind: "out", peer: "bob", origin: null });
      log.flush(() => null);
    }
    // A long run, and a stretch of own messages alone.
    for (let i = 0; i < 600; i++) sent.push([++origin, log.append({ ...about, kind: "in", peer: "bob", origin }).seq]);
    log.flush(() => null);
    for (const [at, seq] of sent) expect(log.conversations.seqOfOrigin(bob, at)).toBe(seq);
    for (const missing of [0, 1, 999, origin + 1, Infinity])
      expect(log.conversations.seqOfOrigin(bob, missing)).toBe(0);
  });
});

test("[I7] a relation to one of thousands of older messages finds it after a wake", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = await alice.sent("first");
  const hers = Number((await bob.received())["seq"]);
  for (let n = 0; n < 3; n++) {
    await sendAll(alice.device, b, 300);
    await sendAll(bob.device, a, 300);
  }
  await evict(b);
  const back = await open(b, "phone", `${RELATIONS}&cursor=head`);
  await alice.sent("edited", { to: own, is: "edit" });
  expect(await back.until("message")).toMatchObject({ re: { to: hers, is: "edit" } });
});

test("[V5] code of before relations reads the rows as messages, writes rows beside them, and loses nothing", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = await alice.sent("hi");
  await alice.sent("hello", { to: own, is: "edit" });
  await alice.sent(["👍"], { to: own, is: "react" });
  for (let n = 0; n < 3; n++) await bob.received();
  const rows = await runInDurableObject(env.MAILBOX.getByName(b), (_, { storage: { sql } }) => {
    const columns = "seq, count, kind, peer, origin, device, id, at, failed, body";
    const before = sql.exec<{ kind: string; body: string }>(`SELECT ${columns} FROM run ORDER BY seq`).toArray();
    const view = sql.exec<{ body: string }>("SELECT body FROM entry WHERE kind = 'in' ORDER BY seq").toArray();
    // Its statements name the columns that it knows.
    sql.exec(
      `INSERT INTO run (seq, count, kind, peer, origin, device, id, at, body)
       SELECT max(seq) + 1, 1, 'in', peer, origin + 9, NULL, NULL, at, '"of before"' FROM run`,
    );
    return { before, view };
  });
  const bodies = ['"hi"', '"hello"', '["👍"]'];
  expect(rows.before.map(({ kind, body }) => [kind, body])).toEqual(bodies.map((body) => ["in", body]));
  expect(rows.view.map(({ body }) => body)).toEqual(bodies);
  await evict(b);
  const back = await open(b, "laptop", RELATIONS);
  const frames = await back.take("message", 4);
  expect(frames.map(({ re }) => (re as { is: string } | undefined)?.is)).toEqual([
    undefined,
    "edit",
    "react",
    undefined,
  ]);
  expect((await history(b, a)).map(({ body }) => body)).toEqual(["hi", "of before"]);
});
