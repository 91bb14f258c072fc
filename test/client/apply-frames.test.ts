// Frames of the log: the cursor, deduplication, and a new epoch of the mailbox.
import { beforeEach, expect, test } from "vitest";
import { advance, connectedClient, fromBob, link, PAUSE, playNetwork, settle } from "./scripted.ts";

beforeEach(playNetwork);

test("[L2][F2][V2] every frame with a seq moves the cursor, of unknown types too, and other frames do not", async () => {
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

test("[L4] a message is shown once, though it comes again below the cursor, or again from its sender to a restored mailbox", async () => {
  const { me, mailbox } = await connectedClient();
  const shown: unknown[] = [];
  me.messages.subscribe(({ body }) => shown.push(body));
  await mailbox.deliver(fromBob(1), fromBob(2), fromBob(1));
  await mailbox.deliver(fromBob(101, "message 2", 2), fromBob(102, "message 3", 3));
  await mailbox.deliver({ ...fromBob(103, "carol's first", 1), from: "carol" });
  expect(shown).toEqual(["message 1", "message 2", "message 3", "carol's first"]);
});

test("[R2] in another epoch of the mailbox numbers start again, and the messages that were shown stay", async () => {
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
