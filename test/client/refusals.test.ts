// Refused messages: which fail, which are sent again, and which ids the messages behind them get.
import { beforeEach, expect, test } from "vitest";
import { accepted, advance, connectedClient, links, PAUSE, playNetwork, reconnect, send, settle } from "./scripted.ts";

beforeEach(playNetwork);

test("[S4][T5] a final refusal fails one message, and the messages behind it take its id", async () => {
  const { me, mailbox } = await connectedClient();
  const sent = ["a", "too much", "c", "d"].map((body) => me.send("bob", body));
  await mailbox.sent();
  await mailbox.deliver(
    accepted(1, 11),
    { type: "refused", id: 2, code: "too_large", message: "Too large." },
    { type: "refused", id: 3, code: "out_of_order", message: "Not in order." },
    { type: "refused", id: 4, code: "out_of_order", message: "Not in order." },
  );
  expect(sent[1]?.state.value).toEqual({ is: "failed", code: "too_large", message: "Too large." });
  await expect(sent[1]?.reached("stored")).rejects.toMatchObject({ code: "too_large", message: "Too large." });
  expect(await mailbox.sent()).toEqual([send(2, "c"), send(3, "d")]);
  expect(links.length).toBe(1);
  const thread = me.messages.with("bob");
  await settle();
  const failed = thread.value.find(({ body }) => body === "too much");
  if (failed === undefined) throw new Error("it is not shown");
  me.discard(failed);
  expect(thread.value.map(({ body }) => body)).toEqual(["a", "c", "d"]);
});

test("[S4][T5] after a temporary refusal the outbox pauses, then sends one message, and after its answer the others, in order", async () => {
  const { me, mailbox } = await connectedClient();
  for (const body of ["a", "b"]) me.send("bob", body);
  await mailbox.sent();
  await mailbox.deliver(
    { type: "refused", id: 1, code: "rate_limited", message: "Slower.", retryAfter: 3_000 },
    { type: "refused", id: 2, code: "out_of_order", message: "Not in order." },
  );
  me.send("bob", "c");
  await advance(2_999);
  expect(await mailbox.sent()).toEqual([]);
  await advance(1);
  expect(await mailbox.sent()).toEqual([send(1, "a")]);
  await mailbox.deliver(accepted(1, 11));
  expect(await mailbox.sent()).toEqual([send(2, "b"), send(3, "c")]);
});

test("[U10] while the user's own mailbox is full nothing is sent for the time that it asked for, also on another connection", async () => {
  const { me, mailbox } = await connectedClient();
  for (const body of ["a", "b"]) me.send("bob", body);
  expect((await mailbox.sent()).length).toBe(2);
  await mailbox.deliver(
    { type: "refused", id: 1, code: "mailbox_full", message: "Your own mailbox is full.", retryAfter: 60_000 },
    { type: "refused", id: 2, code: "out_of_order", message: "Not in order." },
  );
  me.send("bob", "c");
  await advance(5_000);
  expect(await mailbox.sent()).toEqual([]);
  const next = await reconnect(mailbox, { lastId: 0 });
  await advance(5_000);
  expect(await next.sent()).toEqual([]);
});

test("[S2][T6] a message whose id was used for another body gets another id", async () => {
  const { me, mailbox } = await connectedClient();
  me.send("bob", "a");
  await mailbox.sent();
  const next = await reconnect(mailbox, { lastId: 1 });
  expect(await next.sent()).toEqual([send(1, "a")]);
  await next.deliver({ type: "refused", id: 1, code: "id_reused", message: "Reused." });
  expect(await next.sent()).toEqual([send(2, "a")]);
});

test("[S3][T5] where the mailbox expects another id the client connects again", async () => {
  const { me, mailbox } = await connectedClient();
  me.send("bob", "a");
  await mailbox.sent();
  await mailbox.deliver({ type: "refused", id: 1, code: "out_of_order", message: "Not in order." });
  await advance(PAUSE);
  expect(links.length).toBe(2);
});

test("[S6][L7] a message that its receiver finally refused has failed, also where the failure arrives before the answer", async () => {
  const { me, mailbox } = await connectedClient();
  const sent = me.send("nobody-there", "a");
  await mailbox.sent();
  const { device } = mailbox.query;
  const next = await reconnect(mailbox, { lastId: 1, head: 12 });
  await next.deliver(
    { type: "message", seq: 11, from: "alice", to: "nobody-there", at: 7, id: 1, device, body: "a" },
    { type: "failed", seq: 12, of: 11, code: "unknown_receiver", message: "There is nobody." },
  );
  expect(sent.state.value).toEqual({ is: "failed", code: "unknown_receiver", message: "There is nobody." });
  await next.deliver(accepted(1, 11, "queued"));
  expect(sent.state.value.is).toBe("failed");
  expect(me.conversations.value[0]?.last.state?.is).toBe("failed");
});

test("a message that can't be sent has failed when send() returns, and nothing is sent", async () => {
  const { me, mailbox } = await connectedClient();
  const bad = [me.send("no such name", "a"), me.send("bob", "x".repeat(70_000)), me.send("bob", nested(200))];
  expect(bad.map(({ state }) => state.value)).toMatchObject([
    { is: "failed", code: "bad_name" },
    { is: "failed", code: "too_large" },
    { is: "failed", code: "bad_frame" },
  ]);
  expect(await mailbox.sent()).toEqual([]);
});

function nested(depth: number): never[] {
  return depth === 0 ? [] : ([nested(depth - 1)] as never[]);
}
