// Removals while something else is under way: the list of conversations, a page of history, a commit, another tab. And
// what takes the place of removed messages: in the list, in counts.
import { beforeEach, expect, test, vi } from "vitest";
import { type Commit, memoryStore, type Store } from "../../src/client/connect.ts";
import { connectedClient, fromBob, link, newClient, playNetwork, reconnect, settle } from "./scripted.ts";
import { SharedStore } from "./shared-store.ts";

beforeEach(playNetwork);

const cleared = (seq: number, what: { upTo: number } | { of: number }) => ({
  type: "cleared",
  seq,
  peer: "bob",
  ...what,
});
const numbers = (count: number, first = 1) => Array.from({ length: count }, (_, i) => first + i);
const listed = (seq: number, more: object = {}) => ({ peer: "bob", seq, unread: 0, marks: {}, ...more });

/** Answers the list of conversations, and pages of messages, when the test says so. */
function playHistory() {
  const waiting: { path: string; answer: (value: unknown) => void }[] = [];
  vi.stubGlobal("fetch", async (address: string) => {
    const path = new URL(address).pathname.replace("/api/conversations", "");
    return Response.json(await new Promise((answer) => waiting.push({ path, answer })));
  });
  return async (path: string, value: unknown) => {
    const at = waiting.findIndex((one) => one.path === path);
    expect(at).not.toBe(-1);
    waiting.splice(at, 1)[0]?.answer(value);
    await settle();
  };
}

test("[L8] where the newest 45 of 60 messages are removed in one text, the one before them is last, found in one run", async () => {
  const inner = memoryStore();
  let pages = 0;
  const piece: Store["piece"] = (...about) => (pages++, inner.piece(...about));
  const store: Store = { ...boundStore(inner), piece };
  const { me, mailbox } = await connectedClient({ store });
  await mailbox.deliver(...numbers(60).map((seq) => fromBob(seq)));
  pages = 0;
  await mailbox.deliver(...numbers(45, 16).map((of) => cleared(of + 100, { of })));
  expect(me.conversations.value).toMatchObject([{ last: { seq: 15 }, unread: 15 }]);
  expect(pages).toBeLessThan(5);
});

test("[L8] where the last messages were discarded, more than a page of them, the one before them is last", async () => {
  const { me, mailbox } = await connectedClient();
  const thread = me.messages.with("bob");
  await mailbox.deliver(fromBob(1), ...numbers(30, 2).map((seq) => ({ ...fromBob(seq), from: "alice", to: "bob" })));
  const failed = { type: "failed", code: "declined", message: "Declined." };
  await mailbox.deliver(...numbers(30, 2).map((of) => ({ ...failed, seq: of + 100, of })));
  for (const message of thread.value.slice(1)) me.discard(message);
  await settle();
  expect(me.conversations.value).toMatchObject([{ last: { seq: 1 } }]);
});

test("[L8] a message that is removed while the list is asked for is not last, and the one before it is", async () => {
  const answer = playHistory();
  const me = await newClient({ since: "now" });
  await link().welcome({ head: 50 });
  await link().deliver(cleared(51, { of: 30 }));
  await answer("", { conversations: [listed(30, { last: fromBob(30), unread: 2 })] });
  await answer("/bob/messages", { messages: [fromBob(10), fromBob(20)], more: false });
  expect(me.conversations.value).toMatchObject([{ last: { seq: 20 } }]);
  // The mailbox counts again: the list may have counted the removed message.
  await reconnect(link(), { head: 51 });
  await answer("", { conversations: [listed(30, { last: fromBob(20), unread: 1 })] });
  expect(me.conversations.value).toMatchObject([{ last: { seq: 20 }, unread: 1 }]);
});

test("[L8] a conversation whose messages are of an earlier epoch stays in the list", async () => {
  const answer = playHistory();
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(900));
  const next = await reconnect(mailbox, { epoch: "e2", head: 40 });
  await next.deliver({ type: "gap", from: 1, seq: 40 });
  const last = await reconnect(next, { epoch: "e2", head: 40 });
  await answer("", { conversations: [listed(40)] });
  expect(last.readyState).toBe(1);
  expect(me.conversations.value).toMatchObject([{ peer: "bob", last: { body: "message 900" } }]);
});

test("[L8][H1] what the list says to be cleared is removed: the frame was lost in a gap", async () => {
  const answer = playHistory();
  const store = memoryStore();
  const { me, mailbox } = await connectedClient({ store });
  const thread = me.messages.with("bob");
  await mailbox.deliver(fromBob(1), fromBob(2));
  const next = await reconnect(mailbox, { head: 40 });
  await next.deliver({ type: "gap", from: 3, seq: 40 });
  await reconnect(next, { head: 40 });
  await answer("", { conversations: [listed(30, { clearedUpTo: 2 })] });
  expect(me.conversations.value).toEqual([]);
  expect(thread.value).toEqual([]);
  expect((await store.piece("bob", Infinity, 10)).entries).toEqual([]);
});

test("[Q9] what a frame `peer` says while the list is asked for stays", async () => {
  const answer = playHistory();
  const me = await newClient({ since: "now" });
  await link().welcome({ head: 50 });
  await link().deliver({ type: "peer", seq: 51, peer: "bob", standing: "contact", pinned: true, displayName: "Bobby" });
  const old = { standing: "request", pinned: false, displayName: "Rob" };
  const last = { ...fromBob(8), from: "carol" };
  await answer("", {
    conversations: [listed(30, { last: fromBob(30), ...old }), { ...listed(8, { last, ...old }), peer: "carol" }],
  });
  expect(me.conversations.value).toMatchObject([
    { peer: "bob", standing: "contact", pinned: true, displayName: "Bobby" },
    { peer: "carol", standing: "request", pinned: false, displayName: "Rob" },
  ]);
});

