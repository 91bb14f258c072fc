// What a crash, or hibernation, could take from early marks: each of these was lost once. `npm run chaos` finds them all.
import { env, exports } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { Checkpoints } from "../../src/mailbox/log/checkpoints.ts";
import { Log } from "../../src/mailbox/log/log.ts";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import type { Frame } from "../support/client-socket.ts";
import { fresh, get, open, put } from "../support/devices.ts";
import { abort, EARLY, exchange, hibernate, markOf, receive, send } from "../support/exchange.ts";

afterEach(() => void vi.restoreAllMocks());

test("[M15] a crash loses no receipt, though a connection ended before without a row of the log since", async () => {
  const { a, b, alice, bob } = await exchange();
  const desk = await open(a, "desk", EARLY);
  // In the numbering of this instance the next entries lie far below the time at which the connection ends.
  desk.socket.close();
  await desk.socket.untilClosed();
  const third = await send(alice, b, "third");
  await receive(bob);
  await markOf(alice, "delivered", third);
  await abort(a);
  const again = await open(a, "phone", `${EARLY}&cursor=${third}`);
  await markOf(again, "delivered", third);
  const second = await open(a, "desk", EARLY);
  second.socket.close();
  await second.socket.untilClosed();
  // The connection ended after the newest row, so this mark is durable.
  bob.send({ type: "read", peer: a, seq: Number.MAX_SAFE_INTEGER });
  await markOf(again, "read", third);
  await abort(a);
  expect(await marksOf(a, b)).toMatchObject({ read: third });
});

test("[M15] receipts of messages before the last checkpoint are asked for too", async () => {
  const { a, b, alice, bob } = await exchange();
  const carol = await open(fresh("carol"), "phone", EARLY);
  const third = await send(alice, b, "third");
  await receive(bob);
  await markOf(alice, "delivered", third);
  const isDue = vi.spyOn(Checkpoints.prototype, "isDue", "get").mockReturnValue(true);
  await send(alice, carol.welcome.user, "to carol");
  await receive(carol);
  isDue.mockRestore();
  await send(alice, carol.welcome.user, "to carol");
  bob.send({ type: "read", peer: a, seq: Number.MAX_SAFE_INTEGER });
  expect(await markOf(alice, "read", third)).not.toHaveProperty("seq");
  await abort(a);
  const again = await open(a, "phone", `${EARLY}&cursor=${third}`);
  expect(await markOf(again, "read", third)).toMatchObject({ peer: b });
});

test("[E7][L1] a mark with a seq has no value that a crash could lose, for a device that is behind either", async () => {
  const { a, b, alice, bob } = await exchange();
  const third = await send(alice, b, "third");
  const seq = await receive(bob);
  bob.send({ type: "read", peer: a, seq });
  expect(await markOf(bob, "mine", seq)).not.toHaveProperty("seq");
  await markOf(alice, "read", third);
  // It is sent the last mark that had a seq, at its present value.
  const desk = await open(b, "desk", `${EARLY}&cursor=0`);
  expect(await markOf(desk, "mine", seq)).toHaveProperty("seq");
  await abort(b);
  expect(await marksOf(b, a)).toMatchObject({ mine: seq });
});

test("[M15] when all have replied, no later wake asks again", async () => {
  const { a, b, alice, bob } = await exchange();
  await send(alice, b, "never read");
  await receive(bob);
  await markOf(alice, "delivered", 1);
  await abort(a);
  expect(await mayHaveLost(a)).toBe(true);
  // Any event asks: here it is a device that takes no early marks, which writes nothing.
  await open(a);
  await vi.waitUntil(async () => !(await mayHaveLost(a)));
  const asks = countAsks();
  await hibernate(a);
  const again = await open(a, "desk");
  await send(again, b, "another");
  expect(asks()).toBe(0);
});

/** Whether a wake would ask for lost marks. */
function mayHaveLost(name: string): Promise<boolean> {
  return runInDurableObject(env.MAILBOX.getByName(name), (_, { storage }) => new Log(storage.sql).peers.early.hasLost);
}

