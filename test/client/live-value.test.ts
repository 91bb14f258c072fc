// State as an application reads it: iterations and listeners.
import { beforeEach, expect, test, vi } from "vitest";
import type { Live } from "../../src/client/connect.ts";
import { connectedClient, fromBob, playNetwork, settle } from "./scripted.ts";

beforeEach(playNetwork);

test("an iteration over state gives the present value and then the latest ones, and ends with the client", async () => {
  const { me, mailbox } = await connectedClient();
  const counts: number[] = [];
  const ended = (async () => {
    for await (const list of me.conversations) counts.push(list.length);
  })();
  await mailbox.deliver(fromBob(1));
  await mailbox.deliver({ ...fromBob(2), from: "carol" });
  await me.close();
  await ended;
  expect(counts).toEqual([0, 1, 2]);
});

test("a listener that throws does not stop the others", async () => {
  const { me, mailbox } = await connectedClient();
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.once("uncaughtException", note);
  const error = new Error("the listener's own");
  me.messages.subscribe(() => {
    throw error;
  });
  const shown: unknown[] = [];
  me.messages.subscribe(({ body }) => shown.push(body));
  vi.spyOn(globalThis, "queueMicrotask").mockImplementation((act) => {
    try {
      act();
    } catch (thrown) {
      note(thrown);
    }
  });
  await mailbox.deliver(fromBob(1));
  process.off("uncaughtException", note);
  expect(shown).toEqual(["message 1"]);
  expect(uncaught).toEqual([error]);
});

test("a listener that is removed during a change is not called, and no other one is skipped", async () => {
  const { me, mailbox } = await connectedClient();
  const called: string[] = [];
  const listen = (name: string, act: () => void = () => undefined) =>
    me.conversations.subscribe((list) => {
      if (list.length === 0) return;
      called.push(name);
      act();
    });
  const stopFirst = listen("stops itself and the third", () => {
    stopFirst();
    stopThird();
  });
  listen("second");
  const stopThird = listen("third");
  listen("fourth");
  await mailbox.deliver(fromBob(1));
  expect(called).toEqual(["stops itself and the third", "second", "fourth"]);
  await mailbox.deliver(fromBob(2));
  expect(called.slice(3)).toEqual(["second", "fourth"]);
});

test("every state can be read and followed by functions alone, which stay the same", async () => {
  const { me, mailbox } = await connectedClient();
  const { conversations, presence, typists, gaps, connection, notices } = me;
  const states = [conversations, presence, typists, gaps, connection, notices, me.messages.with("bob")];
  const lives = [...states, me.send("bob", "a").state] as readonly Live<unknown>[];
  await mailbox.sent();
  let count = 0;
  for (const live of lives) {
    const { subscribe } = live;
    const stop = subscribe(() => count++);
    expect(live.subscribe).toBe(subscribe);
    expect(live.value).toBe(live.value);
    stop();
  }
  const { subscribe } = me.messages;
  subscribe(() => count++);
  await mailbox.deliver(fromBob(1));
  expect(count).toBe(lives.length + 1);
});

test("a value stays the same object when nothing of it has changed, and when the client ends", async () => {
  const { me, mailbox } = await connectedClient();
  me.presence.watch(["bob"]);
  await mailbox.deliver(fromBob(1));
  const thread = me.messages.with("bob");
  await settle();
  await mailbox.deliver({ type: "presence", user: "bob", online: true, at: 1 }, { type: "typing", from: "bob" });
  const states: readonly Live<unknown>[] = [me.conversations, me.presence, me.typists, me.notices, thread];
  const before = states.map(({ value }) => value);
  await mailbox.deliver(
    { type: "token", expires: Date.now() + 3_600_000 },
    { type: "peer", seq: 2, peer: "zoe", standing: "contact" },
  );
  expect(states.map(({ value }, i) => value === before[i])).toEqual(before.map(() => true));
  await me.close();
  expect(states.map(({ value }, i) => value === before[i])).toEqual(before.map(() => true));
});
