// A mailbox leaves memory under its open sockets and comes back, and its clients see no difference.
import { env } from "cloudflare:workers";
import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { Log } from "../../src/mailbox/log/log.ts";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { counters } from "../../src/protocol/counters.ts";
import { fresh, open } from "../support/devices.ts";

async function world() {
  const [a, b] = [fresh("alice"), fresh("bob")];
  return { a, b, alice: await open(a), bob: await open(b) };
}

const hibernate = (name: string) => evictDurableObject(env.MAILBOX.getByName(name), { webSockets: "hibernate" });

test("a socket continues at its position after each side hibernated", async () => {
  const { a, b, alice, bob } = await world();
  for (let id = 1; id <= 5; id++) {
    alice.send({ type: "send", id, to: b, body: id });
    expect(await bob.until("message")).toMatchObject({ body: id });
    expect(await alice.until("accepted")).toMatchObject({ id, state: "stored" });
    await hibernate(a);
    await hibernate(b);
  }
  expect(await bob.settled()).toEqual([]);
  bob.send({ type: "send", id: 1, to: a, body: "back" });
  const seen = await alice.until("message");
  expect(seen).toMatchObject({ from: b, body: "back" });
});

test("[S5] a sender that stays in memory reaches a receiver that hibernated or was aborted: stored, not queued", async () => {
  const { b, alice, bob } = await world();
  const end = () => runInDurableObject(env.MAILBOX.getByName(b), (_, state) => state.abort("ended here"));
  const leave = [() => hibernate(b), () => end().catch(() => undefined), () => hibernate(b)];
  for (const [i, leaves] of leave.entries()) {
    for (const id of [2 * i + 1, 2 * i + 2]) {
      alice.send({ type: "send", id, to: b, body: id });
      expect(await alice.until("accepted")).toMatchObject({ id, state: "stored" });
    }
    await leaves();
  }
  alice.send({ type: "send", id: 7, to: b, body: 7 });
  expect(await alice.until("accepted")).toMatchObject({ id: 7, state: "stored" });
  const back = await open(b, "phone", `&cursor=${bob.welcome.head}`);
  expect((await back.take("message", 7)).map(({ body }) => body)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("[F6] a ping wakes no mailbox", async () => {
  const { a, alice } = await world();
  await alice.settled();
  await hibernate(a);
  const message = vi.spyOn(Mailbox.prototype, "webSocketMessage");
  const { wakes } = counters;
  for (let n = 0; n < 10; n++) {
    alice.socket.sendText("ping");
    expect(await alice.socket.text()).toBe("pong");
  }
  expect(message).not.toHaveBeenCalled();
  expect(counters.wakes).toBe(wakes);
  // A frame wakes it, and both are seen.
  expect((await alice.settled()).length).toBe(0);
  expect(message).toHaveBeenCalledTimes(1);
  expect(counters.wakes).toBe(wakes + 1);
  vi.restoreAllMocks();
});

test("[S2] an id that was accepted before a crash is accepted again, with the same entry", async () => {
  const { a, b, alice, bob } = await world();
  alice.send({ type: "send", id: 1, to: b, body: "one" });
  const { entry, at } = await alice.until("accepted");
  await bob.next();
  await abortAllDurableObjects();
  const again = await open(a);
  expect(again.welcome.lastId).toBe(1);
  again.send({ type: "send", id: 1, to: b, body: "one" }, { type: "send", id: 1, to: b, body: "another" });
  expect(await again.until("accepted")).toEqual({ type: "accepted", id: 1, entry, at, state: "stored" });
  expect(await again.until("refused")).toMatchObject({ id: 1, code: "id_reused" });
});

test.each([
  ["beyond several checkpoints", true],
  ["in long runs without a checkpoint", false],
])("[S1] lastId is known after a crash, %s and over many devices", async (_, inRows) => {
  const { a, b, alice } = await world();
  const laptop = await open(a, "laptop");
  laptop.send({ type: "send", id: 1, to: b, body: "x" });
  await laptop.until("accepted");
  for (let n = 0; n < 4; n++) {
    const ids = Array.from({ length: 400 }, (_, i) => n * 400 + i + 1);
    // Consecutive messages to one receiver are one row.
    alice.send(...ids.map((id) => ({ type: "send", id, to: inRows && id % 2 === 0 ? a : b, body: id })));
    await alice.take("accepted", 400);
    alice.ack(Number.MAX_SAFE_INTEGER);
  }
  const checkpoint = await runInDurableObject(env.MAILBOX.getByName(a), (_, state) =>
    state.storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM entry, mailbox WHERE seq > checkpoint").one(),
  );
  if (inRows) expect(checkpoint.n).toBeLessThan(1_600);
  else expect(checkpoint.n).toBe(1_601);
  await abortAllDurableObjects();
  expect((await open(a, "phone", "&cursor=head")).welcome.lastId).toBe(1_600);
  expect((await open(a, "laptop", "&cursor=head")).welcome.lastId).toBe(1);
});

test("[S5][L1] a group commit that fails sends no reply, and the object starts again from the disk", async () => {
  const { a, b, alice, bob } = await world();
  alice.send({ type: "send", id: 1, to: b, body: "kept" });
  await alice.until("accepted");
  await bob.until("message");
  const flush = vi.spyOn(Log.prototype, "flush").mockImplementationOnce(() => {
    throw new Error("disk I/O error");
  });
  alice.send({ type: "send", id: 2, to: b, body: "not written" });
  await alice.socket.untilClosed();
  flush.mockRestore();
  const again = await open(a);
  expect(again.welcome.lastId).toBe(1);
  again.send({ type: "send", id: 2, to: b, body: "written" });
  expect(await again.until("accepted")).toMatchObject({ id: 2 });
  expect((await bob.until("message"))["body"]).toBe("written");
});
