// What was written and not sent yet, or failed, in the list of conversations.
import { beforeEach, expect, test } from "vitest";
import type { Restante } from "../../src/client/connect.ts";
import { IncomingMessages } from "../../src/client/incoming-messages.ts";
import { Thread } from "../../src/client/thread.ts";
import { View } from "../../src/client/view.ts";
import { Disk } from "./disk.ts";
import { accepted, connectedClient, fromBob, link, mark, newClient, playNetwork, refused, settle } from "./scripted.ts";
import { SharedStore } from "./shared-store.ts";

beforeEach(playNetwork);

const list = (me: Restante) => me.conversations.value.map(({ peer, last }) => [peer, last.body, last.state?.is]);

test("what is written offline is in the list at once, as the last message, and after a restart", async () => {
  const disk = new Disk();
  const { me, mailbox } = await connectedClient({ store: disk.store(async () => undefined) });
  await mailbox.deliver({ ...fromBob(1), from: "carol" }, fromBob(2));
  await mailbox.cut();
  me.send("carol", "to carol");
  me.send("new", "first");
  me.send("new", "second");
  const expected = [
    ["new", "second", "sending"],
    ["carol", "to carol", "sending"],
    ["bob", "message 2", undefined],
  ];
  expect(list(me)).toEqual(expected);
  await settle();
  await me.close();
  const again = await newClient({ store: disk.store(async () => undefined) });
  expect(list(again)).toEqual(expected);
  expect(again.conversations.value[0]).toMatchObject({ unread: 0, standing: "contact" });
  await link().welcome();
  await link().deliver(accepted(1, 11), accepted(2, 12), accepted(3, 13));
  expect(list(again)).toEqual([
    ["new", "second", "stored"],
    ["carol", "to carol", "stored"],
    ["bob", "message 2", undefined],
  ]);
});

test("a message that failed stands at its time: newer messages of its conversation are the last one", async () => {
  const { me, mailbox } = await connectedClient();
  const at = Date.now();
  await mailbox.deliver({ ...fromBob(1), at: at - 1_000 }, { ...fromBob(2), from: "carol", at: at - 500 });
  me.send("bob", "refused");
  me.send("nobody", "typed wrong");
  await mailbox.sent();
  await mailbox.deliver(refused(1, "declined"), refused(2, "out_of_order"));
  await mailbox.sent();
  await mailbox.deliver(refused(1, "bad_name"));
  const failed = [
    ["nobody", "typed wrong", "failed"],
    ["bob", "refused", "failed"],
    ["carol", "message 2", undefined],
  ];
  expect(list(me)).toEqual(failed);
  await mailbox.deliver({ ...fromBob(3), from: "carol", at: at + 500 });
  expect(list(me).map(([peer]) => peer)).toEqual(["carol", "nobody", "bob"]);
  await mailbox.deliver({ ...fromBob(4), at: at + 600 });
  expect(list(me)[0]).toEqual(["bob", "message 4", undefined]);
});

test("many messages of one task notify the list's listeners once, and its value is new at once", async () => {
  const { me } = await connectedClient();
  let count = 0;
  me.conversations.subscribe(() => count++);
  for (let i = 0; i < 100; i++) me.send("bob", i);
  expect(me.conversations.value[0]?.last.body).toBe(99);
  expect(count).toBe(1);
  await Promise.resolve();
  expect(count).toBe(2);
});

test("a conversation that has not changed stays the same object, and so does the list", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(1), { ...fromBob(2), from: "carol" });
  const [carol, bob] = me.conversations.value;
  await mailbox.deliver(fromBob(3));
  expect(me.conversations.value[0]).not.toBe(bob);
  expect(me.conversations.value[1]).toBe(carol);
  const { value } = me.conversations;
  await mailbox.deliver(mark(4, { mine: 1 }, "zoe"));
  expect(me.conversations.value).toBe(value);
});

test("what another tab writes is in the list of this one, though the mailbox can't be reached", async () => {
  const tabs = new SharedStore();
  const [first, second] = [await tabs.tab(), await tabs.tab()];
  expect(list(first)).toEqual([]);
  second.send("bob", "offline");
  await settle();
  expect(list(first)).toEqual([["bob", "offline", "sending"]]);
});

test("a draft that another tab reports after its answer is not shown again", () => {
  const view = new View("alice", new IncomingMessages(() => undefined));
  const about = { key: "k", peer: "bob", at: 1, body: "late" };
  const thread = new Thread("bob", view, async () => ({ entries: [], from: 0 }));
  view.apply({ entries: [{ ...about, seq: 9, from: "alice" }], settled: ["k"] });
  view.apply({ drafts: [{ ...about, id: null, seq: null, failed: null }] });
  expect([view.conversations.value, thread.value.map(({ seq }) => seq)]).toEqual([[], [9]]);
});
