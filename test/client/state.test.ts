// What is seen of the log: messages with their state, shown when they are kept, and acknowledged after that.
import { beforeEach, expect, test, vi } from "vitest";
import { memoryStore } from "../../src/client/connect.ts";
import type { Store } from "../../src/client/store.ts";
import { enter, entered, fromBob, link, links, mark, pass, PAUSE, settle, stage } from "./scripted.ts";

beforeEach(stage);

/** A store whose writes a test lets through one by one. */
function slow(): { store: Store; write: (error?: Error) => Promise<void>; held: () => number } {
  const inner = memoryStore();
  const held: ((error?: Error) => void)[] = [];
  const store: Store = {
    lasting: false,
    open: (name, first) => inner.open(name, first),
    write: async (commit) => {
      const error = await new Promise<Error | undefined>((done) => held.push(done));
      if (error !== undefined) throw error;
      await inner.write(commit);
    },
    piece: (peer, before, limit) => inner.piece(peer, before, limit),
    close: () => inner.close(),
  };
  const write = async (error?: Error) => {
    held.shift()?.(error);
    await settle();
  };
  return { store, write, held: () => held.length };
}

test("[W2] a message is shown when it is kept, and acknowledged after that, a text at a time", async () => {
  const { store, write } = slow();
  const me = await enter({ store });
  const shown: unknown[] = [];
  me.messages.subscribe(({ body }) => shown.push(body));
  await link().welcome();
  await write();
  await link().tell(fromBob(1), fromBob(2));
  expect([shown, await link().said()]).toEqual([[], []]);
  await link().tell(fromBob(3));
  await write();
  expect([shown, await link().said()]).toEqual([["message 1", "message 2"], [{ type: "ack", seq: 2 }]]);
  await write();
  expect([shown.length, await link().said()]).toEqual([3, [{ type: "ack", seq: 3 }]]);
});

test("a store that fails stops the client with a reason, and another try goes on where the store is", async () => {
  const { store, write } = slow();
  const me = await enter({ store });
  const shown: unknown[] = [];
  me.messages.subscribe(({ body }) => shown.push(body));
  await link().welcome();
  await write();
  await link().tell(fromBob(1));
  await write(new Error("the disk is full"));
  expect(me.connection.value).toMatchObject({
    is: "stopped",
    message: expect.stringContaining("the disk is full") as string,
  });
  expect(shown).toEqual([]);
  const lost = me.send("bob", "while it was broken");
  await expect(lost.kept).rejects.toThrow("the store has failed");
  expect(lost.state.value).toMatchObject({ is: "failed", code: "not_kept" });
  me.retry();
  await settle();
  expect(links.length).toBe(2);
  expect(link().query["cursor"]).toBeUndefined();
  await link().welcome();
  await link().tell(fromBob(1));
  await write();
  expect(shown).toEqual(["message 1"]);
  await write();
});

test("[L2][F2][V2] every frame with a seq moves the cursor, of whatever type, and other frames don't", async () => {
  const { mailbox } = await entered();
  await mailbox.tell(
    { type: "novelty", seq: 5, text: "of a later version" },
    { type: "presence", user: "bob", online: true, at: 1 },
  );
  expect(await mailbox.said()).toEqual([{ type: "ack", seq: 5 }]);
  await mailbox.tell({ type: "novelty", text: "no number" }, { type: "error", code: "of_later", message: "Later." });
  await mailbox.tell("not a frame" as never, null as never, { seq: "5" } as never);
  expect(await mailbox.said()).toEqual([]);
  await mailbox.cut();
  await pass(PAUSE);
  expect(link().query["cursor"]).toBe("5");
});

test("[L4] nothing is shown twice: what comes again below the cursor, and what its sender sends again after a set-back", async () => {
  const { me, mailbox } = await entered();
  const shown: unknown[] = [];
  me.messages.subscribe(({ body }) => shown.push(body));
  await mailbox.tell(fromBob(1), fromBob(2), fromBob(1));
  await mailbox.tell(fromBob(101, "message 2", 2), fromBob(102, "message 3", 3));
  await mailbox.tell({ ...fromBob(103, "carol's first", 1), from: "carol" });
  expect(shown).toEqual(["message 1", "message 2", "message 3", "carol's first"]);
});

test("[R2] another life of the mailbox begins at its own numbers, and what was shown stays", async () => {
  const { me, mailbox } = await entered();
  await mailbox.tell(fromBob(900));
  await mailbox.cut();
  await pass(PAUSE);
  await link().welcome({ epoch: "e2", head: 40 });
  await link().tell({ type: "gap", from: 1, seq: 40 }, fromBob(41, "in the new life", 5_000));
  expect(me.gaps.value).toBe(1);
  expect((await link().said()).at(-1)).toEqual({ type: "ack", seq: 41 });
  const thread = me.messages.with("bob");
  await settle();
  expect(thread.value.map(({ body }) => body).toSorted()).toEqual(["in the new life", "message 900"]);
});

