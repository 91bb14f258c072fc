// Signals: typing and presence. They are never stored, and strangers never receive them.
import { env, exports } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test, vi } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { PresenceState } from "../../src/mailbox/people/presence-state.ts";
import { fresh, open, plain, put } from "../support/devices.ts";

/** Two people who have exchanged a message. */
async function friends() {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await open(b)];
  alice.send({ type: "send", id: 1, to: b, body: "hello" });
  await alice.until("mark");
  await bob.until("message");
  return { a, b, alice, bob };
}

const block = (by: string, name: string) =>
  exports.default.fetch(new Request(`http://restante.test/api/blocks/${name}?user=${by}`, { method: "PUT" }));

test("[G2] typing is sent to every device of a contact, at most once a second", async () => {
  const { a, b, alice, bob } = await friends();
  const laptop = await open(b, "laptop", "&cursor=head");
  for (let n = 0; n < 20; n++) alice.send({ type: "typing", to: b });
  expect(await bob.until("typing")).toEqual({ type: "typing", from: a });
  expect(await laptop.until("typing")).toEqual({ type: "typing", from: a });
  await alice.settled();
  alice.send({ type: "send", id: 2, to: b, body: "done" });
  await bob.until("message");
  expect((await bob.settled()).filter(({ type }) => type === "typing").length).toBe(0);
});

test("[G1] typing to a stranger is not delivered, and writes no row", async () => {
  const { alice } = await friends();
  const carol = await open(fresh("carol"));
  alice.send({ type: "typing", to: carol.welcome.user });
  await alice.settled();
  alice.send({ type: "send", id: 2, to: carol.welcome.user, body: "hi" });
  expect(await carol.next()).toMatchObject({ type: "message" });
});

test("[G3][G4] a watcher receives the presence at once, then at every change, with the time", async () => {
  const { b, alice, bob } = await friends();
  alice.send({ type: "watch", peers: [b.toUpperCase()] });
  const at: unknown = expect.any(Number);
  expect(await alice.next()).toEqual({ type: "presence", user: b, online: true, at });
  bob.socket.close();
  expect(await alice.next()).toEqual({ type: "presence", user: b, online: false, at });
  await open(b, "laptop");
  expect(await alice.next()).toMatchObject({ type: "presence", user: b, online: true });
});

test("[G4] a second tab that opens and closes changes no presence", async () => {
  const { b, alice } = await friends();
  alice.send({ type: "watch", peers: [b] });
  await alice.until("presence");
  const tab = await open(b, "tab");
  const classic = await plain(b);
  tab.socket.close();
  classic.close();
  await tab.socket.untilClosed();
  await classic.untilClosed();
  expect((await alice.settled()).filter(({ type }) => type === "presence")).toEqual([]);
});

test("[G3] a watch survives hibernation, and the next watch replaces it", async () => {
  const { a, b, alice, bob } = await friends();
  alice.send({ type: "watch", peers: [b] });
  await alice.until("presence");
  await evictDurableObject(env.MAILBOX.getByName(a), { webSockets: "hibernate" });
  bob.socket.close();
  expect(await alice.until("presence")).toMatchObject({ user: b, online: false });
  alice.send({ type: "watch", peers: [] });
  await open(b);
  await alice.settled();
  alice.send({ type: "watch", peers: [b] });
  expect(await alice.until("presence")).toMatchObject({ user: b, online: true });
});

test("[G1] strangers receive no presence of the user", async () => {
  const { a, b, alice, bob } = await friends();
  const eve = await open(fresh("eve"));
  const asked = vi.spyOn(Mailbox.prototype, "presence");
  onTestFinished(() => asked.mockRestore());
  // Eve's own mailbox does not ask, and alice's, which does, shows that an answer would have come by now.
  eve.send({ type: "watch", peers: [b, fresh("nobody-here")] });
  const received = await eve.settled();
  alice.send({ type: "watch", peers: [b] });
  expect(await alice.until("presence")).toMatchObject({ user: b, online: true });
  bob.socket.close();
  expect(await alice.until("presence")).toMatchObject({ user: b, online: false });
  received.push(...(await eve.settled()));
  expect(received).toEqual([]);
  expect(asked.mock.calls.map(([, asker]) => asker)).toEqual([a]);
  // Where a mailbox asks all the same, his does not say.
  const mailbox = env.MAILBOX.getByName(b);
  expect(await mailbox.presence(b, eve.welcome.user)).toBe(null);
  expect(await mailbox.presence(b, a)).toMatchObject({ online: false });
});