test("[M15] a receiver who could not be reached is asked again, also after hibernation", async () => {
  const { a, b, alice, bob } = await exchange();
  const third = await send(alice, b, "third");
  const seq = await receive(bob);
  bob.send({ type: "read", peer: a, seq });
  await markOf(alice, "read", third);
  await abort(a);
  const deliver = vi.spyOn(Mailbox.prototype, "deliver");
  deliver.mockRejectedValue(new Error("not now"));
  const again = await open(a, "phone", `${EARLY}&cursor=${third}`);
  await vi.waitUntil(() => deliver.mock.calls.length > 0);
  await again.settled();
  deliver.mockRestore();
  // A row of the log in between does not hide the crash.
  const c = fresh("carol");
  await open(c);
  await send(again, c, "to carol");
  await hibernate(a);
  again.send({ type: "send", id: ++again.welcome.lastId, to: b, body: "fourth" });
  expect(await markOf(again, "read", third)).toMatchObject({ peer: b, read: third });
});

test("[E5][M15] an ask does not say what was read while receipts were off, or while the author was blocked", async () => {
  for (const hide of [hideByReceipts, hideByBlock]) {
    const { a, b, alice, bob } = await exchange();
    const third = await send(alice, b, "third");
    const seq = await receive(bob);
    await markOf(alice, "delivered", third);
    await hide(b, a, async () => {
      bob.send({ type: "read", peer: a, seq });
      await markOf(bob, "mine", seq);
    });
    await abort(a);
    const asks = countAsks();
    const again = await open(a, "phone", `${EARLY}&cursor=${third}`);
    await send(again, b, "fourth");
    expect(asks()).toBe(1);
    expect(await marksOf(a, b)).not.toHaveProperty("read", third);
    // The next one that is read covers the earlier ones, as always.
    bob.send({ type: "read", peer: a, seq: Number.MAX_SAFE_INTEGER });
    await markOf(again, "read", third);
    vi.restoreAllMocks();
  }
});

async function hideByReceipts(reader: string, _: string, read: () => Promise<void>): Promise<void> {
  await put(`/api/settings?user=${reader}`, { receipts: false });
  await read();
  await put(`/api/settings?user=${reader}`, { receipts: true });
}

async function hideByBlock(reader: string, author: string, read: () => Promise<void>): Promise<void> {
  const block = (method: string) =>
    exports.default.fetch(new Request(`http://restante.test/api/blocks/${author}?user=${reader}`, { method }));
  expect((await block("PUT")).status).toBe(204);
  await read();
  expect((await block("DELETE")).status).toBe(204);
}

/** Counts deliveries that ask for receipts, from now on. */
function countAsks(): () => number {
  const deliver = vi.spyOn(Mailbox.prototype, "deliver");
  return () => deliver.mock.calls.filter(([delivery]) => delivery.ask === true).length;
}

async function marksOf(user: string, peer: string): Promise<unknown> {
  const { conversations } = (await get(`/api/conversations?user=${user}`)) as { conversations: readonly Frame[] };
  return conversations.find((each) => each["peer"] === peer)?.["marks"];
}

test("[E6] a device that was behind when the mailbox hibernated is sent the early marks once it has the log", async () => {
  const { a, b, alice } = await exchange();
  const carol = await open(fresh("carol"), "phone", EARLY);
  const c = carol.welcome.user;
  await send(alice, c, "first");
  await receive(carol);
  await alice.mark("delivered");
  const { window } = LIMITS;
  Object.assign(LIMITS, { window: 4 });
  const entry = await send(alice, c, "second");
  const desk = await open(a, "desk", `${EARLY}&cursor=${entry}`);
  for (let n = 0; n < 8; n++) {
    await send(alice, b, n);
    alice.ack(Number.MAX_SAFE_INTEGER);
  }
  await receive(carol);
  await markOf(alice, "delivered", entry);
  await hibernate(a);
  const frames: Frame[] = [];
  for (let n = 0; n < 4; n++) {
    frames.push(...(await desk.settled()));
    desk.ack(Number.MAX_SAFE_INTEGER);
  }
  Object.assign(LIMITS, { window });
  expect(frames.findLast((frame) => frame["peer"] === c)).toMatchObject({ type: "mark", delivered: entry });
});
