// Which number each message has: on `welcome`, after refusals, in another epoch, and in a mailbox that was set to an
// older copy. And what a message needs until its number is settled.
import { beforeEach, expect, test } from "vitest";
import { type Json, memoryStore } from "../../src/client/connect.ts";
import {
  accepted,
  advance,
  carbon,
  connectedClient,
  fromBob,
  link,
  links,
  mark,
  newClient,
  PAUSE,
  playNetwork,
  reconnect,
  refused,
  send,
  settle,
} from "./scripted.ts";

beforeEach(playNetwork);

test("[T3] ids at or below lastId keep their numbers, and all others get the next ones in order, after a refusal and a cut", async () => {
  const me = await newClient();
  await link().welcome({ lastId: 137 });
  const bodies = Array.from({ length: 56 }, (_, i) => `message ${138 + i}`);
  for (const body of [...bodies, "after it"]) me.send("bob", body);
  expect((await link().sent()).map(({ id }) => id)).toEqual([...bodies.keys(), 56].map((i) => 138 + i));
  await link().deliver(refused(193, "too_large"), refused(194, "out_of_order"));
  const next = await reconnect(link(), { lastId: 192 });
  const kept = bodies.slice(0, 55).map((body, i) => send(138 + i, body));
  expect(await next.sent()).toEqual([...kept, send(193, "after it")]);
});

test("[T3] a message whose number was accepted keeps it though the mailbox limits what is sent again", async () => {
  const { me, mailbox } = await connectedClient();
  for (const body of ["a", "b"]) me.send("bob", body);
  await mailbox.sent();
  const next = await reconnect(mailbox, { lastId: 2 });
  await next.sent();
  await next.deliver(refused(1, "rate_limited", { retryAfter: 1_000 }), accepted(2, 12));
  me.send("bob", "c");
  await advance(1_000);
  expect(await next.sent()).toEqual([send(1, "a")]);
  await next.deliver(accepted(1, 11));
  expect(await next.sent()).toEqual([send(3, "c")]);
});

test("[T3] a restarted client keeps the numbers at or below lastId, too", async () => {
  const store = memoryStore();
  const { me, mailbox } = await connectedClient({ store });
  for (const body of ["a", "b", "c"]) me.send("bob", body);
  await mailbox.sent();
  await mailbox.deliver(refused(3, "rate_limited", { retryAfter: 100 }));
  await me.close();
  await newClient({ store });
  await link().welcome({ lastId: 1 });
  expect(await link().sent()).toEqual([send(1, "a"), send(2, "b"), send(3, "c")]);
});

test("[T4] answers come in no order, and a refusal before an acceptance moves no other message", async () => {
  const { me, mailbox } = await connectedClient();
  const sent = ["a", "b", "c", "d"].map((body) => me.send("bob", body));
  await mailbox.sent();
  await mailbox.deliver(refused(4, "out_of_order"), accepted(2, 12), refused(3, "too_large"), accepted(1, 11));
  expect(sent.map(({ state }) => state.value.is)).toEqual(["stored", "stored", "failed", "sending"]);
  expect(await mailbox.sent()).toEqual([send(3, "d")]);
  expect(links.length).toBe(1);
});

test.each([
  ["before", true],
  ["after", false],
])("[T4] the text of an own message without a body is shown where the answer comes %s it", async (_, isFirst) => {
  const { me, mailbox } = await connectedClient();
  const thread = me.messages.with("bob");
  const sent = me.send("bob", "my text");
  await mailbox.sent();
  const frames = [accepted(1, 11), carbon(mailbox, 1, 11)];
  for (const frame of isFirst ? frames : frames.toReversed()) await mailbox.deliver(frame);
  expect(thread.value).toMatchObject([{ body: "my text", seq: 11, key: sent.key }]);
  expect(sent.state.value.is).toBe("stored");
});