test("[G5] a user who switched presence off is offline for others, and sees no presence", async () => {
  const { a, b, alice, bob } = await friends();
  alice.send({ type: "watch", peers: [b] });
  bob.send({ type: "watch", peers: [a] });
  expect(await alice.until("presence")).toMatchObject({ online: true });
  expect(await bob.until("presence")).toMatchObject({ online: true });
  await put(`/api/settings?user=${b}`, { presence: false });
  expect(await alice.until("presence")).toMatchObject({ user: b, online: false });
  alice.socket.close();
  await open(a, "other");
  expect((await bob.settled()).filter(({ type }) => type === "presence")).toEqual([]);
});

test.each([
  ["[G5] presence is off", (a: string) => put(`/api/settings?user=${a}`, { presence: false })],
  ["[G1] the user blocked the peer", (a: string, b: string) => block(a, b)],
])("%s before an answer comes: it is not sent", async (_, refuse) => {
  const { a, b, alice } = await friends();
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  const presence = Mailbox.prototype.presence;
  const asked = vi.spyOn(Mailbox.prototype, "presence").mockImplementation(async function (this: Mailbox, ...of) {
    await mayAnswer;
    return presence.apply(this, of);
  });
  onTestFinished(() => asked.mockRestore());
  const answered = vi.spyOn(PresenceState.prototype, "remember");
  onTestFinished(() => answered.mockRestore());
  alice.send({ type: "watch", peers: [b] });
  await vi.waitUntil(() => asked.mock.calls.length > 0);
  await refuse(a, b);
  answer();
  await vi.waitFor(() => expect(answered).toHaveBeenCalledWith(b, expect.objectContaining({ online: true })));
  expect((await alice.settled()).filter(({ type }) => type === "presence")).toEqual([]);
});

test("[G1] the presence of a blocked peer is not sent from memory either", async () => {
  const { a, b, alice } = await friends();
  alice.send({ type: "watch", peers: [b] });
  await alice.until("presence");
  await block(a, b);
  alice.send({ type: "watch", peers: [] });
  alice.send({ type: "watch", peers: [b] });
  expect((await alice.settled()).filter(({ type }) => type === "presence")).toEqual([]);
});

test("[G5] typing passes neither from nor to a user who switched presence off", async () => {
  const { a, b, alice, bob } = await friends();
  await put(`/api/settings?user=${b}`, { presence: false });
  bob.send({ type: "typing", to: a });
  alice.send({ type: "typing", to: b });
  const received = [...(await bob.settled()), ...(await alice.settled())];
  await put(`/api/settings?user=${b}`, { presence: true });
  bob.send({ type: "typing", to: a });
  for (let frame = await alice.next(); frame["type"] !== "typing"; frame = await alice.next()) received.push(frame);
  received.push(...(await bob.settled()), ...(await alice.settled()));
  expect(received.filter(({ type }) => type === "typing")).toEqual([]);
});

test.each([
  ["too many peers", { type: "watch", peers: Array.from({ length: 65 }, (_, i) => `p${i}`) }],
  ["peers that are no names", { type: "watch", peers: ["!"] }],
  ["no peers", { type: "watch" }],
  ["typing to nobody", { type: "typing", to: "" }],
  ["reading without a seq", { type: "read", peer: "bob" }],
  ["reading a negative seq", { type: "read", peer: "bob", seq: -1 }],
])("%s is answered with an error, and the connection stays open", async (_, frame) => {
  const alice = await open(fresh("alice"));
  alice.send(frame);
  expect(await alice.next()).toMatchObject({ type: "error" });
  expect(await alice.settled()).toEqual([]);
});
