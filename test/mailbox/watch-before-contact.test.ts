// Presence of peers that a socket named before the two had exchanged a message: it is sent when they become contacts.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test, vi } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { fresh, open, put } from "../support/devices.ts";

const at: unknown = expect.any(Number);
const hibernate = (name: string) => evictDurableObject(env.MAILBOX.getByName(name), { webSockets: "hibernate" });

const alarmOf = (name: string) =>
  runInDurableObject(env.MAILBOX.getByName(name), (_, { storage }) => storage.getAlarm());

/** Two people who have not met, each of whom watches the other one. */
async function strangers() {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await open(b)];
  alice.send({ type: "watch", peers: [b] });
  bob.send({ type: "watch", peers: [a] });
  expect([await alice.settled(), await bob.settled()]).toEqual([[], []]);
  return { a, b, alice, bob };
}

test.each([false, true])(
  "[G8] after a first message both are sent the presence of the other, once; hibernated before: %s",
  async (hibernates) => {
    const { a, b, alice, bob } = await strangers();
    if (hibernates) for (const name of [a, b]) await hibernate(name);
    alice.send({ type: "send", id: 1, to: b, body: "hello" });
    expect(await alice.until("presence")).toEqual({ type: "presence", user: b, online: true, at });
    expect(await bob.until("presence")).toEqual({ type: "presence", user: a, online: true, at });
    bob.send({ type: "send", id: 1, to: a, body: "hi" });
    await bob.until("accepted");
    alice.send({ type: "send", id: 2, to: b, body: "how are you?" });
    await alice.until("accepted");
    expect((await alice.settled()).map(({ type }) => type)).not.toContain("presence");
    bob.socket.close();
    expect(await alice.until("presence")).toMatchObject({ user: b, online: false });
  },
);

test("[G8] a peer who is asked before the first message has arrived is asked once more", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, laptop] = [await open(a), await open(a, "laptop")];
  await open(b);
  let isStored = false;
  // The question is answered when alice's mailbox knows that the message is stored: as to a stranger.
  const asked = vi.spyOn(Mailbox.prototype, "presence").mockImplementationOnce(async () => {
    await vi.waitFor(() => expect(isStored).toBe(true), 10_000);
    return null;
  });
  onTestFinished(() => asked.mockRestore());
  alice.send({ type: "send", id: 1, to: b, body: "hello" }, { type: "watch", peers: [b] });
  await laptop.mark("stored");
  isStored = true;
  expect(await alice.until("presence")).toMatchObject({ user: b, online: true });
  expect(asked).toHaveBeenCalledTimes(2);
});

test("[G8][F6] once both are answered nobody is asked again, and no mailbox has an alarm", async () => {
  const asked = vi.spyOn(Mailbox.prototype, "presence");
  onTestFinished(() => asked.mockRestore());
  const { a, b, alice, bob } = await strangers();
  alice.send({ type: "send", id: 1, to: b, body: "hello" });
  await alice.until("presence");
  await bob.until("presence");
  await vi.waitUntil(async () => (await alarmOf(a)) === null && (await alarmOf(b)) === null);
  const { length } = asked.mock.calls;
  for (const name of [a, b]) await hibernate(name);
  for (const device of [alice, bob]) await device.settled();
  expect([await alarmOf(a), await alarmOf(b)]).toEqual([null, null]);
  expect(asked).toHaveBeenCalledTimes(length);
});

test("[G8][G6] 64 people who become contacts at once are asked over several events, and all are sent", async () => {
  const alice = await open(fresh("alice"));
  const peers = Array.from({ length: 64 }, () => fresh("peer"));
  alice.send({ type: "watch", peers });
  alice.send(...peers.map((to, i) => ({ type: "send", id: i + 1, to, body: "hello" })));
  const seen = (await alice.take("presence", 64)).map(({ user }) => user);
  expect(new Set(seen)).toEqual(new Set(peers));
});

test("[G8] nobody is asked for presence that no socket has named", async () => {
  const [alice, bob] = [await open(fresh("alice")), await open(fresh("bob"))];
  const asked = vi.spyOn(Mailbox.prototype, "presence");
  onTestFinished(() => asked.mockRestore());
  alice.send({ type: "send", id: 1, to: bob.welcome.user, body: "hello" });
  await alice.until("mark");
  await bob.until("message");
  await bob.settled();
  expect(asked).not.toHaveBeenCalled();
});

test("[G5] a user who switches presence on again is sent that of the peers named before", async () => {
  const { a, b, alice } = await strangers();
  await put(`/api/settings?user=${a}`, { presence: false });
  alice.send({ type: "send", id: 1, to: b, body: "hello" });
  await alice.until("mark");
  expect(await alice.settled()).toEqual([]);
  await put(`/api/settings?user=${a}`, { presence: true });
  expect(await alice.until("presence")).toMatchObject({ user: b, online: true });
});