test.each(["stored", "queued"] as const)(
  "[T4] an answer %s that names no entry settles the message, which the log shows with its text",
  async (state) => {
    const store = memoryStore();
    const { me, mailbox } = await connectedClient({ store });
    const thread = me.messages.with("bob");
    const sent = me.send("bob", "my text");
    const reached = sent.reached(state);
    await mailbox.sent();
    const next = await reconnect(mailbox, { lastId: 1, head: 40 });
    expect(await next.sent()).toEqual([send(1, "my text")]);
    await next.deliver({ type: "accepted", id: 1, state });
    expect((await reached).is).toBe(state);
    expect(sent.state.value.is).toBe(state);
    const { drafts } = await store.open("", { device: "", epoch: null, cursor: null, base: 0, listed: true });
    expect(drafts).toEqual([]);
    me.send("bob", "the next one");
    expect(await next.sent()).toEqual([send(2, "the next one")]);
    await next.deliver(accepted(2, 41), carbon(next, 1, 30, { body: "my text" }));
    expect(thread.value.map(({ body, seq }) => [body, seq])).toEqual([
      ["my text", 30],
      ["the next one", 41],
    ]);
  },
);

test("[T4] an old message of the log is no answer to a forgotten device that gives its id again", async () => {
  const { me, mailbox } = await connectedClient();
  const thread = me.messages.with("bob");
  await settle();
  const sent = me.send("bob", "ok");
  await mailbox.sent();
  const next = await reconnect(mailbox, { lastId: 0, head: 30 });
  expect(await next.sent()).toEqual([send(1, "ok")]);
  await next.deliver(carbon(next, 1, 30, { body: "ok" }));
  expect(thread.value.map(({ seq }) => seq)).toEqual([30, null]);
  await next.deliver(carbon(next, 1, 31));
  expect(sent.state.value.is).toBe("sending");
  await next.deliver({ type: "failed", seq: 32, of: 31, code: "declined", message: "No." });
  expect(sent.state.value.is).toBe("failed");
  expect(thread.value.map(({ seq, state }) => [seq, state?.is])).toEqual([
    [30, "queued"],
    [31, "failed"],
  ]);
});

test("[T5] a message that no text of this mailbox can hold has failed, and the ones before and behind it are sent", async () => {
  const me = await newClient();
  const sent = ["a", "b".repeat(200), "c"].map((body) => me.send("bob", body));
  const limits = { window: 10, windowBytes: 9_999, bodyBytes: 65_536, textBytes: 150, frames: 3 };
  await link().welcome({ limits });
  expect(await link().sent()).toEqual([send(1, "a")]);
  await link().deliver(accepted(1, 11));
  expect(await link().sent()).toEqual([send(2, "c")]);
  expect(sent[1]?.state.value).toMatchObject({ is: "failed", code: "too_large" });
});

test("[T5] nothing gets another number before everything under way is answered", async () => {
  const { me, mailbox } = await connectedClient();
  for (const body of ["a", "b", "c"]) me.send("bob", body);
  await mailbox.sent();
  await mailbox.deliver(refused(2, "too_large"), refused(3, "out_of_order"));
  me.send("bob", "d");
  await advance(5_000);
  expect(await mailbox.sent()).toEqual([]);
  await mailbox.deliver(accepted(1, 11));
  expect(await mailbox.sent()).toEqual([send(2, "c"), send(3, "d")]);
});

test.each<[string, string, object, object[]]>([
  ["never again", "too_large", {}, [send(1, "b")]],
  ["never again, of a later version", "of_later", {}, [send(1, "b")]],
  ["with a new number", "id_reused", {}, []],
  ["in the same place after retryAfter", "rate_limited", { retryAfter: 1_000 }, [send(1, "a")]],
  ["in the same place after retryAfter, of a later version", "of_later", { retryAfter: 1_000 }, [send(1, "a")]],
])("[T5] a refused message is sent again %s: %s", async (_, code, more, again) => {
  const { me, mailbox } = await connectedClient();
  for (const body of ["a", "b"]) me.send("bob", body);
  await mailbox.sent();
  await mailbox.deliver(refused(1, code, { ...more }), refused(2, "out_of_order"));
  await advance(999);
  if (Object.keys(more).length > 0) expect(await mailbox.sent()).toEqual([]);
  await advance(1);
  expect(await mailbox.sent()).toEqual(again);
  expect(links.length).toBe(code === "id_reused" ? 2 : 1);
});

