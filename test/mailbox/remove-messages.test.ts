// A user removes a conversation, or a message, for oneself: nothing of it is served any more, on no way; the other user
// keeps it; and repeated sends and deliveries stay harmless.
import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import type { Delivery } from "../../src/protocol/envelope.ts";
import { countRowsWritten } from "../support/count-rows.ts";
import type { Device, Frame } from "../support/client-socket.ts";
import { fresh, get, open, sendAll } from "../support/devices.ts";

afterEach(() => void vi.restoreAllMocks());

const mailboxOf = (name: string) => env.MAILBOX.getByName(name);
const evict = (name: string) => evictDurableObject(mailboxOf(name), { webSockets: "hibernate" });

async function remove(user: string, path: string): Promise<number> {
  const url = `http://restante.test/api/conversations/${path}?user=${user}`;
  return (await exports.default.fetch(new Request(url, { method: "DELETE" }))).status;
}

const historyOf = async (user: string, peer: string) => {
  const page = (await get(`/api/conversations/${peer}/messages?user=${user}&limit=200`)) as {
    messages: Frame[];
    unread: number;
    more: boolean;
  };
  return { bodies: page.messages.map(({ body }) => body), unread: page.unread, more: page.more };
};

const listOf = async (user: string) =>
  ((await get(`/api/conversations?user=${user}`)) as { conversations: Frame[] }).conversations;

/** Everything that a mailbox still says of messages: to a new device, in pages, in an export. */
async function everythingOf(user: string): Promise<string> {
  const device = await open(user, fresh("new"));
  const { frames } = (await get(`/api/entries?user=${user}&limit=1000`)) as { frames: Frame[] };
  const response = await exports.default.fetch(new Request(`http://restante.test/api/export?user=${user}`));
  return JSON.stringify([await device.settled(), frames, await response.text(), await listOf(user)]);
}

async function world(query = "") {
  const [a, b] = [fresh("alice"), fresh("bob")];
  return { a, b, alice: await open(a, "phone", query), bob: await open(b, "phone", query) };
}

/** Bob sends these bodies, and alice receives them; returns their seqs in alice's log. */
async function receive(from: Device, to: Device, bodies: readonly unknown[]): Promise<number[]> {
  await sendAll(from, to.welcome.user, bodies.length, (n) => bodies[n - 1]);
  const seqs: number[] = [];
  while (seqs.length < bodies.length) {
    const { from: author, seq } = await to.until("message");
    if (author === from.welcome.user) seqs.push(Number(seq));
  }
  to.ack(seqs.at(-1));
  return seqs;
}

test("[Q10][L8] a removed conversation is served on no way, on no device, and the other user keeps it", async () => {
  const { a, b, alice, bob } = await world();
  const away = await open(a, "tablet");
  away.socket.close();
  await receive(bob, alice, ["secret 1", "secret 2"]);
  await sendAll(alice, b, 1, () => "secret 3");
  const last = Number((await listOf(a))[0]?.["seq"]);
  expect(await remove(a, b.toUpperCase())).toBe(204);
  expect(await alice.until("cleared")).toEqual({ type: "cleared", seq: expect.any(Number), peer: b, upTo: last });
  for (let n = 0; n < 2; n++) {
    expect(await historyOf(a, b)).toEqual({ bodies: [], unread: 0, more: false });
    const [one] = await listOf(a);
    expect(one).toMatchObject({ peer: b, unread: 0, hidden: true, marks: { mine: last }, clearedUpTo: last });
    expect(one).not.toHaveProperty("last");
    expect(await everythingOf(a)).not.toContain("secret");
    await evict(a);
  }
  const back = await open(a, "tablet");
  expect((await back.settled()).map(({ type }) => type)).not.toContain("message");
  expect((await historyOf(b, a)).bodies).toEqual(["secret 1", "secret 2", "secret 3"]);
  // What comes now is a conversation again.
  await receive(bob, alice, ["hello"]);
  expect((await historyOf(a, b)).bodies).toEqual(["hello"]);
  const now = { peer: b, unread: 1, hidden: false, clearedUpTo: last, last: { body: "hello" } };
  expect(await listOf(a)).toMatchObject([now]);
  expect((await listOf(b))[0]).not.toHaveProperty("clearedUpTo");
});

