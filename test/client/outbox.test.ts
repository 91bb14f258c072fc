// Sending: ids, coalescing, what a refusal does to those behind it, and what is sent again.
import { beforeEach, expect, test } from "vitest";
import { connect, memoryStore } from "../../src/client/connect.ts";
import type { Commit, Store } from "../../src/client/store.ts";
import { enter, entered, type Frame, type Link, link, links, pass, PAUSE, settle, stage } from "./scripted.ts";

beforeEach(stage);

const send = (id: number, body: unknown, to = "bob"): Frame => ({ type: "send", id, to, body });
const accepted = (id: number, entry: number, state = "stored"): Frame => ({
  type: "accepted",
  id,
  entry,
  at: 7,
  state,
});

/** A new connection of the same client. */
async function again(mailbox: Link, welcome: Frame): Promise<Link> {
  await mailbox.cut();
  await pass(PAUSE);
  await link().welcome(welcome);
  return link();
}

test("[S1] ids go on after the one of the welcome, and what waits leaves as one text while one is under way", async () => {
  const me = await enter();
  me.send("bob", "a");
  me.send("Bob", { b: [1] });
  await link().welcome({ lastId: 4 });
  expect(await link().said()).toEqual([send(5, "a"), send(6, { b: [1] })]);
  me.send("bob", "c");
  me.send("carol", "d");
  expect(await link().said()).toEqual([]);
  await link().tell(accepted(5, 1), accepted(6, 2));
  const before = link().texts.length;
  expect(await link().said()).toEqual([send(7, "c"), send(8, "d", "carol")]);
  expect(link().texts.length).toBe(before);
});

