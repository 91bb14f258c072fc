// Messages that failed, in every way: they are shown, can be sent again in their place, and can be removed.
import { beforeEach, expect, test, vi } from "vitest";
import type { Message, Restante } from "../../src/client/connect.ts";
import { Disk } from "./disk.ts";
import {
  accepted,
  connectedClient,
  type Frame,
  fromBob,
  type Link,
  link,
  newClient,
  playNetwork,
  reconnect,
  refused,
  settle,
} from "./scripted.ts";
import { SharedStore } from "./shared-store.ts";

beforeEach(playNetwork);

const failed = (seq: number, of: number, code: string): Frame => ({ type: "failed", seq, of, code, message: "No." });

const pause = async () => undefined;

/** How a message comes to fail: who it is for, its body, and what the mailbox says. */
const WAYS: [what: string, to: string, body: string, answer: readonly Frame[]][] = [
  ["that the user's own mailbox refuses", "bob", "a", [refused(1, "declined")]],
  ["that has failed in the log", "bob", "a", [accepted(1, 11, "queued"), failed(12, 11, "unknown_receiver")]],
  ["that is too large for any text", "bob", "a".repeat(70_000), []],
  ["to no possible name", "no such name", "a", []],
];

/** The message that failed, as its conversation shows it. */
async function failedMessage(me: Restante, mailbox: Link, [, to, body, answer]: (typeof WAYS)[number]) {
  const thread = me.messages.with(to);
  me.send(to, body);
  await mailbox.sent();
  await mailbox.deliver(...answer);
  expect(thread.value.map(({ state }) => state?.is)).toEqual(["failed"]);
  return { thread, message: thread.value[0] as Message };
}

test.each(WAYS)("a message %s is shown, and discard() removes it for good", async (...way) => {
  const disk = new Disk();
  const { me, mailbox } = await connectedClient({ store: disk.store(pause) });
  const { thread, message } = await failedMessage(me, mailbox, way);
  expect(me.conversations.value.map(({ last }) => last)).toEqual([message]);
  me.discard(message);
  expect(thread.value).toEqual([]);
  await settle();
  expect(me.conversations.value).toEqual([]);
  await me.close();
  const again = await newClient({ store: disk.store(pause) });
  const later = again.messages.with(way[1]);
  await settle();
  expect([again.conversations.value, later.value]).toEqual([[], []]);
});

test.each(WAYS)("resend() of a message %s replaces it, and sends once where it is called twice", async (...way) => {
  const { me, mailbox } = await connectedClient();
  const { thread, message } = await failedMessage(me, mailbox, way);
  await mailbox.sent();
  const sent = me.resend(message);
  // A message of another reading, or of another tab, is another object.
  for (const same of [message, { ...message }]) expect(me.resend(same)).toBe(sent);
  expect(thread.value.map(({ key, body }) => [key, body])).toEqual([[sent.key, message.body]]);
  expect((await mailbox.sent()).filter(({ type }) => type === "send").length).toBe(way[3].length > 0 ? 1 : 0);
});

test("discard() of a message that has not failed does nothing", async () => {
  const { me, mailbox } = await connectedClient();
  const thread = me.messages.with("bob");
  await mailbox.deliver(fromBob(1));
  me.send("bob", "a");
  for (const message of thread.value) me.discard(message);
  await settle();
  expect(thread.value.length).toBe(2);
});

/** bob's messages 1 and 2, and own messages with the seqs 11 and 13 that have failed. */
async function withFailures(me: Restante, mailbox: Link) {
  const thread = me.messages.with("bob");
  await mailbox.deliver(fromBob(1), fromBob(2));
  me.send("bob", "a");
  me.send("bob", "b");
  await mailbox.sent();
  await mailbox.deliver(accepted(1, 11, "queued"), accepted(2, 13, "queued"));
  await mailbox.deliver(failed(14, 11, "erased"), failed(15, 13, "erased"));
  return { thread, messages: thread.value.slice(-2) };
}

const lasts = (me: Restante) => me.conversations.value.map(({ last }) => last.body);

test("after discard() of the last message the one before it is the last one, in every tab", async () => {
  const tabs = new SharedStore();
  const first = await tabs.tab();
  await link().welcome();
  const second = await tabs.tab();
  const { messages } = await withFailures(second, link());
  const thread = first.messages.with("bob");
  await settle();
  expect([lasts(first), thread.value.length]).toEqual([["b"], 4]);
  for (const message of messages) second.discard(message);
  await settle();
  expect([lasts(first), lasts(second)]).toEqual([["message 2"], ["message 2"]]);
  expect(thread.value.map(({ seq }) => seq)).toEqual([1, 2]);
});

test("where only the mailbox has the message before the discarded one, it is read on the next connection", async () => {
  let isOnline = false;
  vi.stubGlobal("fetch", async (url: string) => {
    if (!isOnline) throw new Error("no network");
    return Response.json(
      new URL(url).pathname.endsWith("/messages") ? { messages: [fromBob(5)], more: false } : { conversations: [] },
    );
  });
  const { me, mailbox } = await connectedClient({ since: "now" });
  me.send("bob", "a");
  await mailbox.sent();
  const thread = me.messages.with("bob");
  await mailbox.deliver(accepted(1, 11, "queued"), failed(12, 11, "erased"));
  me.discard(thread.value[0] as Message);
  await settle();
  expect(lasts(me)).toEqual(["a"]);
  isOnline = true;
  await reconnect(mailbox, { lastId: 1 });
  await settle();
  expect(lasts(me)).toEqual(["message 5"]);
});

test("a discarded message is not the last one again where the mailbox lists the conversations after a gap", async () => {
  const own = { type: "message", seq: 11, from: "alice", to: "bob", at: 1, body: "a", failed: "erased" };
  const listed = { peer: "bob", seq: 11, unread: 0, marks: {}, last: own };
  vi.stubGlobal("fetch", async () => Response.json({ conversations: [listed] }));
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(2));
  me.send("bob", "a");
  await mailbox.sent();
  const thread = me.messages.with("bob");
  await mailbox.deliver(accepted(1, 11, "queued"), failed(12, 11, "erased"));
  me.discard(thread.value[1] as Message);
  await settle();
  expect(lasts(me)).toEqual(["message 2"]);
  await mailbox.deliver({ type: "gap", from: 13, seq: 20 });
  await reconnect(mailbox, { lastId: 1, head: 20 });
  await settle();
  expect(lasts(me)).toEqual(["message 2"]);
});

test("a discarded message stays away also where the store has dropped it and the mailbox has it", async () => {
  const { me, mailbox } = await connectedClient({ since: "now" });
  const own = { type: "message", seq: 11, from: "alice", to: "bob", at: 1, body: "a", failed: "erased" };
  vi.stubGlobal("fetch", async (url: string) =>
    Response.json(
      new URL(url).pathname.endsWith("/messages") ? { messages: [own], more: false } : { conversations: [] },
    ),
  );
  const read = async () => {
    const thread = me.messages.with("bob");
    await settle();
    await settle();
    return thread.value;
  };
  const [message] = await read();
  expect(mailbox.readyState).toBe(1);
  me.discard(message as Message);
  expect(await read()).toEqual([]);
});

test("of messages that can't be sent at all the latest 100 are shown", async () => {
  const me = await newClient();
  const thread = me.messages.with("no such name");
  for (let i = 0; i < 150; i++) me.send("no such name", i);
  await settle();
  expect(thread.value.map(({ body }) => body)).toEqual(Array.from({ length: 100 }, (_, i) => 50 + i));
});