test("[Q10] a removal of what is removed, or of nothing, changes nothing; an unknown conversation is not found", async () => {
  const { a, b, alice, bob } = await world();
  expect(await remove(a, b)).toBe(404);
  const [seq] = await receive(bob, alice, ["one"]);
  await remove(a, b);
  await alice.until("cleared");
  const rows = await countRowsWritten(a);
  for (const path of [b, `${b}/messages/${seq}`]) expect(await remove(a, path)).toBe(204);
  expect(rows()).toBe(0);
  expect(await remove(a, `${b}/messages/${Number(seq) + 1}`)).toBe(404);
  expect(await remove(a, `${fresh("zed")}/messages/${seq}`)).toBe(404);
  expect(await remove(a, `${b}/messages/x`)).toBe(400);
  expect((await alice.settled()).filter(({ type }) => type === "cleared")).toEqual([]);
});

test("[Q10] a removed conversation that is shown again is hidden by the next removal, on all devices", async () => {
  const { a, b, alice, bob } = await world();
  await receive(bob, alice, ["one"]);
  await remove(a, b);
  await alice.until("cleared");
  const path = `http://restante.test/api/conversations/${b}?user=${a}`;
  const [headers, body] = [{ "Content-Type": "application/json" }, JSON.stringify({ hidden: false, pinned: true })];
  expect((await exports.default.fetch(new Request(path, { method: "PATCH", headers, body }))).status).toBe(204);
  expect(await alice.until("peer")).toMatchObject({ peer: b, hidden: false });
  expect(await remove(a, b)).toBe(204);
  expect(await alice.until("peer")).toMatchObject({ peer: b, standing: "contact", hidden: true, pinned: true });
  expect(await listOf(a)).toMatchObject([{ peer: b, hidden: true, pinned: true }]);
});

test.each(["", "&runs=1&early=1"])("[Q10][L8] one removed message is gone, and the others stay (%s)", async (query) => {
  const { a, b, bob } = await world();
  const alice = await open(a, "phone", query);
  const bodies = ["one", "secret", "three", "secret too"];
  await sendAll(bob, a, 4, (n) => bodies[n - 1]);
  const { messages } = (await get(`/api/conversations/${b}/messages?user=${a}`)) as { messages: Frame[] };
  const seqs = messages.map(({ seq }) => Number(seq));
  await alice.until("message");
  alice.send({ type: "read", peer: b, seq: seqs[0] });
  await alice.mark("mine");
  for (const [of, unread] of [
    [seqs[1], 2],
    [seqs[3], 1],
  ]) {
    expect(await remove(a, `${b}/messages/${of}`)).toBe(204);
    expect(await alice.until("cleared")).toEqual({ type: "cleared", seq: expect.any(Number), peer: b, of });
    expect((await historyOf(a, b)).unread).toBe(unread);
  }
  for (let n = 0; n < 2; n++) {
    expect(await historyOf(a, b)).toEqual({ bodies: ["one", "three"], unread: 1, more: false });
    expect(await listOf(a)).toMatchObject([{ peer: b, unread: 1, last: { body: "three" } }]);
    expect(await everythingOf(a)).not.toContain("secret");
    await evict(a);
  }
  expect((await historyOf(b, a)).bodies).toEqual(bodies);
});

test("[M4][M16] a removed message counts as stored: a repeated delivery brings nothing back", async () => {
  const to = fresh("bob");
  const deliver = (origins: number[], change: Partial<Delivery> = {}) =>
    mailboxOf(to).deliver({
      version: 1,
      from: "ann",
      epoch: "a1",
      to,
      toEpoch: null,
      after: 0,
      envelopes: origins.map((origin) => ({ origin, at: 1_000 + origin, body: String(origin) })),
      ...change,
    });
  const { deliver: original } = Mailbox.prototype;
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (this: Mailbox, delivery) {
    // There is no such mailbox that could answer.
    if (delivery.to === "ann") throw new Error("unreachable");
    return original.call(this, delivery);
  });
  await deliver([3, 5, 9]);
  const bob = await open(to);
  const [, five] = await bob.take("message", 3);
  expect(await remove(to, `ann/messages/${five?.["seq"]}`)).toBe(204);
  expect(await deliver([3, 5, 9], { compare: true })).toMatchObject({ missing: 0, high: 9 });
  expect(await deliver([4, 5], { compare: true })).toMatchObject({ missing: 4 });
  await remove(to, "ann");
  await deliver([12]);
  expect(await deliver([3, 5, 9, 12], { compare: true })).toMatchObject({ missing: 0, refused: [] });
  expect(await deliver([7], { compare: true })).toMatchObject({ missing: 7 });
  // As a refusal of 11 leaves it.
  await runInDurableObject(mailboxOf(to), (_, { storage }) => void storage.sql.exec("UPDATE peer SET refused = 11"));
  await evict(to);
  expect(await deliver([3, 5, 9, 11])).toMatchObject({ refused: [{ origin: 11, code: "declined" }] });
  expect((await historyOf(to, "ann")).bodies).toEqual([12]);
});

