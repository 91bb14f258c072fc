// `restante/testing`: the fake server, as unit tests of an application use it, with clients of the SDK and no network.
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { connect, memoryStore, type Message, type Options, type Restante } from "../../src/client/connect.ts";
import { type FakeServer, fakeServer } from "../../src/testing/testing.ts";
import { until } from "../support/until.ts";

let server: FakeServer;

beforeEach(() => {
  server = fakeServer();
});

const enter = (userName: string, options: Partial<Options> = {}): Restante => {
  const { WebSocket, fetch } = server;
  const me = connect({ url: "https://chat.test", userName, WebSocket, fetch, ...options });
  onTestFinished(() => me.close());
  return me;
};

/** The messages that a client is given, and a promise of the first `count`. */
function received(me: Restante): (count: number) => Promise<unknown[]> {
  const bodies: unknown[] = [];
  let wake = () => undefined as void;
  me.messages.subscribe(({ body }) => {
    bodies.push(body);
    wake();
  });
  return async (count) => {
    while (bodies.length < count) await new Promise<void>((done) => (wake = done));
    return bodies;
  };
}

test("two users exchange messages, with receipts up to read", async () => {
  const [alice, bob] = [enter("alice"), enter("bob")];
  const [toAlice, toBob] = [received(alice), received(bob)];
  const sent = alice.send("bob", { text: "hello" });
  expect(await toBob(1)).toEqual([{ text: "hello" }]);
  expect((await sent.reached("delivered")).is).toBe("delivered");
  bob.read("alice");
  expect((await sent.reached("read")).is).toBe("read");
  await bob.send("alice", "thanks").reached("stored");
  expect(await toAlice(1)).toEqual(["thanks"]);
  const expected = [
    { from: "alice", to: "bob", body: { text: "hello" } },
    { from: "bob", to: "alice", body: "thanks" },
  ];
  expect(server.messages("alice")).toMatchObject(expected);
  expect(server.messages("bob")).toMatchObject(expected);
});

test("a user without a client sends, reads, and has what was sent", async () => {
  const alice = enter("Alice");
  const toAlice = received(alice);
  server.send("bob", "alice", "are you there?");
  expect(await toAlice(1)).toEqual(["are you there?"]);
  expect((await until(alice.conversations, ([first]) => first !== undefined))[0]).toMatchObject({
    peer: "bob",
    unread: 1,
  });
  const sent = alice.send("bob", "yes");
  await sent.reached("stored");
  server.read("bob", "alice");
  await sent.reached("read");
  expect(server.messages("bob").map(({ body }) => body)).toEqual(["are you there?", "yes"]);
});

test("offline, messages wait in the client, and those of others in the mailbox", async () => {
  const [alice, bob] = [enter("alice"), enter("bob")];
  const [toAlice, toBob] = [received(alice), received(bob)];
  await until(alice.connection, ({ is }) => is === "open");
  server.goOffline("alice");
  await until(alice.connection, ({ is }) => is === "waiting");
  // Another attempt ends as the first one.
  alice.retry();
  await until(alice.connection, ({ is }) => is === "waiting");
  const sent = alice.send("bob", "from the train");
  await bob.send("alice", "meanwhile").reached("stored");
  await sent.kept;
  expect(sent.state.value.is).toBe("sending");
  expect(server.messages("alice").map(({ body }) => body)).toEqual(["meanwhile"]);
  server.goOnline("alice");
  alice.retry();
  expect(await toBob(1)).toEqual(["from the train"]);
  expect(await toAlice(1)).toEqual(["meanwhile"]);
  await sent.reached("delivered");
});

test("a refused message fails with its code, or is sent again when the pause is over", async () => {
  const alice = enter("alice");
  server.refuse(({ body }) => (body === "spam" ? { code: "declined", byReceiver: true } : null));
  const spam = alice.send("bob", "spam");
  await expect(spam.reached("stored")).rejects.toMatchObject({ code: "declined" });
  expect(spam.state.value).toMatchObject({ is: "failed", code: "declined" });
  server.refuse(({ to }) => (to === "carol" ? { code: "mailbox_full", affects: "receiver" } : null));
  await expect(alice.send("carol", "hello").reached("stored")).rejects.toMatchObject({ code: "mailbox_full" });
  let tries = 0;
  server.refuse(() => (tries++ === 0 ? { code: "rate_limited", retryAfter: 1 } : null));
  await alice.send("bob", "patient").reached("stored");
  expect(tries).toBe(2);
  expect(server.messages("bob").map(({ body }) => body)).toEqual(["patient"]);
});

