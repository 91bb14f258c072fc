// Messages that the user has removed, on this device or another one: out of the conversation, the list and the store,
// and nothing that comes late brings them back.
import { beforeEach, expect, test, vi } from "vitest";
import { memoryStore } from "../../src/client/connect.ts";
import { accepted, carbon, connectedClient, fromBob, newClient, link, playNetwork, settle } from "./scripted.ts";

beforeEach(playNetwork);

const cleared = (seq: number, what: { upTo: number } | { of: number }) => ({
  type: "cleared",
  seq,
  peer: "bob",
  ...what,
});

test("[L8] a removed conversation leaves the list, the thread and the store; what comes later is a conversation again", async () => {
  const store = memoryStore();
  const { me, mailbox } = await connectedClient({ store });
  const thread = me.messages.with("bob");
  await mailbox.deliver(fromBob(1), fromBob(2), { ...fromBob(3, "hi", 1), from: "carol" });
  me.send("bob", "waits");
  await settle();
  await mailbox.deliver(cleared(4, { upTo: 2 }));
  expect(thread.value.map(({ body }) => body)).toEqual(["waits"]);
  expect(me.conversations.value.map(({ peer, last, unread }) => [peer, last.body, unread])).toEqual([
    ["bob", "waits", 0],
    ["carol", "hi", 1],
  ]);
  expect((await store.piece("bob", Infinity, 10)).entries).toEqual([]);
  await mailbox.deliver(fromBob(5));
  expect(thread.value.map(({ body }) => body)).toEqual(["message 5", "waits"]);
  expect(me.conversations.value[0]).toMatchObject({ peer: "bob", unread: 1 });
});

test("[L8] a conversation without a draft is out of the list until its next message", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(1), fromBob(2), cleared(3, { upTo: 2 }));
  expect(me.conversations.value).toEqual([]);
  await mailbox.deliver(fromBob(4));
  expect(me.conversations.value).toMatchObject([{ peer: "bob", unread: 1, last: { body: "message 4" } }]);
});

test("[L8] of one removed message the one before it is the last, though that was removed in the same text", async () => {
  const store = memoryStore();
  const { me, mailbox } = await connectedClient({ store });
  const thread = me.messages.with("bob");
  await mailbox.deliver(fromBob(1), fromBob(2), fromBob(3));
  await mailbox.deliver(cleared(4, { of: 3 }), cleared(5, { of: 2 }));
  expect(thread.value.map(({ seq }) => seq)).toEqual([1]);
  expect(me.conversations.value).toMatchObject([{ unread: 1, last: { seq: 1 } }]);
  expect((await store.piece("bob", Infinity, 10)).entries.map(({ seq }) => seq)).toEqual([1]);
});

test.each([{ upTo: 11 }, { of: 11 }])(
  "[L8][T4] an answer that comes after the removal (%o) shows nothing",
  async (what) => {
    const { me, mailbox } = await connectedClient();
    const thread = me.messages.with("bob");
    const sent = me.send("bob", "gone");
    await mailbox.sent();
    await mailbox.deliver(carbon(mailbox, 1, 11), cleared(12, what), accepted(1, 11));
    await sent.reached("stored");
    expect(thread.value).toEqual([]);
    expect(me.conversations.value).toEqual([]);
  },
);

test("[L8] a page of history that was asked for before the removal brings nothing back", async () => {
  let answer: (value: Response) => void = () => undefined;
  vi.stubGlobal("fetch", async (address: string) => {
    if (!address.includes("/messages")) return Response.json({ conversations: [] });
    return new Promise<Response>((done) => (answer = done));
  });
  const store = memoryStore();
  const me = await newClient({ since: "now", store });
  await link().welcome({ head: 50 });
  const thread = me.messages.with("bob");
  await settle();
  await link().deliver(cleared(51, { of: 30 }), cleared(52, { upTo: 20 }));
  answer(Response.json({ messages: [fromBob(10), fromBob(30), fromBob(40)], more: false }));
  await settle();
  expect(thread.value.map(({ seq }) => seq)).toEqual([40]);
});

test("[Q10] `clear` and `remove` ask the mailbox; a message that it does not have is discarded or stays", async () => {
  const asked: unknown[] = [];
  vi.stubGlobal("fetch", async (address: string, { method }: RequestInit) => {
    asked.push([method, new URL(address).pathname]);
    return new Response(null, { status: 204 });
  });
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(1));
  const thread = me.messages.with("bob");
  await settle();
  await me.clear("Bob");
  for (const message of thread.value) await me.remove(message);
  expect(asked).toEqual([
    ["DELETE", "/api/conversations/bob"],
    ["DELETE", "/api/conversations/bob/messages/1"],
  ]);
  await mailbox.cut();
  me.send("bob", "waits");
  me.send("bob", "x".repeat(70_000));
  await settle();
  const [, waits, failed] = thread.value;
  await expect(me.remove(waits ?? thread.value[0]!)).rejects.toMatchObject({ code: "not_found" });
  await me.remove(failed ?? thread.value[0]!);
  expect(thread.value.map(({ state }) => state?.is ?? null)).toEqual([null, "sending"]);
  await expect(me.clear("no name")).rejects.toMatchObject({ code: "bad_name" });
});
