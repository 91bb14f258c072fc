// Conversations: the order of the list, unread counts, and a history without gaps and duplicates.
import { beforeEach, expect, test, vi } from "vitest";
import { memoryStore, type Message } from "../../src/client/connect.ts";
import {
  newClient,
  connectedClient,
  fromBob,
  link,
  mark,
  advance,
  reconnect,
  settle,
  playNetwork,
} from "./scripted.ts";

beforeEach(playNetwork);

test("[E3] unread counts the messages that were read neither here nor on another device", async () => {
  const { me, mailbox } = await connectedClient();
  const unread = () => me.conversations.value.map(({ peer, unread: count }) => [peer, count]);
  await mailbox.deliver(fromBob(1), fromBob(2), fromBob(3));
  expect(unread()).toEqual([["bob", 3]]);
  await mailbox.deliver(mark(4, { mine: 2 }));
  expect(unread()).toEqual([["bob", 1]]);
  me.read("bob");
  expect((await mailbox.sent()).at(-1)).toEqual({ type: "read", peer: "bob", seq: 3 });
  expect(unread()).toEqual([["bob", 0]]);
  await mailbox.deliver(...Array.from({ length: 250 }, (_, i) => fromBob(10 + i)));
  expect(unread()).toEqual([["bob", 250]]);
  await mailbox.deliver(mark(300, { mine: 250 }));
  expect(unread()).toEqual([["bob", 9]]);
});

test("[E4][T15] a read without a connection is sent on each later connection until the mailbox confirms it", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(1), fromBob(2));
  await mailbox.cut();
  me.read("bob");
  await settle();
  for (let i = 0; i < 2; i++) {
    await advance(2_000);
    await link().welcome();
    expect(await link().sent()).toEqual([{ type: "read", peer: "bob", seq: 2 }]);
    await link().cut();
  }
  await advance(4_000);
  await link().welcome();
  await link().deliver(mark(3, { mine: 2 }));
  await link().cut();
  await advance(8_000);
  await link().welcome();
  expect(await link().sent()).toEqual([]);
});

test("the list has the latest conversation first, with its last message", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(1), { ...fromBob(2, "from carol", 1), from: "carol" });
  me.send("dora", "no answer yet");
  await settle();
  const list = () => me.conversations.value.map(({ peer, last }) => [peer, last.body]);
  expect(list()).toEqual([
    ["dora", "no answer yet"],
    ["carol", "from carol"],
    ["bob", "message 1"],
  ]);
  const before = me.conversations.value;
  await mailbox.deliver({ type: "typing", from: "bob" });
  expect(me.conversations.value).toBe(before);
});

test("[Q9] settings of a conversation come with the frame `peer`, and an older server leaves them as they are", async () => {
  const { me, mailbox } = await connectedClient();
  const settings = () => me.conversations.value.map(({ pinned, muted, hidden }) => [pinned, muted, hidden]);
  await mailbox.deliver(fromBob(1));
  expect(settings()).toEqual([[false, false, false]]);
  const peer = { type: "peer", peer: "bob", standing: "contact" };
  await mailbox.deliver({ ...peer, seq: 2, pinned: true, muted: true, hidden: true });
  expect(settings()).toEqual([[true, true, true]]);
  await mailbox.deliver({ ...peer, seq: 3 });
  expect(settings()).toEqual([[true, true, true]]);
  await mailbox.deliver({ ...peer, seq: 4, pinned: false, muted: true, hidden: true });
  expect(settings()).toEqual([[false, true, true]]);
});

test.each(["of others", "that waits to be sent"])(
  "[Q9] a message %s shows a hidden conversation again",
  async (which) => {
    const { me, mailbox } = await connectedClient();
    const isHidden = () => me.conversations.value.map(({ hidden }) => hidden);
    const hide = { type: "peer", peer: "bob", standing: "contact", pinned: false, muted: false, hidden: true };
    await mailbox.deliver(fromBob(1), { ...hide, seq: 2 });
    expect(isHidden()).toEqual([true]);
    if (which === "of others") await mailbox.deliver(fromBob(3));
    else me.send("bob", "again");
    await settle();
    expect(isHidden()).toEqual([false]);
  },
);

test("[Q11] names come with `welcome`, the frame `peer` and the list; the own one is state, and can be changed", async () => {
  const asked: unknown[] = [];
  vi.stubGlobal("fetch", async (address: string, { method, body }: RequestInit) => {
    asked.push([method, new URL(address).pathname, body]);
    return Response.json({ displayName: "Al" });
  });
  const { me, mailbox } = await connectedClient();
  const own: unknown[] = [];
  me.profile.displayName.subscribe((name) => own.push(name));
  const nameOfBob = () => me.conversations.value.map(({ displayName }) => displayName);
  await mailbox.deliver(fromBob(1));
  expect(nameOfBob()).toEqual([null]);
  const peer = { type: "peer", standing: "contact", pinned: false, muted: false, hidden: false };
  await mailbox.deliver({ ...peer, seq: 2, peer: "bob", displayName: "Bobby" });
  expect(nameOfBob()).toEqual(["Bobby"]);
  await mailbox.deliver({ ...peer, seq: 3, peer: "alice", displayName: "Al" });
  await mailbox.deliver({ ...peer, seq: 4, peer: "bob" });
  expect(nameOfBob()).toEqual(["Bobby"]);
  await mailbox.deliver({ ...peer, seq: 5, peer: "bob", displayName: "" });
  expect(nameOfBob()).toEqual([null]);
  await reconnect(mailbox, { head: 5, displayName: "Alice" });
  await reconnect(link(), { head: 5, displayName: "" });
  expect(own).toEqual([null, "Al", "Alice", null]);
  await me.profile.change({ displayName: "Al" });
  expect(asked.at(-1)).toEqual(["PUT", "/api/profile", '{"displayName":"Al"}']);
  // Nobody has written to oneself.
  expect(me.conversations.value.map(({ peer: name }) => name)).toEqual(["bob"]);
});

