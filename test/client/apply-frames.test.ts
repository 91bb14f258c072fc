// Frames of the log: the cursor, deduplication, and a new epoch of the mailbox.
import { beforeEach, expect, test } from "vitest";
import { accepted, advance, carbon, connectedClient, fromBob, link, mark, PAUSE } from "./scripted.ts";
import { playNetwork, reconnect, refused, send, settle } from "./scripted.ts";

beforeEach(playNetwork);

test("[L2][F2][V2][T17] every frame with a seq moves the cursor, of unknown types too, and other frames do not", async () => {
  const { mailbox } = await connectedClient();
  await mailbox.deliver(
    { type: "novelty", seq: 5, text: "of a later version" },
    { type: "presence", user: "bob", online: true, at: 1 },
  );
  expect(await mailbox.sent()).toEqual([{ type: "ack", seq: 5 }]);
  await mailbox.deliver({ type: "novelty", text: "no number" }, { type: "error", code: "of_later", message: "Later." });
  await mailbox.deliver("not a frame" as never, null as never, { seq: "5" } as never);
  expect(await mailbox.sent()).toEqual([]);
  await mailbox.cut();
  await advance(PAUSE);
  expect(link().query["cursor"]).toBe("5");
});

test("[L4][T14] a message is shown once, though it comes again below the cursor, or again from its sender to a restored mailbox", async () => {
  const { me, mailbox } = await connectedClient();
  const shown: unknown[] = [];
  me.messages.subscribe(({ body }) => shown.push(body));
  await mailbox.deliver(fromBob(1), fromBob(2), fromBob(1));
  await mailbox.deliver(fromBob(101, "message 2", 2), fromBob(102, "message 3", 3));
  await mailbox.deliver({ ...fromBob(103, "carol's first", 1), from: "carol" });
  expect(shown).toEqual(["message 1", "message 2", "message 3", "carol's first"]);
});

test("[R2][T8] in another epoch of the mailbox numbers start again, and the messages that were shown stay", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(900));
  await mailbox.cut();
  await advance(PAUSE);
  await link().welcome({ epoch: "e2", head: 40 });
  await link().deliver({ type: "gap", from: 1, seq: 40 }, fromBob(41, "in the new epoch", 5_000));
  expect(me.gaps.value).toBe(1);
  expect((await link().sent()).at(-1)).toEqual({ type: "ack", seq: 41 });
  const thread = me.messages.with("bob");
  await settle();
  expect(thread.value.map(({ body }) => body).toSorted()).toEqual(["in the new epoch", "message 900"]);
});

test("[T10] a gap moves the cursor, also down, counts as one, and fails no message", async () => {
  const { me, mailbox } = await connectedClient();
  const sent = me.send("bob", "mine");
  await mailbox.sent();
  await mailbox.deliver(fromBob(900));
  await mailbox.deliver({ type: "gap", from: 301, seq: 800 }, fromBob(801, "after it", 2_000));
  expect(me.gaps.value).toBe(1);
  expect(sent.state.value.is).toBe("sending");
  const next = await reconnect(mailbox, { lastId: 0, head: 801 });
  expect(next.query["cursor"]).toBe("801");
  expect(await next.sent()).toEqual([send(1, "mine")]);
});

test("[T10] a gap that comes again is counted once", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver({ type: "gap", from: 1, seq: 40 });
  const next = await reconnect(mailbox, { head: 60 });
  await next.deliver({ type: "gap", from: 1, seq: 40 });
  expect(me.gaps.value).toBe(1);
  await next.deliver({ type: "gap", from: 41, seq: 60 });
  expect(me.gaps.value).toBe(2);
});

test("[T14] what was shown before a set-back is not shown again, though its seq is another, and a later message is", async () => {
  const { me, mailbox } = await connectedClient();
  const shown: unknown[] = [];
  me.messages.subscribe(({ body }) => shown.push(body));
  await mailbox.deliver(fromBob(1), fromBob(2));
  const next = await reconnect(mailbox, { head: 500 });
  await next.deliver({ type: "gap", from: 1, seq: 500 }, fromBob(501, "message 2", 2), fromBob(502, "message 3", 3));
  expect(shown).toEqual(["message 1", "message 2", "message 3"]);
});

test("[T14] origins count in all epochs of the mailbox: one that was shown is not shown again, and a higher one is", async () => {
  const { me, mailbox } = await connectedClient();
  const shown: unknown[] = [];
  me.messages.subscribe(({ body }) => shown.push(body));
  await mailbox.deliver(fromBob(900, "old", 70));
  for (const [epoch, head, origin] of [
    ["e2", 2_000, 71],
    ["e3", 5, 72],
  ] as const) {
    const next = await reconnect(link(), { epoch, head });
    await next.deliver({ type: "gap", from: 1, seq: head }, fromBob(head + 1, "old", 70));
    await next.deliver(fromBob(head + 2, epoch, origin));
  }
  expect(shown).toEqual(["old", "e2", "e3"]);
});

test("[T14] an own message is in its conversation once, though carbon, answer and a repeated answer come", async () => {
  const { me, mailbox } = await connectedClient();
  const thread = me.messages.with("bob");
  me.send("bob", "mine");
  await mailbox.sent();
  await mailbox.deliver(carbon(mailbox, 1, 11, { body: "mine" }));
  const next = await reconnect(mailbox, { lastId: 1, head: 11 });
  await next.deliver(carbon(next, 1, 11, { body: "mine" }), accepted(1, 11), accepted(1, 11));
  expect(thread.value.map(({ body, seq }) => [body, seq])).toEqual([["mine", 11]]);
});

test("[T17] unknown fields, codes and values of a later version are passed over, and the frame counts", async () => {
  const { me, mailbox } = await connectedClient();
  const sent = ["a", "b", "c"].map((body) => me.send("bob", body));
  await mailbox.sent();
  await mailbox.deliver(
    { ...accepted(1, 11), later: { field: 1 } },
    refused(2, "of_later", { affects: "of_later" }),
    refused(3, "out_of_order", { later: [] }),
    { ...fromBob(12), later: true },
    { type: "peer", seq: 13, peer: "bob", standing: "of_later" },
    { type: "notice", seq: 14, code: "of_later", message: "Later." },
    mark(15, { stored: 11, later: 3 }),
    { type: "failed", seq: 16, of: 11, code: "of_later", message: "Later." },
  );
  expect(sent.map(({ state }) => state.value)).toMatchObject([
    { is: "failed", code: "of_later" },
    { is: "failed", code: "of_later" },
    { is: "sending" },
  ]);
  expect(me.conversations.value.map(({ unread }) => unread)).toEqual([1]);
  expect(me.notices.value.map(({ code }) => code)).toEqual(["of_later"]);
  expect((await mailbox.sent()).filter(({ type }) => type === "send")).toEqual([send(2, "c")]);
  expect((await reconnect(mailbox, { lastId: 1 })).query["cursor"]).toBe("16");
});

test("[T17] a pause that affects something unknown is one of all messages", async () => {
  const { me, mailbox } = await connectedClient();
  me.send("bob", "a");
  me.send("carol", "b");
  await mailbox.sent();
  const more = { retryAfter: 2_000, affects: "of_later" };
  await mailbox.deliver(refused(1, "of_later", more), refused(2, "out_of_order"));
  await advance(1_999);
  expect(await mailbox.sent()).toEqual([]);
  await advance(1);
  expect(await mailbox.sent()).toEqual([send(1, "a")]);
});
