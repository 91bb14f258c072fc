// A conversation that is read from the mailbox: while it loads, when that fails, and again when a connection opens.
import { beforeEach, expect, test, vi } from "vitest";
import { type Conversing, memoryStore, type Store } from "../../src/client/connect.ts";
import { connectedClient, type Frame, fromBob, link, newClient, playNetwork, reconnect, settle } from "./scripted.ts";

beforeEach(playNetwork);

interface Question {
  readonly search: string;
  answer(messages: readonly Frame[], more?: boolean): Promise<void>;
  fail(): Promise<void>;
}

const UNREACHABLE = "The server can't be reached: TypeError: no network";

/** Questions for pages of messages, which a test answers. */
function playPages(): Question[] {
  const asked: Question[] = [];
  vi.stubGlobal("fetch", (address: string) => {
    const url = new URL(address);
    if (!url.pathname.endsWith("/messages")) return Promise.resolve(Response.json({ conversations: [] }));
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    asked.push({
      search: url.search,
      answer: async (messages, more = false) => {
        resolve(Response.json({ messages, more }));
        await settle();
        await settle();
      },
      fail: async () => {
        reject(new TypeError("no network"));
        await settle();
      },
    });
    return promise;
  });
  return asked;
}

const stateOf = (thread: Conversing) => {
  const { value, loading, error, more } = thread;
  return [value.map(({ seq }) => seq), loading, error?.message ?? null, more];
};

test("a thread that was opened offline says why it is empty, and is filled when a connection opens", async () => {
  const asked = playPages();
  const me = await newClient({ since: "now" });
  const thread = me.messages.with("bob");
  const states: unknown[] = [];
  thread.subscribe(() => states.push(stateOf(thread)));
  await settle();
  await asked[0]?.fail();
  expect(stateOf(thread)).toEqual([[], false, UNREACHABLE, true]);
  await link().welcome({ head: 10 });
  expect(stateOf(thread)).toEqual([[], true, null, true]);
  await asked[1]?.answer([fromBob(8), fromBob(9)]);
  expect(states).toEqual([
    [[], true, null, true],
    [[], false, UNREACHABLE, true],
    [[], true, null, true],
    [[8, 9], false, null, false],
  ]);
  await reconnect(link(), { head: 10 });
  expect(asked.length).toBe(2);
});

test("a reading that was under way when the connection opened is repeated when it fails", async () => {
  const asked = playPages();
  const me = await newClient({ since: "now" });
  const thread = me.messages.with("bob");
  await settle();
  await link().welcome({ head: 10 });
  expect(asked.length).toBe(1);
  await asked[0]?.fail();
  await asked[1]?.answer([fromBob(9)]);
  expect(stateOf(thread)).toEqual([[9], false, null, false]);
});

test("a failure while the connection is open is shown and not repeated until the next one, and a closed thread not at all", async () => {
  const asked = playPages();
  const { me, mailbox } = await connectedClient({ since: "now" });
  const threads = [me.messages.with("bob"), me.messages.with("carol")];
  await settle();
  await asked[0]?.fail();
  await asked[1]?.fail();
  expect(threads.map(({ error }) => error?.message)).toEqual([UNREACHABLE, UNREACHABLE]);
  threads[1]?.close();
  expect(asked.length).toBe(2);
  await reconnect(mailbox, { head: 10 });
  expect(asked.length).toBe(3);
});

test("a change of loading or error is another value, for listeners that compare, and its messages are the same", async () => {
  const asked = playPages();
  const { me, mailbox } = await connectedClient({ since: "now" });
  await mailbox.deliver(fromBob(11));
  const thread = me.messages.with("bob");
  await settle();
  const before = thread.value;
  const older = thread.older().catch((error: Error) => error.message);
  await settle();
  const during = thread.value;
  expect([thread.loading, during === before, during[0] === before[0]]).toEqual([true, false, true]);
  await asked.at(-1)?.fail();
  expect(await older).toBe(UNREACHABLE);
  expect([thread.loading, thread.value === during, thread.value[0] === before[0]]).toEqual([false, false, true]);
});

test("a listener that asks for older messages when loading begins joins the reading that is under way", async () => {
  const asked = playPages();
  const { me } = await connectedClient({ since: "now" });
  const thread = me.messages.with("bob");
  await settle();
  await asked[0]?.answer([fromBob(9)], true);
  thread.subscribe(() => thread.loading && void thread.older());
  void thread.older();
  await settle();
  expect(asked.length).toBe(2);
  await asked[1]?.answer([fromBob(8)]);
  expect(stateOf(thread)).toEqual([[8, 9], false, null, false]);
});

test("older() with a signal that is aborted already rejects with its reason, and asks the server nothing", async () => {
  const asked = playPages();
  const { me } = await connectedClient({ since: "now" });
  const thread = me.messages.with("bob");
  await settle();
  await asked[0]?.answer([fromBob(9)], true);
  const reason = new Error("the page was left");
  await expect(thread.older({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await settle();
  expect([asked.length, thread.loading]).toEqual([1, false]);
});

test("a page of history that the store can't take is shown", async () => {
  const asked = playPages();
  const kept = memoryStore();
  const store: Store = {
    lasting: false,
    open: (...about) => kept.open(...about),
    write: (commit) => (commit.past ? Promise.reject(new Error("the disk is full")) : kept.write(commit)),
    piece: (...about) => kept.piece(...about),
    close: () => kept.close(),
  };
  const { me } = await connectedClient({ since: "now", store });
  const thread = me.messages.with("bob");
  await settle();
  await asked[0]?.answer([fromBob(8), fromBob(9)]);
  expect(stateOf(thread)).toEqual([[8, 9], false, null, false]);
  expect(me.connection.value.is).toBe("open");
});

test("the value of a thread is the same until it changes, though the commits of other conversations pass", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(1));
  const thread = me.messages.with("bob");
  await settle();
  const { value } = thread;
  let count = 0;
  thread.subscribe(() => count++);
  me.send("carol", "hi");
  await mailbox.sent();
  await mailbox.deliver({ type: "accepted", id: 1, entry: 2, at: 1, state: "stored" });
  await mailbox.deliver({ type: "mark", seq: 3, peer: "bob", mine: 1 });
  expect(thread.value).toBe(value);
  expect(count).toBe(2);
});

test.each([
  [20, 20],
  [undefined, 50],
  [0, 1],
  [1_000, 200],
  [NaN, 1],
])("a page size of %s asks for %i messages", async (pageSize, limit) => {
  const asked = playPages();
  const { me } = await connectedClient({ since: "now" });
  me.messages.with("bob", { pageSize });
  await settle();
  expect(new URLSearchParams(asked[0]?.search).get("limit")).toBe(`${limit}`);
});