test("a closed connection says why, and stays closed where the code is final", async () => {
  const alice = enter("alice");
  await until(alice.connection, ({ is }) => is === "open");
  server.close("alice", 1012);
  await until(alice.connection, ({ is }) => is === "waiting");
  alice.retry();
  await until(alice.connection, ({ is }) => is === "open");
  server.close("alice", 4403, "suspended");
  const stopped = await until(alice.connection, ({ is }) => is === "stopped");
  expect(stopped).toMatchObject({ code: 4403, reason: "suspended" });
});

test("presence and typing pass between contacts", async () => {
  const [alice, bob] = [enter("alice"), enter("bob")];
  await alice.send("bob", "hi").reached("stored");
  alice.presence.watch(["bob"]);
  await until(alice.presence, (all) => all.get("bob")?.online === true);
  bob.typing("alice");
  await until(alice.typists, (typists) => typists.has("bob"));
});

test("with requests a stranger waits for an answer, and learns nothing until then", async () => {
  server = fakeServer({ requests: true });
  const [alice, eve] = [enter("alice"), enter("eve")];
  const toAlice = received(alice);
  const sent = eve.send("alice", "hello?");
  await toAlice(1);
  const [request] = await until(alice.conversations, ([first]) => first !== undefined);
  expect(request).toMatchObject({ peer: "eve", standing: "request" });
  alice.read("eve");
  await until(alice.conversations, ([first]) => first?.unread === 0);
  expect(sent.state.value.is).toBe("stored");
  await alice.people.accept("eve");
  await sent.reached("read");
  await alice.people.block("eve");
  expect(await alice.people.blocked()).toEqual(["eve"]);
  await expect(eve.send("alice", "again").reached("stored")).rejects.toMatchObject({ code: "declined" });
});

test("another device of the user shows the message, and what becomes of it", async () => {
  const [phone, desk, bob] = [enter("alice", { device: "phone" }), enter("alice", { device: "desk" }), enter("bob")];
  const thread = desk.messages.with("bob");
  const toBob = received(bob);
  await until(desk.connection, ({ is }) => is === "open");
  server.goOffline("bob");
  await phone.send("bob", "hello").reached("stored");
  await until(thread, ([first]) => first?.state?.is === "stored");
  server.goOnline("bob");
  bob.retry();
  await toBob(1);
  await until(thread, ([first]) => first?.state?.is === "delivered");
  bob.read("alice");
  await until(thread, ([first]) => first?.state?.is === "read");
  expect(thread.value).toMatchObject([{ from: "alice", body: "hello" }]);
});

test("a device that was away has what it missed once, and a new one has everything", async () => {
  const store = memoryStore();
  const alice = enter("alice", { store, device: "phone" });
  const bodies: unknown[] = [];
  alice.messages.subscribe(({ body }) => bodies.push(body));
  server.send("bob", "alice", 1);
  await until(alice.conversations, ([first]) => first?.unread === 1);
  server.goOffline("alice");
  server.send("bob", "alice", 2);
  server.goOnline("alice");
  alice.retry();
  await until(alice.conversations, ([first]) => first?.unread === 2);
  expect(bodies).toEqual([1, 2]);
  const desk = enter("alice", { device: "desk" });
  expect(await received(desk)(2)).toEqual([1, 2]);
});

test("older messages come over HTTP, and nothing else is there", async () => {
  for (let i = 0; i < 120; i++) server.send("bob", "alice", i);
  const alice = enter("alice", { since: "now" });
  await until(alice.connection, ({ is }) => is === "open");
  const thread = alice.messages.with("bob");
  while (await thread.older());
  expect(thread.value.map(({ body }) => body)).toEqual(Array.from({ length: 120 }, (_, i) => i));
  expect(await alice.account.settings()).toEqual({ receipts: true, presence: true });
  await expect(alice.account.devices()).rejects.toMatchObject({ code: "not_found" });
});

