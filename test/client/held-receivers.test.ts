// Receivers that take nothing now: their messages step aside, and all others go on.
import { beforeEach, expect, test, vi } from "vitest";
import { memoryStore } from "../../src/client/connect.ts";
import { Disk } from "./disk.ts";
import {
  accepted,
  advance,
  connectedClient,
  fromBob,
  link,
  newClient,
  playNetwork,
  reconnect,
  refused,
  send,
  settle,
} from "./scripted.ts";

beforeEach(playNetwork);

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Lets time pass while the connection answers pings. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await advance(Math.min(left, 10_000));
    await link().deliver("pong");
  }
}

/** Only messages to this receiver are refused. */
const held = (id: number, retryAfter: number) => refused(id, "rate_limited", { retryAfter, affects: "receiver" });

test("[S11][T7] a message to a held receiver and later ones to the same step aside until retryAfter, and others go on", async () => {
  const { me, mailbox } = await connectedClient();
  for (const [to, body] of [
    ["new", "a"],
    ["bob", "b"],
    ["new", "c"],
    ["bob", "d"],
  ] as const)
    me.send(to, body);
  await mailbox.sent();
  await mailbox.deliver(held(1, HOUR_MS), ...[2, 3, 4].map((id) => refused(id, "out_of_order")));
  expect(await mailbox.sent()).toEqual([send(1, "b")]);
  await mailbox.deliver(accepted(1, 11));
  expect(await mailbox.sent()).toEqual([send(2, "d")]);
  await mailbox.deliver(accepted(2, 12));
  me.send("new", "e");
  me.send("bob", "f");
  expect(await mailbox.sent()).toEqual([send(3, "f")]);
  await mailbox.deliver(accepted(3, 13));
  await pass(HOUR_MS - 1);
  expect(await mailbox.sent()).toEqual([]);
  await pass(1);
  expect(await mailbox.sent()).toEqual([send(4, "a", "new"), send(5, "c", "new"), send(6, "e", "new")]);
});

test("[T7] a message to a held receiver says until when, and later ones to the same too, until it is sent", async () => {
  const store = new Disk().store(async () => undefined);
  const { me, mailbox } = await connectedClient({ store });
  const thread = me.messages.with("new");
  const first = me.send("new", "a");
  const states: unknown[] = [];
  first.state.subscribe((state) => states.push(state));
  const second = me.send("new", "b");
  await mailbox.sent();
  const until = Date.now() + 5_000;
  await mailbox.deliver(held(1, 5_000), refused(2, "out_of_order"));
  const third = me.send("new", "c");
  const other = me.send("bob", "d");
  await settle();
  const waiting = { is: "sending", until };
  expect([first, second, third].map(({ state }) => state.value)).toEqual([waiting, waiting, waiting]);
  expect(thread.value.map(({ state }) => state)).toEqual([waiting, waiting, waiting]);
  expect(me.conversations.value.find(({ peer }) => peer === "new")?.last.state).toEqual(waiting);
  expect(other.state.value).toEqual({ is: "sending" });
  await mailbox.deliver(accepted(1, 11));
  await me.close();
  const again = await newClient({ store });
  const later = again.messages.with("new");
  await settle();
  expect(later.value.map(({ state }) => state)).toEqual([waiting, waiting, waiting]);
  await link().welcome({ lastId: 1 });
  await advance(5_000);
  await settle();
  expect(later.value[0]?.state).toEqual({ is: "sending" });
  expect(states).toEqual([{ is: "sending" }, waiting]);
});

test("[T7] when the time is over the messages are sent in order, with the next ids", async () => {
  const { me, mailbox } = await connectedClient();
  for (const body of ["a", "b"]) me.send("new", body);
  await mailbox.sent();
  await mailbox.deliver(held(1, 5_000), refused(2, "out_of_order"));
  me.send("bob", "c");
  expect(await mailbox.sent()).toEqual([send(1, "c")]);
  await mailbox.deliver(accepted(1, 11));
  await advance(4_999);
  expect(await mailbox.sent()).toEqual([]);
  await advance(1);
  const again = await mailbox.sent();
  await mailbox.deliver(accepted(2, 12));
  expect([...again, ...(await mailbox.sent())]).toEqual([send(2, "a", "new"), send(3, "b", "new")]);
});

test("[T7] each of several held receivers has its own time", async () => {
  const { me, mailbox } = await connectedClient();
  me.send("new", "a");
  me.send("newer", "b");
  await mailbox.sent();
  await mailbox.deliver(held(1, 4_000), refused(2, "out_of_order"));
  expect(await mailbox.sent()).toEqual([send(1, "b", "newer")]);
  await mailbox.deliver(held(1, 2_000));
  await advance(1_999);
  expect(await mailbox.sent()).toEqual([]);
  await advance(1);
  expect(await mailbox.sent()).toEqual([send(1, "b", "newer")]);
  await mailbox.deliver(accepted(1, 11));
  await advance(1_999);
  expect(await mailbox.sent()).toEqual([]);
  await advance(1);
  expect(await mailbox.sent()).toEqual([send(2, "a", "new")]);
});

