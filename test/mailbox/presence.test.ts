// Presence among many peers: each is asked at most once in five seconds, changes are rate-limited but the last one is
// always sent, and an event makes a bounded number of calls.
import { env } from "cloudflare:workers";
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, onTestFinished, test, vi } from "vitest";
import { CallBudget, DEPTH_OF_EVENT } from "../../src/durable/call-budget.ts";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { RemoteObjects } from "../../src/mailbox/delivery/remote-objects.ts";
import { SignalQueue } from "../../src/mailbox/people/signal-queue.ts";
import { SIGNALS } from "../../src/protocol/limits.ts";
import { fresh, open } from "../support/devices.ts";
import type { Device } from "../support/client-socket.ts";

// Alarms ring when they are due.
vi.setConfig({ testTimeout: 60_000 });

/** A user who has written to `count` peers, and whose messages their mailboxes have stored. */
async function known(count: number): Promise<{ a: string; alice: Device; peers: string[] }> {
  const a = fresh("alice");
  const alice = await open(a);
  const peers = Array.from({ length: count }, () => fresh("peer"));
  alice.send(...peers.map((to, i) => ({ type: "send", id: i + 1, to, body: "hi" })));
  const unsettled = new Set(peers);
  // A delivery without an answer after 2 s is accepted as `queued`. Then a mark `stored` follows.
  for (let accepted = 0; accepted < count || unsettled.size > 0;) {
    const { type, id, state, peer, stored } = await alice.next();
    if (type === "accepted") accepted++;
    if (type === "accepted" && state === "stored") unsettled.delete(peers[Number(id) - 1] ?? "");
    if (type === "mark" && stored !== undefined) unsettled.delete(String(peer));
  }
  return { a, alice, peers };
}

/** Counts the questions for presence and the signals that this user's mailbox sends from now on. */
function spyOnCalls(of: string) {
  const asked = vi.spyOn(RemoteObjects.prototype, "presence");
  const signalled = vi.spyOn(RemoteObjects.prototype, "signal");
  onTestFinished(() => {
    asked.mockRestore();
    signalled.mockRestore();
  });
  return {
    asked: () => asked.mock.calls.filter(([, asker]) => asker === of).length,
    signals: () => signalled.mock.calls.map(([signal]) => signal).filter(({ from }) => from === of),
  };
}

const ring = (name: string) => runDurableObjectAlarm(env.MAILBOX.getByName(name));

test("[G3] a list that is watched and unwatched in turn asks each peer once, and is answered from memory", async () => {
  const { a, alice, peers } = await known(20);
  const calls = spyOnCalls(a);
  alice.send({ type: "watch", peers });
  await alice.take("presence", 20);
  for (let n = 0; n < 10; n++) {
    alice.send({ type: "watch", peers: [] });
    alice.send({ type: "watch", peers });
    await alice.take("presence", 20);
  }
  expect(calls.asked()).toBe(20);
});

test("[G3] sixty-four peers are asked at once, over several events; the others are asked later, and every watch is answered", async () => {
  const { a, alice, peers } = await known(80);
  const calls = spyOnCalls(a);
  alice.send({ type: "watch", peers: peers.slice(0, 64) });
  await alice.take("presence", SIGNALS.CALLS_PER_EVENT);
  expect(calls.asked()).toBe(SIGNALS.CALLS_PER_EVENT);
  await alice.take("presence", 64 - SIGNALS.CALLS_PER_EVENT);
  alice.send({ type: "watch", peers: peers.slice(60) });
  const later = (await alice.take("presence", 16)).map(({ user }) => user);
  expect(new Set(later)).toEqual(new Set(peers.slice(64)));
});

test("[G3] a peer whose mailbox fails is asked again by the next watch", async () => {
  const { alice, peers } = await known(1);
  const failing = vi.spyOn(Mailbox.prototype, "presence").mockRejectedValueOnce(new Error("away"));
  onTestFinished(() => failing.mockRestore());
  alice.send({ type: "watch", peers });
  await vi.waitFor(() => expect(failing).toHaveBeenCalled());
  await alice.settled();
  await vi.waitFor(async () => {
    alice.send({ type: "watch", peers: [] }, { type: "typing", to: "x" });
    alice.send({ type: "watch", peers });
    expect((await alice.settled()).filter(({ type }) => type === "presence")).toHaveLength(1);
  });
});

