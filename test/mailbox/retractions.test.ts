// The author takes a message back: its body and those of its edits leave both mailboxes, at once for all readers, and
// from the rows as soon as they may.
import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { countRowsWritten } from "../support/count-rows.ts";
import { fresh, get, open, sendAll } from "../support/devices.ts";
import type { Frame } from "../support/client-socket.ts";
import { conversation, history, listed, RELATIONS } from "../support/relations.ts";

afterEach(() => void vi.restoreAllMocks());

const evict = (name: string) => evictDurableObject(env.MAILBOX.getByName(name), { webSockets: "close" });

const query = <Row extends Record<string, SqlStorageValue>>(name: string, text: string) =>
  runInDurableObject(env.MAILBOX.getByName(name), (_, { storage: { sql } }) => sql.exec<Row>(text).toArray());

/** Everything that a mailbox still says of messages: to new devices, in pages, in lists, in an export. */
async function everythingOf(user: string, peer: string): Promise<string> {
  const [device, older] = [await open(user, fresh("new"), RELATIONS), await open(user, fresh("old"))];
  const { frames } = (await get(`/api/entries?user=${user}&limit=1000&relations=1`)) as { frames: Frame[] };
  const response = await exports.default.fetch(new Request(`http://restante.test/api/export?user=${user}`));
  const parts = [await device.settled(), await older.settled(), frames, await response.text()];
  return JSON.stringify([...parts, await listed(user), await history(user, peer)]);
}

test("[I5] a retraction removes the message and its edits from both mailboxes, and nothing else", async () => {
  const { a, b, alice, bob } = await conversation();
  await alice.sent("before");
  const own = await alice.sent("secret");
  await alice.sent("secret too", { to: own, is: "edit" });
  const other = await alice.sent("after");
  await alice.sent("after all", { to: other, is: "edit" });
  await alice.sent("secret again", { to: own, is: "edit" });
  for (let n = 0; n < 6; n++) await bob.received();
  await bob.sent("a reply", { to: Number((await history(b, a))[1]?.["seq"]), is: "reply" });
  await alice.received();
  await alice.sent(null, { to: own, is: "retract" });
  const retraction = await bob.received();
  expect(retraction).toMatchObject({ body: null, re: { is: "retract" } });
  for (let n = 0; n < 2; n++) {
    for (const [user, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      const all = await everythingOf(user, peer);
      expect(all).not.toContain("secret");
      for (const text of ["before", "after", "after all", "a reply"]) expect(all).toContain(text);
      const rows = await query<{ kind: string; body: string }>(user, "SELECT kind, body FROM run");
      expect(JSON.stringify(rows)).not.toContain("secret");
      expect(rows.filter(({ kind }) => kind === "removed")).toHaveLength(3);
      await evict(user);
    }
  }
  expect((await history(a, b)).map(({ body }) => body)).toEqual(["before", "after", "a reply"]);
});

test("[I5] what was taken back is neither edited nor taken back again, nor replied to", async () => {
  const { alice, bob } = await conversation();
  const own = await alice.sent("secret");
  const hers = Number((await bob.received())["seq"]);
  await alice.sent(null, { to: own, is: "retract" });
  await bob.received();
  for (const [body, is] of [
    ["x", "edit"],
    [null, "retract"],
    ["x", "reply"],
  ]) {
    expect(await alice.send(body, { to: own, is: String(is) })).toMatchObject({ code: "no_such_message" });
  }
  expect(await bob.send(["👍"], { to: hers, is: "react" })).toMatchObject({ code: "no_such_message" });
});

test("[I5][S8] a message to oneself is taken back", async () => {
  const a = fresh("alice");
  const alice = await open(a, "phone", RELATIONS);
  alice.send({ type: "send", id: 1, to: a, body: "secret" });
  const { entry } = await alice.until("accepted");
  alice.send({ type: "send", id: 2, to: a, body: null, re: { to: entry, is: "retract" } });
  expect(await alice.until("accepted")).toMatchObject({ id: 2, state: "stored" });
  expect(await everythingOf(a, a)).not.toContain("secret");
});

test("[I8] a retraction of an unread message lowers the number of unread ones, also after a wake", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = [await alice.sent("one"), await alice.sent("two"), await alice.sent("three")];
  for (let n = 0; n < 3; n++) await bob.received();
  bob.device.send({ type: "read", peer: a, seq: Number((await history(b, a))[0]?.["seq"]) });
  await bob.device.mark("mine");
  const unread = async () => (await listed(b))?.["unread"];
  expect(await unread()).toBe(2);
  for (const [of, left] of [
    [own[0], 2],
    [own[2], 1],
  ]) {
    await alice.sent(null, { to: Number(of), is: "retract" });
    await bob.received();
    expect(await unread()).toBe(left);
    await evict(b);
    expect(await unread()).toBe(left);
    bob.device = await open(b, "phone", RELATIONS);
  }
  expect(await listed(b)).toMatchObject({ last: { body: "two" } });
});

test("[I6][L8] a device that has not asked for relations gets a retraction as the removal of one message", async () => {
  const { a, b, alice, bob } = await conversation();
  const [older, own2] = [await open(b, "older"), await open(a, "older")];
  const own = await alice.sent("secret");
  const { seq } = await older.until("message");
  await bob.received();
  await alice.sent(null, { to: own, is: "retract" });
  const at = expect.any(Number) as number;
  expect(await older.until("cleared")).toEqual({ type: "cleared", seq: at, peer: a, of: seq });
  expect(await own2.until("cleared")).toEqual({ type: "cleared", seq: at, peer: b, of: own });
});