test("[T7] a receiver stays held on the next connection, and ids follow its lastId", async () => {
  const { me, mailbox } = await connectedClient();
  me.send("new", "a");
  me.send("bob", "b");
  await mailbox.sent();
  await mailbox.deliver(held(1, 10_000), refused(2, "out_of_order"));
  expect(await mailbox.sent()).toEqual([send(1, "b")]);
  const next = await reconnect(mailbox, { lastId: 1 });
  expect(await next.sent()).toEqual([send(1, "b")]);
  await next.deliver(accepted(1, 11));
  await advance(5_000);
  expect(await next.sent()).toEqual([]);
  await advance(5_000);
  expect(await next.sent()).toEqual([send(2, "a", "new")]);
});

test("[T7] a message that the mailbox has taken is sent again for its answer, though its receiver is held", async () => {
  const { me, mailbox } = await connectedClient();
  for (const body of ["a", "b"]) me.send("new", body);
  await mailbox.sent();
  await mailbox.deliver(held(2, HOUR_MS));
  const next = await reconnect(mailbox, { lastId: 1 });
  expect(await next.sent()).toEqual([send(1, "a", "new")]);
});

test("[T7] a restarted client continues to wait for a held receiver", async () => {
  const store = memoryStore();
  const { me, mailbox } = await connectedClient({ store });
  for (const body of ["a", "b"]) me.send("new", body);
  await mailbox.sent();
  await mailbox.deliver(held(1, MINUTE_MS), refused(2, "out_of_order"));
  await me.close();
  await advance(20_000);
  const again = await newClient({ store });
  await link().welcome();
  again.send("new", "c");
  again.send("bob", "d");
  expect(await link().sent()).toEqual([send(1, "d")]);
  await link().deliver(accepted(1, 11));
  await pass(39_999);
  expect(await link().sent()).toEqual([]);
  await pass(1);
  expect(await link().sent()).toEqual([send(2, "a", "new"), send(3, "b", "new"), send(4, "c", "new")]);
});

test("[T7] where the clock was wrong nobody is held for longer than an hour after a restart", async () => {
  const store = memoryStore();
  const { me, mailbox } = await connectedClient({ store });
  me.send("new", "a");
  await mailbox.sent();
  await mailbox.deliver(held(1, 365 * 24 * HOUR_MS));
  await pass(MINUTE_MS);
  expect(await mailbox.sent()).toEqual([]);
  await me.close();
  await newClient({ store });
  await link().welcome();
  await pass(HOUR_MS - 1);
  expect(await link().sent()).toEqual([]);
  await pass(1);
  expect(await link().sent()).toEqual([send(1, "a", "new")]);
});

test("[T7] a pause of all messages holds also those to receivers that are not held", async () => {
  const { me, mailbox } = await connectedClient();
  me.send("bob", "a");
  me.send("carol", "b");
  await mailbox.sent();
  await mailbox.deliver(refused(1, "mailbox_full", { retryAfter: MINUTE_MS }), refused(2, "out_of_order"));
  await advance(5_000);
  expect(await mailbox.sent()).toEqual([]);
});

test.each([
  ["more than a minute holds the receiver alone, as of an older server that limits new people", MINUTE_MS + 1, 1],
  ["a minute and less pauses all messages", MINUTE_MS, 0],
])("[T7] rate_limited that does not say what it affects, for %s", async (_, retryAfter, count) => {
  const { me, mailbox } = await connectedClient();
  me.send("new", "a");
  me.send("bob", "b");
  await mailbox.sent();
  await mailbox.deliver(refused(1, "rate_limited", { retryAfter }), refused(2, "out_of_order"));
  expect((await mailbox.sent()).length).toBe(count);
});

test("[T7] many held receivers cost one refusal each, because a text after a refusal has one message", async () => {
  const { me, mailbox } = await connectedClient();
  for (let i = 0; i < 200; i++) me.send(`new${i}`, i);
  let count = 0;
  for (let sent = await mailbox.sent(); sent.length > 0; sent = await mailbox.sent()) {
    count += sent.length;
    await mailbox.deliver(held(1, HOUR_MS), ...sent.slice(1).map(({ id }) => refused(Number(id), "out_of_order")));
  }
  expect(count).toBe(200 + 199);
});

test("[T5][T7] the text after a pause has one message, however much has arrived meanwhile", async () => {
  const { me, mailbox } = await connectedClient();
  for (let i = 0; i < 20; i++) me.send("new", i);
  const sent = await mailbox.sent();
  await mailbox.deliver(held(1, 5_000), ...sent.slice(1).map(({ id }) => refused(Number(id), "out_of_order")));
  for (let seq = 1; seq <= 5; seq++) await mailbox.deliver(fromBob(seq));
  await mailbox.sent();
  await advance(5_000);
  expect(await mailbox.sent()).toEqual([send(1, 0, "new")]);
});

test("[T5][T7] declined is final for one message, and the next one to the same receiver is still sent", async () => {
  const { me, mailbox } = await connectedClient();
  const first = me.send("blocked", "a");
  me.send("blocked", "b");
  await mailbox.sent();
  await mailbox.deliver(refused(1, "declined", { affects: "receiver" }), refused(2, "out_of_order"));
  expect(first.state.value).toMatchObject({ is: "failed", code: "declined" });
  expect(await mailbox.sent()).toEqual([send(1, "b", "blocked")]);
});

test("after close() no timer of a held receiver is left", async () => {
  const { me, mailbox } = await connectedClient();
  me.send("new", "a");
  await mailbox.sent();
  await mailbox.deliver(held(1, HOUR_MS));
  await me.close();
  expect(vi.getTimerCount()).toBe(0);
});