test("[G5] a user who connects and leaves in a loop is announced a few times, and finally with the last state", async () => {
  const { a, alice, peers } = await known(1);
  const [b = ""] = peers;
  const bob = await open(b);
  bob.send({ type: "send", id: 1, to: a, body: "hi" });
  await bob.until("accepted");
  bob.send({ type: "watch", peers: [a] });
  expect(await bob.until("presence")).toMatchObject({ online: true });
  const calls = spyOnCalls(a);
  let device = alice;
  for (let n = 0; n < 20; n++) {
    device.socket.close();
    await device.socket.untilClosed();
    device = await open(a);
  }
  expect(calls.signals().length).toBeLessThanOrEqual(SIGNALS.CHANGE_BURST);
  const last = (await bob.settled()).findLast(({ type }) => type === "presence");
  expect(last).toMatchObject({ user: a, online: false });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + SIGNALS.CHANGE_REFILL_MS });
  onTestFinished(() => void vi.useRealTimers());
  await ring(a);
  expect(await bob.until("presence")).toMatchObject({ user: a, online: true });
});

test("[G3][G5] a watcher who was answered between two deferred changes is sent the last one", async () => {
  const { a, alice, peers } = await known(1);
  const [b = ""] = peers;
  const bob = await open(b);
  bob.send({ type: "send", id: 1, to: a, body: "hi" });
  await bob.until("accepted");
  bob.send({ type: "watch", peers: [a] });
  expect(await bob.until("presence")).toMatchObject({ online: true });
  let device = alice;
  for (let n = 0; n < 20; n++) {
    device.socket.close();
    await device.socket.untilClosed();
    device = await open(a);
  }
  const last = (await bob.settled()).findLast(({ type }) => type === "presence");
  expect(last).toMatchObject({ online: false });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + SIGNALS.CACHE_MS });
  onTestFinished(() => void vi.useRealTimers());
  // The last announcement was offline, and this answer is online.
  bob.send({ type: "watch", peers: [] });
  bob.send({ type: "watch", peers: [a] });
  expect(await bob.until("presence")).toMatchObject({ online: true });
  device.socket.close();
  await device.socket.untilClosed();
  vi.setSystemTime(Date.now() + SIGNALS.CHANGE_REFILL_MS);
  await ring(a);
  expect(await bob.until("presence")).toMatchObject({ user: a, online: false });
});

test("[G6] one change is sent to a hundred contacts over several events", async () => {
  const { a, alice, peers } = await known(120);
  const calls = spyOnCalls(a);
  alice.socket.close();
  await alice.socket.untilClosed();
  expect(calls.signals().length).toBe(SIGNALS.CALLS_PER_EVENT);
  await vi.waitFor(() => expect(calls.signals().length).toBe(SIGNALS.NOTIFIED), 10_000);
  expect(new Set(calls.signals().map(({ to }) => to))).toEqual(new Set(peers.slice(20)));
});

test("[G6] queued calls are made once for each subject, a bounded number in each event, and an alarm is set while any are queued", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
  onTestFinished(() => void vi.useRealTimers());
  const alarms: number[] = [];
  const made: number[] = [];
  const budget = new CallBudget(32);
  const calls = new SignalQueue(budget, { set: (at) => void alarms.push(at), clear: () => undefined });
  for (let n = 0; n < 100; n++) calls.add(`about ${n}`, () => void made.push(n));
  calls.add("about 0", () => void made.push(1_000));
  calls.go();
  calls.go();
  expect([made.length, made[0], alarms.length]).toEqual([SIGNALS.CALLS_PER_EVENT, 1_000, 1]);
  for (let events = 1; alarms.length > events - 1 && events < 10; events++) {
    vi.setSystemTime(alarms.at(-1) ?? 0);
    if (!calls.onAlarm()) break;
    budget.begin(DEPTH_OF_EVENT);
    calls.go();
  }
  expect(calls.onAlarm()).toBe(false);
  expect([made.length, alarms.length]).toEqual([100, Math.ceil(100 / SIGNALS.CALLS_PER_EVENT) - 1]);
});

test("[G2] typing is throttled for each peer and for all peers together", async () => {
  const { a, alice, peers } = await known(120);
  const calls = spyOnCalls(a);
  for (let n = 0; n < 3; n++) alice.send(...peers.map((to) => ({ type: "typing", to })));
  await alice.settled();
  const receivers = calls.signals().map(({ to }) => to);
  expect(receivers.length).toBeGreaterThanOrEqual(SIGNALS.TYPING_BURST);
  expect(receivers.length).toBeLessThan(SIGNALS.TYPING_BURST + 60);
});
