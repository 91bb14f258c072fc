// Which client of a store leads after another one took over, after a failure of the store, and after the user has signed
// out in another tab. The store, the lock and the channel are test doubles.
import { beforeEach, expect, test } from "vitest";
import { memoryStore, type Store, type StorageState } from "../../src/client/connect.ts";
import { Computed } from "../../src/client/live-value.ts";
import type { Shared } from "../../src/client/store.ts";
import { fromBob, link, links, newClient, playNetwork, settle } from "./scripted.ts";
import { SharedStore } from "./shared-store.ts";

beforeEach(playNetwork);

const sends = (frames: readonly Record<string, unknown>[]) =>
  frames.filter(({ type }) => type === "send").map(({ id, body }) => [id, body]);

test("a leader from which another tab took over closes its connection, sends nothing, and is a client as before", async () => {
  const common = new SharedStore();
  const first = await common.tab();
  const second = await common.tab();
  const former = link();
  await former.welcome();
  await former.sent();
  const notify = await common.takeOver();
  expect(links.length).toBe(2);
  await link().welcome();
  await notify();
  expect(former.readyState).toBe(3);
  first.send("bob", "from the first");
  await settle();
  expect(sends(await former.sent())).toEqual([]);
  expect(sends(await link().sent())).toEqual([[1, "from the first"]]);
  expect([first, second].map(({ connection }) => connection.value.is)).toEqual(["open", "open"]);
});

test("a former leader shows once what the new one received meanwhile, also where its messages come late", async () => {
  const common = new SharedStore();
  const first = await common.tab();
  await common.tab();
  const shown: unknown[] = [];
  first.messages.subscribe(({ body }) => shown.push(body));
  await link().welcome();
  await link().deliver(fromBob(1));
  const notify = await common.takeOver();
  await link().welcome();
  common.held = [];
  await link().deliver(fromBob(2));
  await link().deliver(fromBob(3));
  await notify();
  expect(shown).toEqual(["message 1", "message 2", "message 3"]);
  expect(first.conversations.value.map(({ last, unread }) => [last.body, unread])).toEqual([["message 3", 3]]);
  await common.release();
  await link().deliver(fromBob(4));
  expect(shown).toEqual(["message 1", "message 2", "message 3", "message 4"]);
  expect(first.conversations.value.map(({ last, unread }) => [last.body, unread])).toEqual([["message 4", 4]]);
});

test("close({ forget: true }) in one tab ends the others with `signed_out`, and what they had not sent fails", async () => {
  const common = new SharedStore();
  const first = await common.tab();
  const second = await common.tab();
  const sent = second.send("bob", "not sent");
  await settle();
  await first.close({ forget: true });
  await settle();
  expect(second.connection.value).toMatchObject({ is: "stopped", code: 1000, reason: "signed_out" });
  expect(sent.state.value).toMatchObject({ is: "failed", code: "closed" });
  expect(second.send("bob", "later").state.value).toMatchObject({ is: "failed", code: "closed" });
  expect(links.length).toBe(1);
  second.retry();
  await settle();
  expect(links.length).toBe(1);
});

/** A store that says where its records are; writes fail while it is broken, and opening it again mends it. */
function fragileStore(): { readonly store: Store; break(): void; readonly opened: () => number } {
  const kept = memoryStore();
  const state: StorageState = { is: "durable" };
  let isBroken = false;
  let opened = 0;
  const store: Store = {
    lasting: true,
    storage: new Computed(() => state),
    open: async (name, first) => {
      opened++;
      isBroken = false;
      return structuredClone(await kept.open(name, first));
    },
    write: async (commit) => {
      if (isBroken) throw new Error("broken");
      await kept.write(structuredClone(commit));
    },
    piece: (...about) => kept.piece(...about),
    close: () => kept.close(),
  };
  return { store, break: () => (isBroken = true), opened: () => opened };
}

test("a store that says where its records are is opened again after a failure, and the message is sent once", async () => {
  const fragile = fragileStore();
  const me = await newClient({ store: fragile.store });
  await link().welcome();
  fragile.break();
  const sent = me.send("bob", "hello");
  await sent.kept;
  await settle();
  expect(fragile.opened()).toBe(2);
  expect(me.connection.value.is).toBe("connecting");
  await link().welcome();
  expect(sends(await link().sent())).toEqual([[1, "hello"]]);
  expect(sent.state.value.is).toBe("sending");
});