test("[S2] a message that was removed, and is sent again, is answered again and not stored again", async () => {
  const { a, b, alice } = await world();
  alice.send({ type: "send", id: 1, to: b, body: "secret" });
  const { entry } = await alice.until("accepted");
  expect(await remove(a, `${b}/messages/${entry}`)).toBe(204);
  await evict(a);
  const again = await open(a);
  again.send({ type: "send", id: 1, to: b, body: "secret" }, { type: "send", id: 2, to: b, body: "next" });
  expect((await again.take("accepted", 2)).find(({ id }) => id === 1)).toMatchObject({ entry, state: "stored" });
  expect((await historyOf(a, b)).bodies).toEqual(["next"]);
  expect((await historyOf(b, a)).bodies).toEqual(["secret", "next"]);
});

test("[Q10] an own message that is still on its way is hidden at once, arrives, and is gone then", async () => {
  const { a, b, alice, bob } = await world();
  await receive(bob, alice, ["hi"]);
  const { deliver } = Mailbox.prototype;
  let isDown = true;
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (this: Mailbox, delivery) {
    if (isDown && delivery.to === b) throw new Error("unreachable");
    return deliver.call(this, delivery);
  });
  alice.send({ type: "send", id: 1, to: b, body: "late secret" });
  expect(await alice.until("accepted")).toMatchObject({ state: "queued" });
  expect(await remove(a, b)).toBe(204);
  expect(await everythingOf(a)).not.toContain("late secret");
  isDown = false;
  await bob.settled();
  const kindsOf = () =>
    runInDurableObject(mailboxOf(a), (_, { storage: { sql } }) =>
      sql.exec<{ kind: string }>("SELECT DISTINCT kind FROM entry WHERE kind <> 'cleared' ORDER BY kind").toArray(),
    );
  expect(await kindsOf()).toEqual([{ kind: "out" }, { kind: "removed" }]);
  // The receiver makes contact, so that it is called again.
  bob.send({ type: "send", id: 2, to: a, body: "are you there?" });
  await vi.waitFor(async () => expect((await historyOf(b, a)).bodies).toContain("late secret"));
  await alice.mark("stored");
  await vi.waitFor(async () => expect(await kindsOf()).toEqual([{ kind: "in" }, { kind: "removed" }]));
  expect((await historyOf(a, b)).bodies).toEqual(["are you there?"]);
});

test("[Q10] a conversation of 5,000 messages is hidden at once and removed by alarms, though the server ends between them", async () => {
  const { a, b, alice, bob } = await world();
  await sendAll(bob, a, 5_000, (n) => `secret ${n}`);
  await alice.settled();
  expect(await remove(a, b)).toBe(204);
  const left = () =>
    runInDurableObject(mailboxOf(a), (_, { storage: { sql } }) =>
      Number(sql.exec<{ n: number }>("SELECT count(*) AS n FROM entry WHERE kind = 'in'").one().n),
    );
  let before = await left();
  expect([before > 0, before < 5_000]).toEqual([true, true]);
  for (; before > 0; before = await left()) {
    expect(await historyOf(a, b)).toEqual({ bodies: [], unread: 0, more: false });
    const device = await open(a, fresh("new"));
    expect((await device.settled()).filter(({ type }) => type === "message")).toEqual([]);
    await evictDurableObject(mailboxOf(a), { webSockets: "close" });
    await runDurableObjectAlarm(mailboxOf(a));
  }
  expect(await everythingOf(a)).not.toContain("secret");
});

test("a removal costs two rows for each row of the log that it changes, and three or four more", async () => {
  const { a, b, alice, bob } = await world("&early=1");
  const seqs = [];
  for (let n = 0; n < 3; n++) seqs.push(...(await receive(bob, alice, [n])));
  // The table `contact` with its columns.
  await remove(a, b);
  for (let n = 0; n < 3; n++) seqs.push(...(await receive(bob, alice, [n])));
  await alice.settled();
  const rows = await countRowsWritten(a);
  await remove(a, `${b}/messages/${seqs[3]}`);
  await alice.until("cleared");
  // The row twice, the peer, and the entry `cleared`.
  expect(rows()).toBe(4);
  await remove(a, b);
  await alice.until("cleared");
  // Two rows twice, the peer, the entry `cleared`, and the contact.
  expect(rows()).toBe(7);
});
