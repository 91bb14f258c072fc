// The clients of one store: which one leads, what the others see, and that no message is lost or sent twice when
// another one leads. The store, the lock and the channel are test doubles, so that messages between tabs come late and
// in any order; those of a browser are in browser.test.ts.
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { connect, memoryStore, type Restante } from "../../src/client/connect.ts";
import type { Shared, Store } from "../../src/client/store.ts";
import { fromBob, link, links, advance, PAUSE, settle, playNetwork } from "./scripted.ts";

beforeEach(playNetwork);

/** The store, the lock and the channel of the tabs of one browser. */
class SharedStore {
  readonly #store = memoryStore();
  readonly #tabs = new Set<Tab>();
  readonly #queue: { readonly tab: Tab; readonly lead: () => void }[] = [];
  /** Messages between tabs in transit, while a test holds them back; otherwise they are delivered at once. */
  held: (() => void)[] | null = null;

  /** A tab with a client of this user. */
  async tab(): Promise<Restante> {
    const tab = new Tab(this, this.#store);
    this.#tabs.add(tab);
    const me = connect({ url: "http://mailbox.test", userName: "alice", store: tab });
    onTestFinished(() => me.close());
    await settle();
    return me;
  }

  lead(tab: Tab): Promise<void> {
    return new Promise((lead) => {
      this.#queue.push({ tab, lead });
      if (this.#queue.length === 1) lead();
    });
  }

  leave(tab: Tab): void {
    this.#tabs.delete(tab);
    const at = this.#queue.findIndex((one) => one.tab === tab);
    this.#queue.splice(at, 1);
    if (at === 0) this.#queue[0]?.lead();
  }

  say(from: Tab, message: unknown): void {
    const copy: unknown = structuredClone(message);
    const deliver = () => {
      for (const tab of this.#tabs) if (tab !== from) tab.receive(copy);
    };
    if (this.held === null) queueMicrotask(deliver);
    else this.held.push(deliver);
  }

  /** Delivers the messages that were held back. */
  async release(): Promise<void> {
    const late = this.held ?? [];
    this.held = null;
    for (const deliver of late) deliver();
    await settle();
  }
}

class Tab implements Store, Shared {
  readonly lasting = true;
  readonly #common: SharedStore;
  readonly #store: Store;
  receive: (message: unknown) => void = () => undefined;

  constructor(common: SharedStore, kept: Store) {
    this.#common = common;
    this.#store = kept;
  }

  get shared(): Shared {
    return this;
  }

  open: Store["open"] = async (name, first) => structuredClone(await this.#store.open(name, first));
  write: Store["write"] = (commit) => this.#store.write(structuredClone(commit));
  piece: Store["piece"] = (...about) => this.#store.piece(...about);
  lead = () => this.#common.lead(this);
  say = (message: unknown) => this.#common.say(this, message);

  listen(listener: (message: unknown) => void): void {
    this.receive = listener;
  }

  async close(): Promise<void> {
    this.#common.leave(this);
  }
}

const sends = async () => (await link().sent()).filter(({ type }) => type === "send").map(({ id, body }) => [id, body]);
const bodies = (me: Restante) => {
  const shown: unknown[] = [];
  me.messages.subscribe(({ body }) => shown.push(body));
  return shown;
};

test("one of two tabs connects, and both send and receive", async () => {
  const common = new SharedStore();
  const first = await common.tab();
  const second = await common.tab();
  const shown = [bodies(first), bodies(second)];
  await link().welcome();
  expect(links.length).toBe(1);
  expect(second.connection.value.is).toBe("open");
  const sent = second.send("bob", "from the second");
  expect(await sends()).toEqual([[1, "from the second"]]);
  await link().deliver({ type: "accepted", id: 1, entry: 11, at: 1, state: "stored" }, fromBob(12), {
    type: "typing",
    from: "carol",
  });
  expect(sent.state.value.is).toBe("stored");
  expect(shown).toEqual([["message 12"], ["message 12"]]);
  expect([...second.typists.value]).toEqual(["carol"]);
  second.typing("bob");
  second.presence.watch(["bob"]);
  expect((await link().sent()).map(({ type }) => type)).toEqual(expect.arrayContaining(["typing", "watch"]));
  const late = await common.tab();
  expect(late.connection.value.is).toBe("open");
  expect(late.conversations.value.map(({ peer, unread }) => [peer, unread])).toEqual([["bob", 1]]);
});

test("when the connected tab is closed another one continues at its position, with the drafts of all tabs", async () => {
  const common = new SharedStore();
  const first = await common.tab();
  const second = await common.tab();
  await link().welcome();
  await link().deliver(fromBob(5));
  first.send("bob", "unanswered");
  expect(await sends()).toEqual([[1, "unanswered"]]);
  second.send("bob", "from the second");
  second.presence.watch(["bob"]);
  await settle();
  await first.close();
  await settle();
  expect(links.length).toBe(2);
  expect(link().query["cursor"]).toBe("5");
  await link().welcome({ lastId: 1 });
  const sent = await link().sent();
  expect(sent.filter(({ type }) => type === "send").map(({ id, body }) => [id, body])).toEqual([
    [1, "unanswered"],
    [2, "from the second"],
  ]);
  expect(sent).toContainEqual({ type: "watch", peers: ["bob"] });
});

test("late messages of a tab that led before cause no second send and block nothing", async () => {
  const common = new SharedStore();
  const first = await common.tab();
  const second = await common.tab();
  const third = await common.tab();
  await link().welcome();
  common.held = [];
  first.send("bob", "a");
  third.send("bob", "b");
  expect(await sends()).toEqual([[1, "a"]]);
  await link().deliver({ type: "accepted", id: 1, entry: 11, at: 1, state: "stored" });
  await first.close();
  await settle();
  await link().welcome({ lastId: 1 });
  expect(await sends()).toEqual([[2, "b"]]);
  await link().deliver({ type: "accepted", id: 2, entry: 12, at: 1, state: "stored" });
  await common.release();
  second.send("bob", "c");
  expect(await sends()).toEqual([[3, "c"]]);
  const thread = second.messages.with("bob");
  await settle();
  expect(thread.value.map(({ body, seq }) => [body, seq])).toEqual([
    ["a", 11],
    ["b", 12],
    ["c", null],
  ]);
});

test("messages that are written while no tab leads wait in the store", async () => {
  const common = new SharedStore();
  const first = await common.tab();
  const second = await common.tab();
  await link().welcome();
  common.held = [];
  second.send("bob", "a");
  second.read("bob");
  await settle();
  await first.close();
  common.held = null;
  await settle();
  await link().welcome();
  expect(await sends()).toEqual([[1, "a"]]);
});

test("retry() in any tab makes the leading tab connect", async () => {
  const common = new SharedStore();
  await common.tab();
  const second = await common.tab();
  await link().welcome();
  await link().deliver({ type: "closing", code: 4409, message: "Replaced." });
  expect(second.connection.value).toMatchObject({ is: "stopped", code: 4409 });
  await advance(PAUSE * 100);
  expect(links.length).toBe(1);
  second.retry();
  await settle();
  expect(links.length).toBe(2);
});