test("a message that was stored and sent is not sent again where the next commit fails", async () => {
  const fragile = fragileStore();
  const me = await newClient({ store: fragile.store });
  await link().welcome();
  // The answer comes while the message is being stored and sent, in the same turns.
  const first = link();
  const write = first.send.bind(first);
  first.send = (text) => {
    write(text);
    if (!text.includes('"send"')) return;
    fragile.break();
    void first.deliver({ type: "accepted", id: 1, entry: 11, at: 1, state: "stored" });
  };
  const sent = me.send("bob", "hello");
  await sent.kept;
  await settle();
  expect(fragile.opened()).toBe(2);
  await link().welcome({ lastId: 1 });
  expect(sends(await link().sent())).toEqual([[1, "hello"]]);
});

test("messages that could not be stored come again after the store was opened again, and are shown once", async () => {
  const fragile = fragileStore();
  const me = await newClient({ store: fragile.store });
  const shown: unknown[] = [];
  me.messages.subscribe(({ body }) => shown.push(body));
  await link().welcome();
  await link().deliver(fromBob(1));
  fragile.break();
  await link().deliver(fromBob(2));
  expect(shown).toEqual(["message 1"]);
  expect(link().query["cursor"]).toBe("1");
  await link().welcome();
  await link().deliver(fromBob(2));
  expect(shown).toEqual(["message 1", "message 2"]);
});

test("retry() opens a store whose first opening failed", async () => {
  const kept = memoryStore();
  let isBroken = true;
  const store: Store = {
    lasting: true,
    open: (...about) => (isBroken ? Promise.reject(new Error("broken")) : kept.open(...about)),
    write: (commit) => kept.write(commit),
    piece: (...about) => kept.piece(...about),
    close: () => kept.close(),
  };
  const me = await newClient({ store });
  expect(me.connection.value).toMatchObject({ is: "stopped", code: 1000, reason: "not_kept" });
  isBroken = false;
  me.retry();
  await settle();
  await link().welcome();
  expect(me.connection.value.is).toBe("open");
});

/** A store of several tabs that this test plays, whose database is lost, and then can't be opened. */
function lostStore(lead: Shared["lead"]) {
  const kept = memoryStore();
  let isBroken = false;
  let receive: (message: unknown) => void = () => undefined;
  const said: unknown[] = [];
  const store: Store = {
    lasting: true,
    open: (...about) => (isBroken ? Promise.reject(new Error("broken")) : kept.open(...about)),
    write: (commit) => kept.write(commit),
    piece: (...about) => kept.piece(...about),
    close: () => kept.close(),
    shared: { lead, say: (message) => void said.push(message), listen: (listener) => void (receive = listener) },
  };
  const say = async (message: unknown) => {
    receive(message);
    await settle();
  };
  const lose = (breaks: boolean) => {
    isBroken = breaks;
    return say({ lost: true });
  };
  const repair = () => void (isBroken = false);
  return { store, said, say, lose, repair };
}

test("retry() leaves a healthy connection alone, where the store was opened again after it had failed", async () => {
  const { store, lose } = lostStore(async () => undefined);
  const me = await newClient({ store });
  await lose(true);
  expect(me.connection.value).toMatchObject({ is: "stopped", reason: "not_kept" });
  await lose(false);
  await link().welcome();
  const { length } = links;
  me.retry();
  await settle();
  expect([me.connection.value.is, links.length]).toEqual(["open", length]);
});

test.each(["the store is lost again", "retry()"])(
  "a tab that could not open the store asks for the state of the connection, once it can: %s",
  async (way) => {
    const { store, said, say, lose, repair } = lostStore(() => new Promise(() => undefined));
    const me = await newClient({ store });
    await say({ state: { is: "open" } });
    await lose(true);
    expect(me.connection.value).toMatchObject({ is: "stopped", reason: "not_kept" });
    said.length = 0;
    repair();
    if (way === "retry()") me.retry();
    else await lose(false);
    await settle();
    expect(said).toEqual([{ ask: "state" }]);
    await say({ state: { is: "open" } });
    expect(me.connection.value.is).toBe("open");
  },
);

test("`storage` says that records are in memory where the store does not last, or the runtime has no database", async () => {
  const chosen = await newClient({ store: memoryStore() });
  expect(chosen.storage.value).toEqual({ is: "memory", reason: "chosen" });
  const unsupported = await newClient({ store: undefined as never });
  expect(unsupported.storage.value).toEqual({ is: "memory", reason: "unsupported" });
});
