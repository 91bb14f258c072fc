// Messages with an idempotency key: the same key is the same message, in one process and, with a lasting store, in the
// next. In the store of Node.js, and in one that has no index of keys.
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { Message, Restante, Store } from "../../src/client/connect.ts";
import { nodeStore } from "../../src/node/node-store.ts";
import { connected, newFolder, onFile, stores, written } from "./restarts.ts";
import { accepted, fromBob, link, newClient, playNetwork } from "./scripted.ts";
import { SharedStore } from "./shared-store.ts";

let folder: string;

beforeEach(() => {
  playNetwork();
  folder = newFolder();
});

/** The bodies that the client has sent since the last call. */
async function bodies(): Promise<unknown[]> {
  await written();
  return (await link().sent())
    .filter(({ type }) => type === "send")
    .flatMap((frame) => frame["bodies"] ?? frame["body"]);
}

/** The bodies of the next messages that the client sends, each of which is accepted. */
async function answered(count: number): Promise<unknown[]> {
  const all: unknown[] = [];
  while (all.length < count) {
    const some = await bodies();
    for (const body of some) await link().deliver(accepted(all.push(body), all.length));
  }
  return all;
}

const question = (me: Restante, seq = 5): Message => {
  return { key: `${seq}`, seq, from: "bob", to: me.user, peer: "bob", at: 5, body: "?", state: null };
};

test.each(stores)("%s: the same key is the same message, sent once", async (_, mount) => {
  const { me } = await connected(mount(folder));
  const sent = me.send("bob", "one", { key: "a" });
  expect(me.send("Bob", "two", { key: "a" })).toBe(sent);
  await written();
  expect(me.send("bob", "three", { key: "a" })).toBe(sent);
  expect(await bodies()).toEqual(["one"]);
  await link().deliver(accepted(1, 1));
  await written();
  expect(me.send("bob", "four", { key: "a" }).state.value).toEqual({ is: "stored" });
  expect(await bodies()).toEqual([]);
});

