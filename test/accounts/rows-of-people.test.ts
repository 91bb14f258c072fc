// What people's messages cost: each alone, both mailboxes hibernated before it, both users connected, receipts on. The
// rows are those of the runtime's own counter, in both mailboxes together.
import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { counters } from "../../src/protocol/counters.ts";
import { type Account, claimAccount, openWithToken } from "../support/accounts.ts";
import type { Device } from "../support/client-socket.ts";

afterEach(() => void vi.restoreAllMocks());

/** Two people who know each other. */
async function people(query = "&runs=1&early=1") {
  const [alice, bob] = [await claimAccount("alice"), await claimAccount("bob")];
  const [a, b] = [await openWithToken(alice, "phone", query), await openWithToken(bob, "phone", query)];
  await send(a, bob, "first");
  await receive(b);
  // The answer accepts alice.
  await send(b, alice, "second");
  await receive(a);
  await Promise.all([a.mark("delivered"), b.mark("delivered")]);
  const deliveries = vi.spyOn(Mailbox.prototype, "deliver");
  const calls = () => deliveries.mock.calls.splice(0).length;
  calls();
  const hibernateBoth = () => Promise.all([hibernate(alice), hibernate(bob)]);
  return { alice, bob, a, b, calls, hibernateBoth };
}

async function hibernate({ userName }: Account): Promise<void> {
  await evictDurableObject(env.MAILBOX.getByName(userName), { webSockets: "hibernate" });
}

async function send(from: Device, to: Account, body: unknown): Promise<void> {
  from.send({ type: "send", id: ++from.welcome.lastId, to: to.userName, body });
  await from.until("accepted");
}

/** Receives the next message of somebody else and acknowledges it. Returns its seq. */
async function receive(device: Device): Promise<number> {
  for (;;) {
    const { seq, from } = await device.until("message");
    if (from === device.welcome.user) continue;
    device.ack(seq);
    return Number(seq);
  }
}

/** Counts the rows that `act` writes. */
async function rowsOf(act: () => Promise<unknown>): Promise<number> {
  const before = counters.rows;
  await act();
  return counters.rows - before;
}

test("a message that was delivered costs two rows, its entries, and two calls", async () => {
  const { bob, a, b, calls, hibernateBoth } = await people();
  for (let n = 0; n < 5; n++) {
    await hibernateBoth();
    const rows = await rowsOf(async () => {
      await send(a, bob, n);
      await receive(b);
      expect(await a.mark("delivered")).not.toHaveProperty("seq");
    });
    expect([rows, calls()]).toEqual([2, 2]);
  }
});

test("a message that was read costs one row more, if none came before it", async () => {
  const { alice, bob, a, b, calls, hibernateBoth } = await people();
  await hibernateBoth();
  vi.setSystemTime(Date.now() + 600_000);
  const rows = await rowsOf(async () => {
    await send(a, bob, "alone");
    const seq = await receive(b);
    b.send({ type: "read", peer: alice.userName, seq });
    expect(await b.mark("mine")).toHaveProperty("seq");
    expect(await a.mark("read")).not.toHaveProperty("seq");
  });
  expect([rows, calls()]).toEqual([3, 2]);
  vi.useRealTimers();
});

test("a conversation of 30 messages, each read, with two devices on one side, costs at most 70 rows", async () => {
  const { alice, bob, a, b, calls, hibernateBoth } = await people();
  const desk = await openWithToken(bob, "desk", "&runs=1&early=1");
  const rows = await rowsOf(async () => {
    for (let n = 0; n < 30; n++) {
      await hibernateBoth();
      const [from, to, author, reader] = n % 3 === 0 ? [b, a, bob, alice] : [a, b, alice, bob];
      await send(from, reader, n);
      const seq = await receive(to);
      if (to === b) desk.ack(seq);
      to.send({ type: "read", peer: author.userName, seq });
      await from.mark("read");
      await to.mark("mine");
    }
  });
  expect(rows).toBeLessThanOrEqual(70);
  expect(calls()).toBeLessThanOrEqual(75);
});
