// Quotas: messages, peers, sockets and backlogs beyond them are refused with a code before anything is written, and
// with the time to wait.
import { env } from "cloudflare:workers";
import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import type { Delivery, Envelope, Reply } from "../../../src/protocol/envelope.ts";
import { QUOTAS } from "../../../src/protocol/limits.ts";
import { configOf } from "../../../src/mailbox/limits/config.ts";
import { Mailbox } from "../../../src/mailbox/mailbox.ts";
import { type Account, claimAccount, openWithToken, callApi } from "../../support/accounts.ts";
import { fresh, socketOf, upgrade } from "../../support/devices.ts";
import { nextFrame } from "../../support/client-socket.ts";

/** Two contacts: neither is a stranger to the other. */
async function friends(): Promise<{ a: Account; b: Account }> {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const device = await openWithToken(from, "first");
    device.send({ type: "send", id: 1, to: to.userName, body: "hi" });
    await device.until("accepted");
    device.socket.close();
  }
  return { a, b };
}

const wait: unknown = expect.any(Number);
const batch = (to: string, count: number, first = 1) =>
  Array.from({ length: count }, (_, i) => ({ type: "send", id: first + i, to, body: i }));

test("[U1] a user sends sixty messages at once; the next is refused with a time, and its id can be used again", async () => {
  const { a, b } = await friends();
  const alice = await openWithToken(a);
  alice.send(...batch(b.userName, 80));
  const refused = await alice.until("refused");
  const message = expect.any(String);
  expect(refused).toEqual({ type: "refused", id: refused["id"], code: "rate_limited", message, retryAfter: wait });
  const id = Number(refused["id"]);
  // One token was spent before, and some were refilled meanwhile.
  expect(id).toBeGreaterThanOrEqual(60);
  expect(id).toBeLessThan(80);
  expect(refused["retryAfter"]).toBeLessThanOrEqual(1_000);
  expect((await alice.take("refused", 80 - id)).every(({ code }) => code === "out_of_order")).toBe(true);
});

test("[U1] a plain client receives the refusal", async () => {
  const { a, b } = await friends();
  const alice = socketOf(await upgrade(`/client/${a.userName}`, null, { Authorization: `Bearer ${a.token}` }));
  await nextFrame(alice);
  for (let i = 0; i < 80; i++) alice.sendText(JSON.stringify({ receiver: b.userName, msg: "x" }));
  expect(await nextFrame(alice)).toMatchObject({ sender: "system", code: "rate_limited" });
});

test("[U1] messages to oneself count too", async () => {
  const a = await claimAccount("alice");
  const alice = await openWithToken(a);
  alice.send(...batch(a.userName, 100));
  const refused = await alice.until("refused");
  expect(refused).toMatchObject({ code: "rate_limited", retryAfter: expect.any(Number) });
  expect(Number(refused["id"])).toBeGreaterThan(QUOTAS.SEND_BURST);
});

test("[U2] blocking and unblocking changes nothing about who counts as a new peer", async () => {
  const a = await claimAccount("alice");
  const most = QUOTAS.NEW_CORRESPONDENTS_PER_HOUR;
  const alice = await openWithToken(a);
  const first = fresh("new");
  const news = [first, ...Array.from({ length: most - 1 }, () => fresh("new"))];
  alice.send(...news.map((to, i) => ({ type: "send", id: i + 1, to, body: i })));
  await alice.take("accepted", most);
  for (const name of [first, fresh("never-met")]) {
    await callApi("PUT", `/api/blocks/${name}`, undefined, a.token);
    expect((await callApi("DELETE", `/api/blocks/${name}`, undefined, a.token)).status).toBe(204);
    const to = name === first ? fresh("another") : name;
    alice.send({ type: "send", id: most + 1, to, body: "one more" });
    const refused = await alice.until("refused");
    expect(refused).toMatchObject({ code: "rate_limited" });
    expect(Number(refused["retryAfter"])).toBeGreaterThan(3_000_000);
  }
});