test("a receiver, a key and an answered message each make another message", async () => {
  const { me } = await connected(onFile(folder));
  const [one, other] = [question(me), question(me, 6)];
  me.send("bob", 1, { key: "a" });
  me.send("carol", 2, { key: "a" });
  me.send("bob", 3, { key: "b" });
  me.send("bob", 4, { inReplyTo: one });
  me.send("bob", 5, { inReplyTo: other });
  me.send("carol", 6, { inReplyTo: one });
  me.send("bob", 7, { inReplyTo: one, key: "a" });
  me.send("bob", 8, { inReplyTo: { ...one, at: 6 } });
  me.send("bob", 9);
  me.send("bob", 10, {});
  me.send("bob", 11, { inReplyTo: { ...one, body: "as it was given again" } });
  expect(await bodies()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test.each(stores)(
  "%s: after a restart an answer without an answer of the mailbox is still one message",
  async (_, mount) => {
    const records = mount(folder);
    const { me, end } = await connected(records);
    const { key } = me.send("bob", "one", { inReplyTo: question(me) });
    await written();
    await end();
    const { me: later } = await records();
    // Before the store is open, and after it.
    const early = later.send("bob", "two", { inReplyTo: question(me) });
    await written();
    const late = later.send("bob", "three", { inReplyTo: question(me) });
    await link().welcome();
    expect(await bodies()).toEqual(["one"]);
    expect([late, early.key, early.body]).toEqual([early, key, "one"]);
    const states: string[] = [];
    early.state.subscribe(({ is }) => states.push(is));
    await link().deliver(accepted(1, 1));
    await written();
    await link().deliver({ type: "mark", seq: 2, peer: "bob", delivered: 1 });
    await written();
    expect(states).toEqual(["sending", "stored", "delivered"]);
  },
);

test.each(stores)(
  "%s: after a restart an answer that was sent is not sent again, and has its state",
  async (_, mount) => {
    const records = mount(folder);
    const { me, end } = await connected(records);
    const sent = me.send("bob", "one", { inReplyTo: question(me) });
    await written();
    await link().deliver(accepted(1, 7));
    await written();
    await end();
    const { me: later } = await connected(records, { head: 7, lastId: 1 });
    const again = later.send("bob", "two", { inReplyTo: question(me) });
    const states: string[] = [];
    again.state.subscribe(({ is }) => states.push(is));
    await again.kept;
    expect([again.key, again.body, again.at, again.state.value]).toEqual([sent.key, "one", 7, { is: "stored" }]);
    await link().deliver({ type: "mark", seq: 8, peer: "bob", read: 7 });
    await written();
    expect(states).toEqual(["sending", "stored", "read"]);
    expect(await again.reached("delivered")).toEqual({ is: "read" });
    expect(await bodies()).toEqual([]);
    const thread = later.messages.with("bob");
    await written();
    expect(thread.value.map(({ body }) => body)).toEqual(["one"]);
  },
);

test("an answer that the mailbox accepted without its number is not sent again", async () => {
  const records = onFile(folder);
  const { me, end } = await connected(records);
  me.send("bob", "one", { key: "a" });
  await written();
  const { entry: _, ...unnumbered } = accepted(1, 7);
  await link().deliver(unnumbered);
  await written();
  await end();
  const { me: later } = await connected(records, { head: 7, lastId: 1 });
  const again = later.send("bob", "two", { key: "a" });
  await again.kept;
  expect([again.state.value, await bodies()]).toEqual([{ is: "stored" }, []]);
});

test.each(stores)("%s: a message that failed is the same until it is discarded", async (_, mount) => {
  const records = mount(folder);
  const { me, end } = await connected(records);
  const sent = me.send("bob", "one", { key: "a" });
  await written();
  await link().deliver({ type: "refused", id: 1, code: "declined", message: "No." });
  await written();
  expect(me.send("bob", "two", { key: "a" })).toBe(sent);
  await end();
  const { me: later } = await connected(records);
  const again = later.send("bob", "three", { key: "a" });
  await again.kept;
  expect([again.state.value, await bodies()]).toEqual([{ is: "failed", code: "declined", message: "No." }, []]);
  const thread = later.messages.with("bob");
  await written();
  later.discard(thread.value[0] as Message);
  await written();
  later.send("bob", "four", { key: "a" });
  expect(await bodies()).toEqual(["four"]);
});

test("a message that can't be sent at all has failed at once, and its key is free", async () => {
  const { me } = await connected(onFile(folder));
  const large = "x".repeat(70_000);
  expect(me.send("bob", large, { key: "a" }).state.value).toMatchObject({ is: "failed", code: "too_large" });
  me.send("bob", "small", { key: "a" });
  expect(await bodies()).toEqual(["small"]);
});

test("messages with and without a key are sent in the order of their calls", async () => {
  const { me } = await connected(onFile(folder));
  me.send("bob", 1);
  me.send("bob", 2, { key: "a" });
  me.send("bob", 3);
  await Promise.resolve();
  me.send("bob", 4, { key: "b" });
  await Promise.resolve();
  me.send("bob", 5);
  expect(await answered(5)).toEqual([1, 2, 3, 4, 5]);
});

test("in memory a message with a key that has no answer when the client is closed has failed", async () => {
  const me = await newClient();
  const sent = me.send("bob", "one", { key: "a" });
  const closed = me.close();
  expect(sent.state.value).toMatchObject({ is: "failed", code: "closed" });
  await written();
  await closed;
});

test("waiting for a message with a key ends with close(), also where the store does not have it yet", async () => {
  const records = onFile(folder);
  const { me } = await connected(records);
  const stored = me.send("bob", "one", { key: "a" });
  await written();
  const unstored = me.send("bob", "two", { key: "b" });
  const waiting = [stored, unstored].map((sent) => sent.reached("stored").catch((error: unknown) => error));
  const closed = me.close();
  await written();
  await closed;
  expect(await Promise.all(waiting)).toMatchObject([{ code: "closed" }, { code: "closed" }]);
  const { me: later } = await connected(records);
  const thread = later.messages.with("bob");
  await written();
  expect(thread.value.map(({ body }) => body)).toEqual(["one", "two"]);
});

test("where the store can't be searched for a key the client stops, and nothing that follows is stored", async () => {
  const store = nodeStore(join(folder, "alice.db"));
  const broken: Store = {
    lasting: true,
    open: (name, first) => store.open(name, first),
    write: (commit) => store.write(commit),
    piece: (peer, before, limit) => store.piece(peer, before, limit),
    written: () => Promise.reject(new Error("the disk is broken")),
    close: () => store.close(),
  };
  const me = await newClient({ store: broken });
  await written();
  await link().welcome();
  const sent = me.send("bob", "one", { key: "a" });
  sent.kept.catch(() => undefined);
  await written();
  expect(sent.state.value).toMatchObject({ is: "failed", code: "not_kept" });
  await expect(sent.kept).rejects.toThrow("the disk is broken");
  expect(me.connection.value).toMatchObject({ is: "stopped", reason: "not_kept" });
  const next = me.send("bob", "two");
  await expect(next.kept).rejects.toThrow("the store has failed");
  expect(await bodies()).toEqual([]);
});

test("keys without an answer are all remembered, and of the others the latest 1,000", async () => {
  const me = await newClient();
  await link().welcome();
  const all = Array.from({ length: 1_500 }, (_, i) => me.send("bob", i, { key: `${i}` }));
  expect(me.send("bob", "again", { key: "0" })).toBe(all[0]);
  await bodies();
  await link().deliver(accepted(1_500, 1_500, "stored"));
  for (let id = 1; id < 1_500; id++) await link().deliver(accepted(id, id));
  for (let i = 1_500; i < 2_500; i++) me.send("bob", i, { key: `${i}` });
  await bodies();
  expect(me.send("bob", "again", { key: "1499" })).toBe(all[1_499]);
  expect(me.send("bob", "again", { key: "999" })).not.toBe(all[999]);
  expect(me.send("bob", "again", { key: "2499" }).state.value.is).toBe("sending");
});

test("an answer in a loop is one of the message that the loop has", async () => {
  const { me } = await connected(onFile(folder));
  await link().deliver(fromBob(1), fromBob(2));
  void (async () => {
    for await (const message of me.messages) me.send(message.from, `to ${message.seq}`, { inReplyTo: message });
  })();
  expect(await answered(2)).toEqual(["to 1", "to 2"]);
});

test("in two tabs the same key is the same message, once the other tab knows of it", async () => {
  const common = new SharedStore();
  const [first, second] = [await common.tab(), await common.tab()];
  await link().welcome();
  const sent = second.send("bob", "one", { key: "a" });
  expect(await bodies()).toEqual(["one"]);
  const same = first.send("bob", "two", { key: "a" });
  expect([same.key, same.body, await bodies()]).toEqual([sent.key, "one", []]);
  await link().deliver(accepted(1, 1));
  await written();
  expect([sent.state.value, same.state.value]).toEqual([{ is: "stored" }, { is: "stored" }]);
});

test.each(stores)("%s: a message that failed in the log is the same until it is discarded", async (_, mount) => {
  const records = mount(folder);
  const { me, end } = await connected(records);
  const sent = me.send("bob", "one", { key: "a" });
  await written();
  await link().deliver(accepted(1, 7, "queued"), { type: "failed", seq: 8, of: 7, code: "declined", message: "No." });
  await written();
  expect(me.send("bob", "two", { key: "a" })).toBe(sent);
  await end();
  const { me: later } = await connected(records, { head: 8, lastId: 1 });
  const again = later.send("bob", "three", { key: "a" });
  await again.kept;
  expect(again.state.value).toEqual({ is: "failed", code: "declined", message: "No." });
  const thread = later.messages.with("bob");
  await written();
  later.discard(thread.value[0] as Message);
  await written();
  const fresh = later.send("bob", "four", { key: "a" });
  expect(await bodies()).toEqual(["four"]);
  await link().deliver(accepted(2, 9));
  await written();
  expect([fresh.state.value, later.send("bob", "five", { key: "a" })]).toEqual([{ is: "stored" }, fresh]);
  expect(await bodies()).toEqual([]);
});