test("[I5] a message that is still on its way is hidden at once, arrives, and is gone then", async () => {
  const { a, b, alice, bob } = await conversation();
  await alice.sent("hi");
  await bob.received();
  const { deliver } = Mailbox.prototype;
  let isDown = true;
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (this: Mailbox, delivery) {
    if (isDown && delivery.to === b) throw new Error("unreachable");
    return deliver.call(this, delivery);
  });
  const own = await alice.sent("late secret");
  await alice.sent("edited secret", { to: own, is: "edit" });
  expect(await alice.send(null, { to: own, is: "retract" })).toMatchObject({ state: "queued" });
  expect(await everythingOf(a, b)).not.toContain("secret");
  // What waits is found again after a wake.
  await evict(a);
  expect(await everythingOf(a, b)).not.toContain("secret");
  expect(await query(a, "SELECT * FROM retraction")).toHaveLength(1);
  isDown = false;
  await bob.sent("are you there?");
  await vi.waitFor(async () => expect(JSON.stringify(await query(b, "SELECT re FROM run"))).toContain("retract"));
  expect(await everythingOf(b, a)).not.toContain("secret");
  await vi.waitFor(async () => {
    expect(JSON.stringify(await query(a, "SELECT body FROM run"))).not.toContain("secret");
    expect(await query(a, "SELECT * FROM retraction")).toEqual([]);
  });
});

test("[I5] edits far behind the message are removed too, by alarms, though the server ends between them", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = await alice.sent("secret");
  await sendAll(alice.device, b, 3_000);
  await alice.sent("secret too", { to: own, is: "edit" });
  bob.device.ack(Number.MAX_SAFE_INTEGER);
  await alice.sent(null, { to: own, is: "retract" });
  let alarms = 0;
  const left = async () =>
    JSON.stringify(await query(a, "SELECT body FROM run WHERE re IS NOT NULL")).includes("secret");
  for (; await left(); alarms++) {
    await evict(a);
    expect(await history(a, b)).toHaveLength(200);
    expect(JSON.stringify((await history(a, b)).at(-1))).not.toContain("secret");
    await runDurableObjectAlarm(env.MAILBOX.getByName(a));
  }
  expect(alarms).toBeGreaterThan(0);
  expect(JSON.stringify(await query(a, "SELECT body FROM run"))).not.toContain("secret");
});

test("[Q10] a message that the user removes goes with its edits, and the other user keeps both", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = await alice.sent("secret");
  await alice.sent("secret too", { to: own, is: "edit" });
  for (let n = 0; n < 2; n++) await bob.received();
  const seq = Number((await history(b, a))[0]?.["seq"]);
  const url = `http://restante.test/api/conversations/${a}/messages/${seq}?user=${b}`;
  expect((await exports.default.fetch(new Request(url, { method: "DELETE" }))).status).toBe(204);
  expect(await everythingOf(b, a)).not.toContain("secret");
  expect(await everythingOf(a, b)).toContain("secret too");
});

test("[S2] a message that was taken back, and is sent again, is answered again and not stored again", async () => {
  const { a, b, alice } = await conversation();
  const own = await alice.sent("secret");
  await alice.sent(null, { to: own, is: "retract" });
  const again = await open(a, "phone", RELATIONS);
  again.send({ type: "send", id: 1, to: b, body: "secret" });
  expect(await again.until("accepted")).toMatchObject({ id: 1, entry: own });
  again.send({ type: "send", id: 2, to: b, body: null, re: { to: own, is: "retract" } });
  expect(await again.until("accepted")).toMatchObject({ id: 2 });
  expect(await everythingOf(a, b)).not.toContain("secret");
});

test("a retraction costs in each mailbox two rows more than a message: that of the other message, and the peer", async () => {
  const { a, b, alice, bob } = await conversation();
  const own = [await alice.sent("the first one"), await alice.sent("the second one")];
  for (let n = 0; n < 2; n++) await bob.received();
  // The column.
  await alice.sent(null, { to: Number(own[0]), is: "retract" });
  await alice.device.mark("stored");
  await bob.received();
  await alice.device.settled();
  const [ofAlice, ofBob] = [await countRowsWritten(a), await countRowsWritten(b)];
  await alice.sent(null, { to: Number(own[1]), is: "retract" });
  await alice.device.mark("stored");
  await bob.received();
  expect([ofAlice(), ofBob()]).toEqual([4, 3]);
});

test("[I5] the row of a message that was taken back has as many bytes as before, so that SQLite overwrites it in place", async () => {
  const { a, b, alice, bob } = await conversation();
  // Around the lengths at which the head of a record changes its size.
  const lengths = [
    7, 8, 9, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 300, 8_180, 8_184, 8_185, 8_186, 8_190, 8_192, 20_000,
  ];
  for (const length of lengths) {
    const own = await alice.sent("x".repeat(length - 2));
    await bob.received();
    await alice.sent(null, { to: own, is: "retract" });
    await bob.received();
  }
  for (const name of [a, b]) {
    const rows = await query<{ body: string }>(name, "SELECT body FROM run WHERE kind = 'removed' ORDER BY seq");
    expect(rows.map(({ body }) => body.trim())).toEqual(lengths.map(() => "null"));
    // A few lengths have no such body: those rows are overwritten, and shortened then.
    const short = rows.filter(({ body }, i) => body.length < (lengths[i] ?? 0) - 8);
    expect(short.length).toBeLessThanOrEqual(4);
  }
});