test("[Q9][Q10][Q11] settings, removals and display names reach every client of the user, and a name its contacts", async () => {
  const [alice, tablet, bob] = [
    enter("alice"),
    enter("alice", { store: memoryStore(), device: "tablet" }),
    enter("bob"),
  ];
  await bob.send("alice", "one").reached("stored");
  await bob.send("alice", "two").reached("stored");
  const of = (me: Restante) => me.conversations.value.map(({ last, ...rest }) => ({ ...rest, body: last.body }));
  await until(tablet.conversations, ([first]) => first?.last.body === "two");
  await alice.configure("bob", { pinned: true, hidden: true });
  for (const me of [alice, tablet]) await until(me.conversations, ([first]) => first?.hidden === true);
  await bob.profile.change({ displayName: "Bobby" });
  await until(bob.profile.displayName, (name) => name === "Bobby");
  await bob.send("alice", "three").reached("stored");
  for (const me of [alice, tablet]) {
    await until(me.conversations, ([first]) => first?.displayName === "Bobby" && first.last.body === "three");
    expect(of(me)).toMatchObject([{ pinned: true, hidden: false, body: "three" }]);
  }
  const thread = tablet.messages.with("bob");
  const [, , last] = await until(thread, (all) => all.length === 3);
  if (last !== undefined) await alice.remove(last);
  await until(tablet.conversations, ([first]) => first?.last.body === "two");
  expect(server.messages("alice").map(({ body }) => body)).toEqual(["one", "two"]);
  await tablet.clear("bob");
  for (const me of [alice, tablet]) await until(me.conversations, (all) => all.length === 0);
  expect([server.messages("alice"), server.messages("bob").length]).toEqual([[], 3]);
  await expect(alice.configure("zed", { muted: true })).rejects.toMatchObject({ code: "not_found" });
});

test("[Q10][H1] what is removed twice changes nothing, and the list says what was removed", async () => {
  const alice = enter("alice");
  server.send("bob", "alice", "one");
  server.send("bob", "alice", "two");
  const thread = alice.messages.with("bob");
  const [, two] = await until(thread, ({ length }) => length === 2);
  await alice.remove(two as Message);
  await until(thread, ({ length }) => length === 1);
  await alice.remove(two as Message);
  const list = async () => (await server.fetch("https://chat.test/api/conversations?user=alice")).json();
  expect(await list()).toMatchObject({ conversations: [{ seq: two?.seq, last: { body: "one" } }] });
  await alice.clear("bob");
  await until(thread, ({ length }) => length === 0);
  await alice.clear("bob");
  const about = { seq: two?.seq, clearedUpTo: two?.seq, hidden: true, unread: 0 };
  expect(await list()).toMatchObject({ conversations: [about] });
  expect(await list()).not.toHaveProperty("conversations.0.last");
  await expect(alice.clear("zed")).rejects.toMatchObject({ code: "not_found" });
  await expect(alice.remove({ ...two, seq: 5 } as Message)).rejects.toMatchObject({ code: "not_found" });
});

test("[Q11] a display name is of one form, comes with `welcome`, and is shown of contacts alone", async () => {
  const [alice, bob] = [enter("alice"), enter("bob")];
  for (const displayName of [" ", "\u200b", "x".repeat(65)]) {
    const changed = bob.profile.change({ displayName });
    if (displayName === " ") await changed;
    else await expect(changed).rejects.toMatchObject({ code: "bad_frame", status: 400 });
  }
  expect(await bob.profile.change({ displayName: "  Bobby   B " })).toBeUndefined();
  await until(bob.profile.displayName, (name) => name === "Bobby B");
  await bob.send("alice", "hello").reached("stored");
  await until(alice.conversations, ([first]) => first?.displayName === "Bobby B");
  await alice.people.block("bob");
  await until(alice.conversations, ([first]) => first?.standing === "blocked");
  expect(alice.conversations.value).toMatchObject([{ displayName: null }]);
  const phone = enter("bob", { store: memoryStore(), since: "now" });
  await until(phone.profile.displayName, (name) => name === "Bobby B");
});