test("[Q9] `configure` asks the mailbox under the canonical name, and rejects with its refusal", async () => {
  const asked: unknown[] = [];
  vi.stubGlobal("fetch", async (address: string, { method, body }: RequestInit) => {
    asked.push([method, new URL(address).pathname, body]);
    const problem = { code: "not_found", message: "There is no such conversation." };
    return asked.length === 1 ? new Response(null, { status: 204 }) : Response.json(problem, { status: 404 });
  });
  const { me } = await connectedClient();
  await me.configure("Bob", { muted: true });
  expect(asked).toEqual([["PATCH", "/api/conversations/bob", '{"muted":true}']]);
  await expect(me.configure("zed", { hidden: true })).rejects.toMatchObject({ code: "not_found" });
  await expect(me.configure("no name", {})).rejects.toMatchObject({ code: "bad_name" });
});

test("a new device at the head reads its conversations over HTTP, and counts messages that arrive meanwhile", async () => {
  let answer: (value: Response) => void = () => undefined;
  const asked: string[] = [];
  vi.stubGlobal("fetch", (address: string, { headers }: RequestInit) => {
    const url = new URL(address);
    asked.push(`${url.pathname}${url.search} ${JSON.stringify(headers)}`);
    return new Promise<Response>((done) => (answer = done));
  });
  const me = await newClient({ since: "now", token: "secret" });
  await link().welcome({ head: 50 });
  await link().deliver(fromBob(51), fromBob(52));
  const list = [
    { peer: "bob", seq: 51, unread: 4, marks: { stored: 0, delivered: 0, read: 0, mine: 0 }, last: fromBob(51) },
    {
      peer: "carol",
      seq: 30,
      unread: 0,
      marks: { stored: 30, delivered: 30, read: 20, mine: 0 },
      last: { type: "message", seq: 30, from: "alice", to: "carol", at: 1, body: "mine" },
    },
  ];
  answer(Response.json({ conversations: list }));
  await settle();
  await settle();
  expect(asked).toEqual([`/api/conversations?user=alice&limit=200 {"Authorization":"Bearer secret"}`]);
  expect(me.conversations.value.map(({ peer, unread, last }) => [peer, unread, last.body, last.state?.is])).toEqual([
    ["bob", 5, "message 52", undefined],
    ["carol", 0, "mine", "delivered"],
  ]);
});

test("a conversation shows the stored messages, then those of the mailbox, without gaps and duplicates", async () => {
  const asked: string[] = [];
  let online = false;
  vi.stubGlobal("fetch", async (address: string) => {
    const url = new URL(address);
    if (!online) throw new Error("no network");
    if (!url.pathname.endsWith("/messages")) return Response.json({ conversations: [] });
    asked.push(url.search);
    const before = Number(url.searchParams.get("before"));
    const messages = [1, 2, 3, 4, 5]
      .map((i) => before - 6 + i)
      .filter((seq) => seq > 0)
      .map((seq) => fromBob(seq));
    return Response.json({ messages, more: before > 6 });
  });
  const me = await newClient({ since: "now" });
  await link().welcome({ head: 10 });
  await link().deliver(fromBob(11), fromBob(12));
  const thread = me.messages.with("bob");
  await settle();
  const seqs = () => thread.value.map(({ seq }) => seq);
  expect([seqs(), thread.more]).toEqual([[11, 12], true]);
  await expect(thread.older()).rejects.toThrow("no network");
  online = true;
  const kept: readonly Message[] = thread.value;
  expect(await thread.older()).toBe(true);
  expect(seqs()).toEqual([6, 7, 8, 9, 10, 11, 12]);
  expect(thread.value.at(-1)).toBe(kept.at(-1));
  expect(await thread.older()).toBe(false);
  expect(seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(asked).toEqual(["?user=alice&limit=50&before=11", "?user=alice&limit=50&before=6"]);
});

test("a sent message is in its conversation at once, before it is stored, with a connection and without", async () => {
  const { me, mailbox } = await connectedClient();
  const thread = me.messages.with("bob");
  await settle();
  const shown: number[] = [];
  thread.subscribe((messages) => shown.push(messages.length));
  me.send("bob", "now");
  expect(thread.value.map(({ body }) => body)).toEqual(["now"]);
  expect(shown).toEqual([0, 1]);
  await settle();
  await mailbox.cut();
  me.send("bob", "later");
  expect(thread.value.map(({ body }) => body)).toEqual(["now", "later"]);
});

test("the store in memory has a message once and in order of seq, in any order of writing", async () => {
  const store = memoryStore();
  await store.open("x", { device: "d", epoch: null, cursor: null, base: 0, listed: true });
  const entry = (seq: number, body: string) => ({ key: `${seq}`, seq, peer: "bob", from: "bob", at: 1, body });
  for (const one of [entry(5, "e"), entry(3, "c"), entry(9, "i"), entry(5, "E"), entry(1, "a"), entry(9, "I")])
    await store.write({ entries: [one] });
  const { entries } = await store.piece("bob", Infinity, 9);
  expect(entries.map(({ body }) => body)).toEqual(["a", "c", "E", "I"]);
});