test("[F3] a text has at most the frames and the bytes that the welcome allows", async () => {
  const me = await enter();
  for (const body of ["a", "b", "c", "d"]) me.send("bob", body);
  const limits = { window: 10, windowBytes: 9_999, bodyBytes: 65_536, textBytes: 130, frames: 3 };
  await link().welcome({ limits });
  expect(link().texts.map((text) => (JSON.parse(text) as unknown[]).length)).toEqual([2]);
  expect(link().texts.every((text) => text.length <= 130)).toBe(true);
  await link().tell(accepted(1, 1), accepted(2, 2));
  expect((await link().said()).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
});

test("[F3][F8] where the mailbox reads runs, what goes to one receiver in a row is one frame, within the same limits", async () => {
  const me = await enter();
  const bodies = ["a", { b: [1] }, "c", "d", "e", "f".repeat(60)];
  for (const [i, body] of bodies.entries()) me.send(i === 3 ? "carol" : "bob", body);
  const limits = { window: 10, windowBytes: 9_999, bodyBytes: 65_536, textBytes: 260, frames: 5 };
  await link().welcome({ limits, runs: true, lastId: 6 });
  const run = { type: "send", id: 9, to: "bob", bodies: bodies.slice(0, 3) };
  expect(await link().said()).toEqual([run, send(10, "d", "carol"), send(11, "e")]);
  await link().tell({ ...accepted(11, 11), count: 5 });
  expect(await link().said()).toEqual([send(12, bodies[5])]);
  await link().tell(accepted(12, 12));
  me.send("bob", "f".repeat(190));
  me.send("bob", "g".repeat(20));
  expect((await link().said()).map(({ id }) => id)).toEqual([13]);
  expect(link().texts.every((text) => text.length <= 260)).toBe(true);
});

test("[S2][F8] a number that was answered between two others is in no run", async () => {
  const { me, mailbox } = await entered();
  for (const [to, body] of [
    ["bob", "a"],
    ["bob", "b"],
    ["carol", "c"],
  ] as const)
    me.send(to, body);
  await mailbox.said();
  await mailbox.tell(accepted(3, 13));
  me.send("bob", "d");
  const next = await again(mailbox, { lastId: 3, runs: true });
  expect(await next.said()).toEqual([{ type: "send", id: 2, to: "bob", bodies: ["a", "b"] }, send(4, "d")]);
});

test("[S10] an id is kept before the text that uses it leaves", async () => {
  const held: (() => void)[] = [];
  const inner = memoryStore();
  const seen: Commit[] = [];
  const store: Store = {
    lasting: true,
    open: (name, first) => inner.open(name, first),
    write: async (commit) => {
      await new Promise<void>((done) => held.push(done));
      seen.push(commit);
      await inner.write(commit);
    },
    piece: (peer, before, limit) => inner.piece(peer, before, limit),
    close: () => inner.close(),
  };
  const me = await enter({ store });
  await link().welcome();
  held.shift()?.();
  const { kept } = me.send("bob", "a");
  await settle();
  expect(await link().said()).toEqual([]);
  held.shift()?.();
  await kept;
  await settle();
  expect(seen.at(-1)?.drafts).toMatchObject([{ body: "a", id: 1 }]);
  expect(await link().said()).toEqual([send(1, "a")]);
});

test("[S2] what has no answer is sent again with its id, and what the mailbox never had with the next one", async () => {
  const { me, mailbox } = await entered();
  const [a, b] = ["a", "b"].map((body) => me.send("bob", body));
  expect(await mailbox.said()).toEqual([send(1, "a"), send(2, "b")]);
  me.send("bob", "c");
  const next = await again(mailbox, { lastId: 1 });
  expect(await next.said()).toEqual([send(1, "a"), send(2, "b"), send(3, "c")]);
  await next.tell(accepted(1, 11), accepted(2, 12, "queued"));
  expect([a?.state.value.is, b?.state.value.is]).toEqual(["stored", "queued"]);
});

test("[S10] after a crash the same message has the same id, whatever was written before", async () => {
  const store = { ...bare(memoryStore()), lasting: true };
  const first = connect({ url: "http://mailbox.test", userName: "alice", store });
  await settle();
  await link().welcome();
  first.send("bob", "ok");
  await link().said();
  await first.close();
  const me = await enter({ store });
  me.send("bob", "ok");
  await link().welcome({ lastId: 1 });
  // Two messages that look alike: the first was taken, the second is another one.
  expect(await link().said()).toEqual([send(1, "ok"), send(2, "ok")]);
});

test("[S10] a number that a message has lost is lost on the disk too, before somebody else has it", async () => {
  const store = { ...bare(memoryStore()), lasting: true };
  const first = connect({ url: "http://mailbox.test", userName: "alice", store });
  await settle();
  await link().welcome();
  first.send("bob", "late");
  await settle();
  // It never arrived, and another device's copy of this store used the number meanwhile.
  await again(link(), { lastId: 0 });
  const kept = await store.open("", { device: "", epoch: null, cursor: null, base: 0, listed: true });
  expect(kept.drafts).toMatchObject([{ id: 1 }]);
  await again(link(), { lastId: 3 });
  await again(link(), { lastId: 3, epoch: "e2" });
  const now = await store.open("", { device: "", epoch: null, cursor: null, base: 0, listed: true });
  expect(now.drafts).toMatchObject([{ id: 4 }]);
  expect((await link().said()).filter(({ type }) => type === "send")).toEqual([send(4, "late")]);
  await first.close();
});

test("[S4] a refusal for good fails one message, and those behind it take its number", async () => {
  const { me, mailbox } = await entered();
  const sent = ["a", "too much", "c", "d"].map((body) => me.send("bob", body));
  await mailbox.said();
  await mailbox.tell(
    accepted(1, 11),
    { type: "refused", id: 2, code: "too_large", message: "Too large." },
    { type: "refused", id: 3, code: "out_of_order", message: "Not in order." },
    { type: "refused", id: 4, code: "out_of_order", message: "Not in order." },
  );
  expect(sent[1]?.state.value).toEqual({ is: "failed", code: "too_large", message: "Too large." });
  await expect(sent[1]?.reached("stored")).rejects.toMatchObject({ code: "too_large", message: "Too large." });
  expect(await mailbox.said()).toEqual([send(2, "c"), send(3, "d")]);
  expect(links.length).toBe(1);
  const thread = me.messages.with("bob");
  await settle();
  const failed = thread.value.find(({ body }) => body === "too much");
  if (failed === undefined) throw new Error("it is not shown");
  me.discard(failed);
  expect(thread.value.map(({ body }) => body)).toEqual(["a", "c", "d"]);
});

test("[S4] a refusal for now is waited out, and order is kept", async () => {
  const { me, mailbox } = await entered();
  for (const body of ["a", "b"]) me.send("bob", body);
  await mailbox.said();
  await mailbox.tell(
    { type: "refused", id: 1, code: "rate_limited", message: "Slower.", retryAfter: 3_000 },
    { type: "refused", id: 2, code: "out_of_order", message: "Not in order." },
  );
  me.send("bob", "c");
  await pass(2_999);
  expect(await mailbox.said()).toEqual([]);
  await pass(1);
  expect(await mailbox.said()).toEqual([send(1, "a"), send(2, "b"), send(3, "c")]);
});

test("[S2] an id that was used for something else gives the message another one", async () => {
  const { me, mailbox } = await entered();
  me.send("bob", "a");
  await mailbox.said();
  const next = await again(mailbox, { lastId: 1 });
  expect(await next.said()).toEqual([send(1, "a")]);
  await next.tell({ type: "refused", id: 1, code: "id_reused", message: "Reused." });
  expect(await next.said()).toEqual([send(2, "a")]);
});

test("[S3] a mailbox that counts otherwise is asked again by another connection", async () => {
  const { me, mailbox } = await entered();
  me.send("bob", "a");
  await mailbox.said();
  await mailbox.tell({ type: "refused", id: 1, code: "out_of_order", message: "Not in order." });
  await pass(PAUSE);
  expect(links.length).toBe(2);
});

test("[L3] the log's own frame takes a message before its answer, and it is shown once under one key", async () => {
  const { me, mailbox } = await entered();
  const thread = me.messages.with("bob");
  const sent = me.send("bob", "a");
  expect(await mailbox.said()).toEqual([send(1, "a")]);
  const { device } = mailbox.query;
  await mailbox.tell({ type: "message", seq: 11, from: "alice", to: "bob", at: 7, id: 1, device });
  expect(sent.state.value.is).toBe("sending");
  me.send("bob", "b");
  // The first one counts as taken, so the next text may leave.
  expect((await mailbox.said()).filter(({ type }) => type === "send")).toEqual([send(2, "b")]);
  await mailbox.tell(accepted(1, 11));
  expect(sent.state.value.is).toBe("stored");
  expect(thread.value.map(({ key, seq, body }) => [key, seq, body])).toEqual([
    [sent.key, 11, "a"],
    [expect.any(String), null, "b"],
  ]);
  // The other way round: the answer first.
  await mailbox.tell(accepted(2, 12, "queued"));
  const { key } = thread.value[1] ?? {};
  await mailbox.tell({ type: "message", seq: 12, from: "alice", to: "bob", at: 7, id: 2, device });
  expect(thread.value.map((message) => [message.key, message.body])).toEqual([
    [sent.key, "a"],
    [key, "b"],
  ]);
});

test("[S6][L7] what its receiver finally refused has failed, also when that is heard before the answer", async () => {
  const { me, mailbox } = await entered();
  const sent = me.send("nobody-there", "a");
  await mailbox.said();
  const { device } = mailbox.query;
  const next = await again(mailbox, { lastId: 1 });
  await next.tell(
    { type: "message", seq: 11, from: "alice", to: "nobody-there", at: 7, id: 1, device, body: "a" },
    { type: "failed", seq: 12, of: 11, code: "unknown_receiver", message: "There is nobody." },
  );
  expect(sent.state.value).toEqual({ is: "failed", code: "unknown_receiver", message: "There is nobody." });
  await next.tell(accepted(1, 11, "queued"));
  expect(sent.state.value.is).toBe("failed");
  expect(me.conversations.value[0]?.last.state?.is).toBe("failed");
});

test("what can't be sent has failed when send returns, and nothing leaves", async () => {
  const { me, mailbox } = await entered();
  const bad = [me.send("no such name", "a"), me.send("bob", "x".repeat(70_000)), me.send("bob", nested(200))];
  expect(bad.map(({ state }) => state.value)).toMatchObject([
    { is: "failed", code: "bad_name" },
    { is: "failed", code: "too_large" },
    { is: "failed", code: "bad_frame" },
  ]);
  expect(await mailbox.said()).toEqual([]);
});

test("a body is taken as it is at that moment", async () => {
  const me = await enter();
  const body = { list: [1] };
  me.send("bob", body);
  body.list.push(2);
  await link().welcome();
  expect(await link().said()).toEqual([send(1, { list: [1] })]);
});

test("without a store that lasts, what has no answer fails at the end", async () => {
  const { me } = await entered();
  const sent = me.send("bob", "a");
  await me.close();
  expect(sent.state.value).toMatchObject({ is: "failed", code: "closed" });
  expect(me.send("bob", "b").state.value).toMatchObject({ is: "failed", code: "closed" });
});

function nested(depth: number): never[] {
  return depth === 0 ? [] : ([nested(depth - 1)] as never[]);
}

/** A store's methods as an object of its own. */
function bare(store: Store): Omit<Store, "lasting" | "shared"> {
  return {
    open: async (name, first) => structuredClone(await store.open(name, first)),
    write: (commit) => store.write(structuredClone(commit)),
    piece: (peer, before, limit) => store.piece(peer, before, limit),
    close: () => store.close(),
  };
}

test("what send() returns can be copied, and says once that it failed", async () => {
  const { me, mailbox } = await entered();
  const sent = me.send("bob", "a");
  expect({ ...sent }).toMatchObject({ key: sent.key, to: "bob", body: "a", at: sent.at });
  await mailbox.said();
  await mailbox.tell({ type: "refused", id: 1, code: "declined", message: "No." });
  const failed = sent.state.value;
  expect(failed).toEqual({ is: "failed", code: "declined", message: "No." });
  await me.close();
  expect(sent.state.value).toBe(failed);
});

test("[U10] while the user's own mailbox is full nothing is tried for as long as it said, also on another connection", async () => {
  const { me, mailbox } = await entered();
  for (const body of ["a", "b"]) me.send("bob", body);
  expect((await mailbox.said()).length).toBe(2);
  await mailbox.tell(
    { type: "refused", id: 1, code: "mailbox_full", message: "Your own mailbox is full.", retryAfter: 60_000 },
    { type: "refused", id: 2, code: "out_of_order", message: "Not in order." },
  );
  me.send("bob", "c");
  await pass(5_000);
  expect(await mailbox.said()).toEqual([]);
  const next = await again(mailbox, { lastId: 0 });
  await pass(5_000);
  expect(await next.said()).toEqual([]);
});