test("[T5] after a pause the queue is not sent as a whole: one message, then twice as many each time", async () => {
  const { me, mailbox } = await connectedClient();
  const bodies = Array.from({ length: 100 }, (_, i) => i);
  for (const body of bodies) me.send("bob", body);
  expect((await mailbox.sent()).length).toBe(100);
  const limit = async (id: number, ids: readonly number[]) =>
    mailbox.deliver(
      refused(id, "rate_limited", { retryAfter: 1_000 }),
      ...ids.map((one) => refused(one, "out_of_order")),
    );
  await limit(1, bodies.slice(2));
  await mailbox.deliver(refused(100, "out_of_order"));
  const counts: number[] = [];
  let next = 1;
  // The mailbox takes ten a second.
  for (let second = 0; second < 3; second++) {
    await advance(1_000);
    for (let left = 10; left >= 0;) {
      const ids = (await mailbox.sent()).map(({ id }) => Number(id));
      counts.push(ids.length);
      expect(ids[0]).toBe(next);
      await mailbox.deliver(...ids.slice(0, left).map((id) => accepted(id, id)));
      next += Math.min(ids.length, left);
      left -= ids.length;
      if (left < 0)
        await limit(
          next,
          ids.filter((id) => id > next),
        );
    }
  }
  expect(counts).toEqual([1, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8]);
  expect(next).toBe(31);
});

test("[T6] after id_reused the next free number is lastId + 1", async () => {
  const { me, mailbox } = await connectedClient();
  for (const body of ["a", "b"]) me.send("bob", body);
  await mailbox.sent();
  // Another installation, copied from this one, has used the ids.
  const next = await reconnect(mailbox, { lastId: 9 });
  expect(await next.sent()).toEqual([send(1, "a"), send(2, "b")]);
  await next.deliver(refused(1, "id_reused"), refused(2, "id_reused"));
  expect(await next.sent()).toEqual([send(10, "a"), send(11, "b")]);
});

test("[T6] where an id above lastId is in use, only another welcome says which one is free", async () => {
  const { me, mailbox } = await connectedClient();
  me.send("bob", "a");
  await mailbox.sent();
  await mailbox.deliver(refused(1, "id_reused"));
  await advance(PAUSE);
  expect(links.length).toBe(2);
  await link().welcome({ lastId: 4 });
  expect(await link().sent()).toEqual([send(1, "a")]);
  await link().deliver(refused(1, "id_reused"));
  expect(await link().sent()).toEqual([send(5, "a")]);
});

test("[T8] in another epoch everything without an answer gets the next numbers, and what was accepted is not sent again", async () => {
  const { me, mailbox } = await connectedClient();
  for (const body of ["a", "b", "c"]) me.send("bob", body);
  await mailbox.sent();
  await mailbox.deliver(accepted(1, 11), carbon(mailbox, 2, 12));
  const next = await reconnect(mailbox, { epoch: "e2", lastId: 2 });
  expect(await next.sent()).toEqual([send(3, "b"), send(4, "c")]);
});

test("[T8] marks and reads of an ended epoch count for no message of the next one", async () => {
  const { me, mailbox } = await connectedClient();
  me.send("bob", "old");
  await mailbox.sent();
  await mailbox.deliver(accepted(1, 900), fromBob(901), mark(902, { stored: 900, delivered: 900, read: 900 }));
  me.read("bob");
  expect(await mailbox.sent()).toContainEqual({ type: "read", peer: "bob", seq: 901 });
  const next = await reconnect(mailbox, { epoch: "e2", head: 40 });
  await next.deliver({ type: "gap", from: 1, seq: 40 }, fromBob(41, "anew", 5_000));
  expect((await next.sent()).filter(({ type }) => type === "read")).toEqual([]);
  const sent = me.send("bob", "new");
  await next.sent();
  await next.deliver(accepted(1, 42, "queued"));
  expect(sent.state.value.is).toBe("queued");
  expect(me.conversations.value.map(({ unread, last }) => [unread, last.body])).toEqual([[1, "new"]]);
  me.read("bob");
  expect(await next.sent()).toContainEqual({ type: "read", peer: "bob", seq: 42 });
});

test("[T9] after a set-back ids above the lower lastId are numbered anew, and what was accepted is not sent again", async () => {
  const { me, mailbox } = await connectedClient();
  const bodies: Json[] = ["a", "b", "c", "d"];
  for (const body of bodies) me.send("bob", body);
  await mailbox.sent();
  await mailbox.deliver(accepted(1, 11), accepted(2, 12), accepted(3, 13));
  const next = await reconnect(mailbox, { lastId: 1 });
  expect(await next.sent()).toEqual([send(2, "d")]);
  const thread = me.messages.with("bob");
  await settle();
  expect(thread.value.map(({ body }) => body)).toEqual(bodies);
});