test("[U2] new peers are limited by the hour, also over an eviction", async () => {
  const a = await claimAccount("alice");
  const most = QUOTAS.NEW_CORRESPONDENTS_PER_HOUR;
  const mailbox = env.MAILBOX.getByName(a.userName);
  const alice = await openWithToken(a);
  alice.send(...Array.from({ length: most }, (_, i) => ({ type: "send", id: i + 1, to: fresh("new"), body: i })));
  await alice.take("accepted", most);
  await abortAllDurableObjects();
  const again = await openWithToken(a);
  again.send({ type: "send", id: most + 1, to: fresh("new"), body: "one more" });
  const refused = await again.until("refused");
  expect(refused).toMatchObject({ code: "rate_limited" });
  expect(Number(refused["retryAfter"])).toBeGreaterThan(3_000_000);
  await runInDurableObject(mailbox, (_, state) => {
    state.storage.sql.exec("UPDATE contact SET wrote = wrote - 3600000");
  });
  again.send({ type: "send", id: most + 1, to: fresh("new"), body: "an hour later" });
  expect(await again.until("accepted")).toMatchObject({ id: most + 1 });
});

test("[U3] the seventeenth socket closes the one idle for longest, with a code after which clients don't reconnect", async () => {
  const a = await claimAccount("alice");
  const devices = [];
  for (let i = 0; i < 16; i++) devices.push(await openWithToken(a, `d${i}`));
  // The first socket sends a frame, so the second is idle for longest.
  await devices[0]?.settled();
  const seventeenth = await openWithToken(a, "d16");
  expect(await devices[1]?.next()).toMatchObject({ type: "closing", code: 4409 });
  expect(await devices[0]?.settled()).toEqual([]);
  expect(await seventeenth.settled()).toEqual([]);
  const count = await runInDurableObject(env.MAILBOX.getByName(a.userName), (mailbox) =>
    mailbox.countSockets(a.userName),
  );
  expect(count).toBe(16);
});

/** Delivers as an author of this name, and returns the refusals. */
async function leave(
  to: string,
  from: string,
  first: number,
  count: number,
  message: Pick<Envelope, "body" | "re"> = { body: "1" },
): Promise<Reply["refused"]> {
  const delivery: Delivery = {
    version: 1,
    from,
    epoch: "e1",
    to,
    toEpoch: null,
    after: 0,
    envelopes: Array.from({ length: count }, (_, i) => ({ origin: first + i, at: Date.now(), ...message })),
  };
  return (await runInDurableObject(env.MAILBOX.getByName(to), (mailbox) => mailbox.deliver(delivery))).refused;
}

test("[U4] unseen messages of one author are limited: beyond that `mailbox_full`, until a device has received them", async () => {
  const { a, b } = await friends();
  const most = QUOTAS.BACKLOG_PER_CORRESPONDENT;
  const start = (Date.now() + 10_000) * 1_000;
  const refused = await leave(b.userName, a.userName, start, most + 5);
  expect(refused.length).toBeGreaterThanOrEqual(5);
  expect(refused.every(({ code, origin }) => code === "mailbox_full" && origin >= start + most - 5)).toBe(true);
  expect(await leave(b.userName, a.userName, start + 20_000, 1)).toMatchObject([{ code: "mailbox_full" }]);
  const bob = await openWithToken(b, "first");
  for (let seen = 0; seen < most - 5;) {
    const page = [await bob.until("message"), ...(await bob.settled())];
    seen += page.filter(({ type }) => type === "message").length;
    bob.ack(Math.max(...page.map(({ seq }) => Number(seq ?? 0))));
  }
  await bob.settled();
  expect(await leave(b.userName, a.userName, start + 30_000, 1)).toEqual([]);
});