test("[L6] marks move one's own messages on, never back, and only those of that conversation", async () => {
  const { me, mailbox } = await entered();
  const sent = ["a", "b"].map((body) => me.send("bob", body));
  const other = me.send("carol", "c");
  await mailbox.said();
  const taken = (id: number, entry: number) => ({ type: "accepted", id, entry, at: 1, state: "queued" });
  await mailbox.tell(taken(1, 11), taken(2, 12), taken(3, 13));
  const states = () => [...sent, other].map(({ state }) => state.value.is);
  expect(states()).toEqual(["queued", "queued", "queued"]);
  await mailbox.tell(mark(14, { stored: 12 }));
  expect(states()).toEqual(["stored", "stored", "queued"]);
  await mailbox.tell(mark(15, { stored: 12, delivered: 11 }));
  expect(states()).toEqual(["delivered", "stored", "queued"]);
  await mailbox.tell(mark(16, { delivered: 12, read: 12 }));
  await mailbox.tell(mark(17, { stored: 11, read: 11 }));
  expect(states()).toEqual(["read", "read", "queued"]);
  expect(await sent[0]?.reached("delivered")).toEqual({ is: "read" });
});

test("[L6] whoever begins to follow a message late hears where it is, what comes, and the end", async () => {
  const { me, mailbox } = await entered();
  const sent = ["a", "b", "c"].map((body) => me.send("bob", body));
  await mailbox.said();
  const taken = { type: "accepted", id: 3, count: 3, entry: 13, at: 1, state: "stored" };
  await mailbox.tell(taken, mark(14, { stored: 13 }), mark(15, { read: 11 }));
  const heard = sent.map((): string[] => []);
  const follow = async (i: number) => {
    for await (const { is } of sent[i]?.state ?? []) heard[i]?.push(is);
    heard[i]?.push("over");
  };
  void follow(0);
  void follow(1);
  const stop = sent[2]?.state.subscribe(({ is }) => heard[2]?.push(is));
  await settle();
  await mailbox.tell(mark(16, { delivered: 13 }));
  stop?.();
  await mailbox.tell(mark(17, { read: 12 }));
  expect(heard).toEqual([
    ["read", "over"],
    ["stored", "delivered", "read", "over"],
    ["stored", "delivered"],
  ]);
  await me.close();
  void follow(2);
  await settle();
  expect(heard[2]).toEqual(["stored", "delivered", "delivered", "over"]);
});

test("[S6] nobody has to follow a message that fails for its state to say so", async () => {
  const { me, mailbox } = await entered();
  const [early, late] = [me.send("bob", "a"), me.send("bob", "b")];
  await mailbox.said();
  const answer = (id: number) => ({ type: "accepted", id, entry: 10 + id, at: 1, state: "queued" });
  const failed = (of: number) => ({ type: "failed", seq: of * 2, of, code: "declined", message: "No." });
  await mailbox.tell(answer(1), failed(11), mark(23, { stored: 11 }));
  expect(early.state.value).toMatchObject({ is: "failed", code: "declined" });
  await mailbox.tell(answer(2));
  await mailbox.tell(failed(12));
  expect(late.state.value.is).toBe("failed");
});

test("[W2] an iteration gives each message once, and what it has not finished is not acknowledged, nor by a new connection", async () => {
  const { me, mailbox } = await entered();
  const given: unknown[] = [];
  let go: () => void = () => undefined;
  void (async () => {
    for await (const { body } of me.messages) {
      given.push(body);
      await new Promise<void>((done) => (go = done));
    }
  })();
  await mailbox.tell(fromBob(1), fromBob(2), fromBob(3));
  const acks = async () => (await mailbox.said()).map(({ seq }) => seq);
  expect([given, await acks()]).toEqual([["message 1"], []]);
  go();
  await pass(200);
  expect([given.length, await acks()]).toEqual([2, [1]]);
  await mailbox.cut();
  await pass(PAUSE);
  expect(link().query["cursor"]).toBe("1");
  await link().welcome();
  await link().tell(fromBob(2), fromBob(3));
  go();
  await settle();
  go();
  await pass(200);
  expect(given).toEqual(["message 1", "message 2", "message 3"]);
  expect((await link().said()).at(-1)).toEqual({ type: "ack", seq: 3 });
});

test("state that is iterated gives the present value and then the latest, and ends with the client", async () => {
  const { me, mailbox } = await entered();
  const counts: number[] = [];
  const ended = (async () => {
    for await (const list of me.conversations) counts.push(list.length);
  })();
  await mailbox.tell(fromBob(1));
  await mailbox.tell({ ...fromBob(2), from: "carol" });
  await me.close();
  await ended;
  expect(counts).toEqual([0, 1, 2]);
});

test("a listener that throws harms nobody else", async () => {
  const { me, mailbox } = await entered();
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
  await mailbox.tell(fromBob(1));
  process.off("uncaughtException", note);
  expect(shown).toEqual(["message 1"]);
  expect(uncaught).toEqual([error]);
});

test("whoever stops hears nothing more, also in the middle of a change, and of others nobody is passed over", async () => {
  const { me, mailbox } = await entered();
  const heard: string[] = [];
  const listen = (name: string, act: () => void = () => undefined) =>
    me.conversations.subscribe((list) => {
      if (list.length === 0) return;
      heard.push(name);
      act();
    });
  const stopFirst = listen("stops itself and the third", () => {
    stopFirst();
    stopThird();
  });
  listen("second");
  const stopThird = listen("third");
  listen("fourth");
  await mailbox.tell(fromBob(1));
  expect(heard).toEqual(["stops itself and the third", "second", "fourth"]);
  await mailbox.tell(fromBob(2));
  expect(heard.slice(3)).toEqual(["second", "fourth"]);
});
