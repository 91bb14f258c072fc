// Attempts to connect that arrive late: a client that numbers its attempts is not replaced by one that it gave up.
import { env, exports } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { nextFrame } from "../support/client-socket.ts";
import { fresh, open, sendAll, socketOf, upgrade } from "../support/devices.ts";

const replaced = { code: 4409, reason: "replaced" };

/** An attempt whose connection is refused as a late one. */
async function late(user: string, query: string): Promise<void> {
  const line = socketOf(await upgrade(`/client/${user}?device=phone${query}`, "restante.v1"));
  expect(await nextFrame(line)).toMatchObject({ type: "closing", ...replaced });
  expect(await line.untilClosed()).toEqual(replaced);
}

test.each([false, true])(
  "[R6] an attempt that arrives after a later one of its client is closed, and the later one stays; hibernated: %s",
  async (hibernates) => {
    const [a, b] = [fresh("alice"), fresh("bob")];
    const [alice, bob] = [await open(a, "phone", "&attempt=k3J9.2"), await open(b)];
    await sendAll(bob, a, 3);
    const [, second] = await alice.take("message", 3);
    if (hibernates) await evictDurableObject(env.MAILBOX.getByName(a), { webSockets: "hibernate" });
    // Its cursor is no ack: nothing of the mailbox changes.
    await late(a, `&attempt=k3J9.1&cursor=${alice.welcome.head}`);
    expect(await alice.settled()).toEqual([]);
    alice.ack(second?.["seq"]);
    expect(await alice.settled()).toEqual([]);
    await sendAll(bob, a, 1, () => "still open");
    expect(await alice.until("message")).toMatchObject({ body: "still open" });
    const third = await open(a, "phone", "&attempt=k3J9.3");
    expect(await alice.until("closing")).toMatchObject(replaced);
    expect((await third.take("message", 2)).map(({ body }) => body)).toEqual([3, "still open"]);
  },
);

test.each([
  ["of another client", "&attempt=k3J9.2", "&attempt=Zz.1"],
  ["without a number", "&attempt=k3J9.2", ""],
  ["with a number after one without", "", "&attempt=k3J9.1"],
  ["with the same number", "&attempt=k3J9.2", "&attempt=k3J9.2"],
  ["whose number is higher by value, not by text", "&attempt=k3J9.9", "&attempt=k3J9.10"],
])("[R4][R6] an attempt %s replaces the open connection", async (_, first, second) => {
  const a = fresh("alice");
  const [before, now] = [await open(a, "phone", first), await open(a, "phone", second)];
  expect(await before.until("closing")).toMatchObject(replaced);
  expect(await now.settled()).toEqual([]);
});

test("[R6] an attempt of another device, and one after the connection has ended, is not late", async () => {
  const a = fresh("alice");
  const phone = await open(a, "phone", "&attempt=k3J9.2");
  const laptop = await open(a, "laptop", "&attempt=k3J9.1");
  expect(await laptop.settled()).toEqual([]);
  expect(await phone.settled()).toEqual([]);
  phone.socket.close();
  await phone.socket.untilClosed();
  const again = await open(a, "phone", "&attempt=k3J9.1");
  expect(await again.settled()).toEqual([]);
});

test("[R6][H8] a late event stream is refused with 409, and one with a wrong attempt with 400", async () => {
  const a = fresh("alice");
  const phone = await open(a, "phone", "&attempt=k3J9.2");
  const stream = (attempt: string) =>
    exports.default.fetch(
      new Request(`http://restante.test/api/entries?user=${a}&device=phone&attempt=${attempt}`, {
        headers: { Accept: "text/event-stream" },
      }),
    );
  const refused = await stream("k3J9.1");
  expect([refused.status, await refused.json()]).toEqual([409, expect.objectContaining({ code: "replaced" })]);
  const wrong = await stream("k3J9");
  expect([wrong.status, await wrong.json()]).toEqual([400, expect.objectContaining({ field: "attempt" })]);
  expect(await phone.settled()).toEqual([]);
  const taken = await stream("k3J9.3");
  expect(taken.status).toBe(200);
  expect(await phone.until("closing")).toMatchObject(replaced);
  await taken.body?.cancel();
});