test("[U4] reactions that no device has count for the limit of their author, though they are never unread", async () => {
  const { a, b } = await friends();
  const most = QUOTAS.BACKLOG_PER_CORRESPONDENT;
  const start = (Date.now() + 10_000) * 1_000;
  const reaction = { body: '["👍"]', re: { is: "react", of: "receiver", origin: 0 } } as const;
  const refused: Reply["refused"][number][] = [];
  for (let n = 0; n < most; n += most / 5)
    refused.push(...(await leave(b.userName, a.userName, start + n, most / 5, reaction)));
  expect(refused.length).toBeLessThan(10);
  const next = await leave(b.userName, a.userName, start + 20_000, 12, reaction);
  expect(next.length + refused.length).toBeGreaterThanOrEqual(12);
  expect(next.at(-1)).toMatchObject({ code: "mailbox_full" });
  // Another author is not limited by it.
  expect(await leave(b.userName, "dora", 1, 1)).toEqual([]);
});

test("[U4] unseen messages of all authors together are limited too", async () => {
  const b = await claimAccount("bob");
  const each = QUOTAS.BACKLOG_PER_CORRESPONDENT;
  const authors = QUOTAS.BACKLOG / each;
  await runInDurableObject(env.MAILBOX.getByName(b.userName), (_, { storage }) => {
    const put = "INSERT INTO entry (seq, kind, peer, origin, at, body) VALUES (?, 'in', 'x', ?, 0, '1')";
    const base = Date.now() * 1_000;
    storage.transactionSync(() => {
      for (let i = 0; i < authors * each - 2; i++) storage.sql.exec(put, base + i, i);
    });
  });
  await abortAllDurableObjects();
  expect(await leave(b.userName, "carol", 1, 3)).toEqual([{ origin: 3, code: "mailbox_full" }]);
  expect(await leave(b.userName, "dave", 1, 1)).toEqual([{ origin: 1, code: "mailbox_full" }]);
});

test("[U5] a flooding author does not delay others' messages to the same receiver by more than two deliveries", async () => {
  const { b } = await friends();
  const [flood, calm] = ["flood", "calm"];
  await callApi("PUT", `/api/contacts/${flood}`, undefined, b.token);
  const order: string[] = [];
  const deliver = Mailbox.prototype.deliver;
  const spied = vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(async function (this: Mailbox, delivery) {
    const reply = await deliver.call(this, delivery);
    order.push(delivery.from);
    return reply;
  });
  const flowing = Promise.withResolvers<void>();
  // Each author has one call under way, of a full batch: the next leaves when the last is answered.
  const flooding = (async () => {
    for (let i = 0; i < 20; i++) {
      await leave(b.userName, flood, 1 + i * 2_048, 2_048);
      if (i === 3) flowing.resolve();
    }
  })();
  await flowing.promise;
  const before = order.length;
  await leave(b.userName, calm, 1, 1);
  const deliveries = order.indexOf(calm) - before;
  await flooding;
  spied.mockRestore();
  expect(order.filter((from) => from === flood)).toHaveLength(20);
  expect(deliveries).toBeLessThanOrEqual(2);
});

test("every quota is a variable of its name, and RATE_LIMIT=off lifts them", () => {
  for (const name of Object.keys(QUOTAS) as (keyof typeof QUOTAS)[]) {
    expect(configOf({ AUTH: "accounts", [name]: "7" }).quotas).toEqual({ ...QUOTAS, [name]: 7 });
    expect(configOf({ AUTH: "accounts", [name]: "no number" }).quotas).toEqual(QUOTAS);
  }
  expect(configOf({ AUTH: "accounts", RATE_LIMIT: "off" }).quotas).toBe(null);
  expect(configOf({ AUTH: "accounts" }).requests).toBe(true);
  expect(configOf({ AUTH: "jwt", REQUESTS: "off" }).requests).toBe(false);
  expect(configOf({ AUTH: "open" }).requests).toBe(false);
  expect(configOf({ AUTH: "open", REQUESTS: "on" }).requests).toBe(true);
});