test("[L8] a message that is removed while its page is written does not stay in the store", async () => {
  const answer = playHistory();
  const inner = memoryStore();
  let written: () => void = () => undefined;
  const commits: Commit[] = [];
  const write: Store["write"] = async (commit) => {
    if (commit.past) await new Promise<void>((done) => (written = done));
    commits.push(commit);
    await inner.write(commit);
  };
  const me = await newClient({ since: "now", store: { ...boundStore(inner), write } });
  await link().welcome({ head: 50 });
  const thread = me.messages.with("bob");
  await settle();
  await answer("/bob/messages", { messages: [fromBob(10), fromBob(20)], more: false });
  await link().deliver(cleared(51, { of: 20 }));
  written();
  await settle();
  expect(thread.value.map(({ seq }) => seq)).toEqual([10]);
  const [past, removal] = commits.slice(-2);
  expect(past?.past?.entries.map(({ seq }) => seq)).toEqual([10, 20]);
  expect(removal).toEqual({ removed: [{ peer: "bob", from: 20, upTo: 20 }] });
});

test("[L8][E3] nothing stays unread where the newest of the messages that the list counted was removed", async () => {
  const answer = playHistory();
  const me = await newClient({ since: "now" });
  await link().welcome({ head: 50 });
  // The newest entry of the conversation, 40, was removed before.
  await answer("", { conversations: [listed(40, { last: fromBob(30), unread: 3 })] });
  expect(me.conversations.value).toMatchObject([{ unread: 3 }]);
  // Who wrote 25 is not known here: the next connection counts again.
  await link().deliver(cleared(51, { of: 30 }), cleared(52, { of: 25 }));
  await answer("/bob/messages", { messages: [fromBob(10), fromBob(20)], more: false });
  expect(me.conversations.value).toMatchObject([{ unread: 2, last: { seq: 20 } }]);
  me.read("bob");
  await settle();
  expect(me.conversations.value).toMatchObject([{ unread: 0 }]);
});

test("[L8][E3] where a message is removed of which only the mailbox knows who wrote it, the next connection counts again", async () => {
  const answer = playHistory();
  const me = await newClient({ since: "now" });
  await link().welcome({ head: 50 });
  await answer("", { conversations: [listed(30, { last: fromBob(30), unread: 3 })] });
  await link().deliver(cleared(51, { of: 20 }));
  await reconnect(link(), { head: 51 });
  await answer("", { conversations: [listed(30, { last: fromBob(30), unread: 2 })] });
  expect(me.conversations.value).toMatchObject([{ unread: 2 }]);
});

test("[L8] a tab that did not run while a conversation was removed shows it no more", async () => {
  const common = new SharedStore();
  const first = await common.tab();
  await common.tab();
  const thread = first.messages.with("bob");
  await link().welcome();
  await link().deliver(fromBob(1), fromBob(2));
  expect(thread.value).toHaveLength(2);
  const notify = await common.takeOver();
  await link().welcome({ head: 2 });
  common.held = [];
  await link().deliver(cleared(3, { upTo: 1 }));
  await notify();
  expect(thread.value.map(({ seq }) => seq)).toEqual([2]);
});

test("[L8] a tab that did not run while single messages were removed shows them no more, also when it leads then", async () => {
  const common = new SharedStore();
  const first = await common.tab();
  const second = await common.tab();
  const [thread, other] = [first.messages.with("bob"), first.messages.with("carol")];
  await link().welcome();
  await link().deliver(...[1, 2, 3, 4].map((seq) => fromBob(seq)), { ...fromBob(5, "hi", 1), from: "carol" });
  expect(thread.value).toHaveLength(4);
  const notify = await common.takeOver();
  await link().welcome({ head: 5 });
  // Messages between tabs never reach it.
  common.held = [];
  await link().deliver(cleared(6, { of: 1 }), cleared(7, { of: 3 }), { ...fromBob(8, "new", 5) });
  await link().deliver(cleared(9, { of: 4 }));
  await notify();
  expect(thread.value.map(({ seq }) => seq)).toEqual([2, 8]);
  expect(other.value.map(({ seq }) => seq)).toEqual([5]);
  await link().deliver(cleared(10, { of: 8 }));
  await second.close();
  await link().welcome({ head: 10 });
  expect(thread.value.map(({ seq }) => seq)).toEqual([2]);
});

test("[L8] a tab that did not run keeps showing messages that the store has evicted", async () => {
  const common = new SharedStore();
  const first = await common.tab();
  await common.tab();
  const thread = first.messages.with("bob");
  await link().welcome();
  await link().deliver(...Array.from({ length: 1_001 }, (_, i) => fromBob(i + 1)));
  const notify = await common.takeOver();
  await link().welcome({ head: 1_001 });
  common.held = [];
  await link().deliver(cleared(1_002, { of: 1_000 }));
  await notify();
  expect(thread.value.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_001 }, (_, i) => i + 1).toSpliced(999, 1));
});

/** The methods of a store, to replace some of them. */
function boundStore(store: Store): Store {
  return {
    lasting: store.lasting,
    open: (...about) => store.open(...about),
    write: (commit) => store.write(commit),
    piece: (...about) => store.piece(...about),
    close: (forget) => store.close(forget),
  };
}
