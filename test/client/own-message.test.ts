// An own message: its state from `send` to `read`, for listeners and without them.
import { beforeEach, expect, test } from "vitest";
import type { RestanteError } from "../../src/client/connect.ts";
import { accepted, connectedClient, link, mark, newClient, playNetwork, send, settle } from "./scripted.ts";

beforeEach(playNetwork);

test("[L3] a carbon may arrive before or after the answer, and the message is shown once under one key", async () => {
  const { me, mailbox } = await connectedClient();
  const thread = me.messages.with("bob");
  const sent = me.send("bob", "a");
  expect(await mailbox.sent()).toEqual([send(1, "a")]);
  const { device } = mailbox.query;
  await mailbox.deliver({ type: "message", seq: 11, from: "alice", to: "bob", at: 7, id: 1, device });
  expect(sent.state.value.is).toBe("sending");
  me.send("bob", "b");
  // The first one is in the log, so the next text may be sent.
  expect((await mailbox.sent()).filter(({ type }) => type === "send")).toEqual([send(2, "b")]);
  await mailbox.deliver(accepted(1, 11));
  expect(sent.state.value.is).toBe("stored");
  expect(thread.value.map(({ key, seq, body }) => [key, seq, body])).toEqual([
    [sent.key, 11, "a"],
    [expect.any(String), null, "b"],
  ]);
  // The other order: the answer first.
  await mailbox.deliver(accepted(2, 12, "queued"));
  const { key } = thread.value[1] ?? {};
  await mailbox.deliver({ type: "message", seq: 12, from: "alice", to: "bob", at: 7, id: 2, device });
  expect(thread.value.map((message) => [message.key, message.body])).toEqual([
    [sent.key, "a"],
    [key, "b"],
  ]);
});

test("[L6] marks move own messages of their conversation forward, never back", async () => {
  const { me, mailbox } = await connectedClient();
  const sent = ["a", "b"].map((body) => me.send("bob", body));
  const other = me.send("carol", "c");
  await mailbox.sent();
  const taken = (id: number, entry: number) => ({ type: "accepted", id, entry, at: 1, state: "queued" });
  await mailbox.deliver(taken(1, 11), taken(2, 12), taken(3, 13));
  const states = () => [...sent, other].map(({ state }) => state.value.is);
  expect(states()).toEqual(["queued", "queued", "queued"]);
  await mailbox.deliver(mark(14, { stored: 12 }));
  expect(states()).toEqual(["stored", "stored", "queued"]);
  await mailbox.deliver(mark(15, { stored: 12, delivered: 11 }));
  expect(states()).toEqual(["delivered", "stored", "queued"]);
  await mailbox.deliver(mark(16, { delivered: 12, read: 12 }));
  await mailbox.deliver(mark(17, { stored: 11, read: 11 }));
  expect(states()).toEqual(["read", "read", "queued"]);
  expect(await sent[0]?.reached("delivered")).toEqual({ is: "read" });
});

test("[L6] a late listener of a message gets its present state, the later ones, and the end", async () => {
  const { me, mailbox } = await connectedClient();
  const sent = ["a", "b", "c"].map((body) => me.send("bob", body));
  await mailbox.sent();
  const taken = { type: "accepted", id: 3, count: 3, entry: 13, at: 1, state: "stored" };
  await mailbox.deliver(taken, mark(14, { stored: 13 }), mark(15, { read: 11 }));
  const states = sent.map((): string[] => []);
  const follow = async (i: number) => {
    for await (const { is } of sent[i]?.state ?? []) states[i]?.push(is);
    states[i]?.push("over");
  };
  void follow(0);
  void follow(1);
  const stop = sent[2]?.state.subscribe(({ is }) => states[2]?.push(is));
  await settle();
  await mailbox.deliver(mark(16, { delivered: 13 }));
  stop?.();
  await mailbox.deliver(mark(17, { read: 12 }));
  expect(states).toEqual([
    ["read", "over"],
    ["stored", "delivered", "read", "over"],
    ["stored", "delivered"],
  ]);
  await me.close();
  void follow(2);
  await settle();
  expect(states[2]).toEqual(["stored", "delivered", "delivered", "over"]);
});

test("[S6] a message without listeners shows its failure", async () => {
  const { me, mailbox } = await connectedClient();
  const [early, late] = [me.send("bob", "a"), me.send("bob", "b")];
  await mailbox.sent();
  const answer = (id: number) => ({ type: "accepted", id, entry: 10 + id, at: 1, state: "queued" });
  const failed = (of: number) => ({ type: "failed", seq: of * 2, of, code: "declined", message: "No." });
  await mailbox.deliver(answer(1), failed(11), mark(23, { stored: 11 }));
  expect(early.state.value).toMatchObject({ is: "failed", code: "declined" });
  await mailbox.deliver(answer(2));
  await mailbox.deliver(failed(12));
  expect(late.state.value.is).toBe("failed");
});

test("send() takes a copy of the body", async () => {
  const me = await newClient();
  const body = { list: [1] };
  me.send("bob", body);
  body.list.push(2);
  await link().welcome();
  expect(await link().sent()).toEqual([send(1, { list: [1] })]);
});

test("without a lasting store messages without an answer fail at close()", async () => {
  const { me } = await connectedClient();
  const sent = me.send("bob", "a");
  await me.close();
  expect(sent.state.value).toMatchObject({ is: "failed", code: "closed" });
  expect(me.send("bob", "b").state.value).toMatchObject({ is: "failed", code: "closed" });
});

test("the result of send() can be copied, and its failure stays the same object", async () => {
  const { me, mailbox } = await connectedClient();
  const sent = me.send("bob", "a");
  expect({ ...sent }).toMatchObject({ key: sent.key, to: "bob", body: "a", at: sent.at });
  await mailbox.sent();
  await mailbox.deliver({ type: "refused", id: 1, code: "declined", message: "No." });
  const failed = sent.state.value;
  expect(failed).toEqual({ is: "failed", code: "declined", message: "No." });
  await me.close();
  expect(sent.state.value).toBe(failed);
});

test("of more than 1,000 messages that are followed reached() of the oldest rejects with `not_followed`", async () => {
  const { me, mailbox } = await connectedClient();
  const sent = Array.from({ length: 1_002 }, (_, i) => me.send("bob", i));
  const codes = sent.map((): unknown => undefined);
  for (const [i, one] of sent.entries()) one.reached("delivered").catch((error: unknown) => (codes[i] = codeOf(error)));
  for (let ids = await mailbox.sent(); ids.length > 0; ids = await mailbox.sent())
    await mailbox.deliver(...ids.map(({ id }) => accepted(Number(id), 10 + Number(id))));
  await mailbox.deliver(mark(1_013, { stored: 1_012 }));
  expect(codes.flatMap((code, i) => (code === undefined ? [] : [[i, code]]))).toEqual([
    [0, "not_followed"],
    [1, "not_followed"],
  ]);
  await me.close();
  expect(codes.slice(1)).toEqual(["not_followed", ...Array.from({ length: 1_000 }, () => "closed")]);
});

test("reached() of a message whose number the mailbox does not know any more rejects with `not_followed`", async () => {
  const { me, mailbox } = await connectedClient();
  const sent = me.send("bob", "a");
  await mailbox.sent();
  const { entry: _, ...unnumbered } = accepted(1, 11);
  const delivered = sent.reached("delivered").catch(codeOf);
  await mailbox.deliver(unnumbered);
  expect([await sent.reached("stored"), await delivered]).toEqual([{ is: "stored" }, "not_followed"]);
});

const codeOf = (error: unknown) => (error as RestanteError).code;
