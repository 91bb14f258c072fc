// The clients of one store: who connects, what the others see, and that nothing is lost or sent twice when it is somebody else's turn.
// The store, the lock and the channel are played here, so that words come late and in any order; a browser's are in browser.test.ts.
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { connect, memoryStore, type Restante } from "../../src/client/connect.ts";
import type { Shared, Store } from "../../src/client/store.ts";
import { fromBob, link, links, pass, PAUSE, settle, stage } from "./scripted.ts";

beforeEach(stage);

/** What the tabs of one browser have in common. */
class Common {
  readonly #kept = memoryStore();
  readonly #tabs = new Set<Tab>();
  readonly #queue: { readonly tab: Tab; readonly lead: () => void }[] = [];
  /** Words on their way: delivered at once, unless a test holds them back. */
  held: (() => void)[] | null = null;

  /** A tab in which the user is entered. */
  async tab(): Promise<Restante> {
    const tab = new Tab(this, this.#kept);
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

  say(from: Tab, word: unknown): void {
    const copy: unknown = structuredClone(word);
    const deliver = () => {
      for (const tab of this.#tabs) if (tab !== from) tab.hear(copy);
    };
    if (this.held === null) queueMicrotask(deliver);
    else this.held.push(deliver);
  }

  /** Delivers what was held back. */
  async release(): Promise<void> {
    const late = this.held ?? [];
    this.held = null;
    for (const deliver of late) deliver();
    await settle();
  }
}

class Tab implements Store, Shared {
  readonly lasting = true;
  readonly #common: Common;
  readonly #kept: Store;
  hear: (word: unknown) => void = () => undefined;

  constructor(common: Common, kept: Store) {
    this.#common = common;
    this.#kept = kept;
  }

  get shared(): Shared {
    return this;
  }

  open: Store["open"] = async (name, first) => structuredClone(await this.#kept.open(name, first));
  write: Store["write"] = (commit) => this.#kept.write(structuredClone(commit));
  piece: Store["piece"] = (...about) => this.#kept.piece(...about);
  lead = () => this.#common.lead(this);
  say = (word: unknown) => this.#common.say(this, word);

  listen(hear: (word: unknown) => void): void {
    this.hear = hear;
  }

  async close(): Promise<void> {
    this.#common.leave(this);
  }
}

const sends = async () => (await link().said()).filter(({ type }) => type === "send").map(({ id, body }) => [id, body]);
const bodies = (me: Restante) => {
  const shown: unknown[] = [];
  me.messages.subscribe(({ body }) => shown.push(body));
  return shown;
};

test("one of two tabs connects, and both send and see", async () => {
  const common = new Common();
  const first = await common.tab();
  const second = await common.tab();
  const shown = [bodies(first), bodies(second)];
  await link().welcome();
  expect(links.length).toBe(1);
  expect(second.connection.value.is).toBe("open");
  const sent = second.send("bob", "from the second");
  expect(await sends()).toEqual([[1, "from the second"]]);
  await link().tell({ type: "accepted", id: 1, entry: 11, at: 1, state: "stored" }, fromBob(12), {
    type: "typing",
    from: "carol",
  });
  expect(sent.state.value.is).toBe("stored");
  expect(shown).toEqual([["message 12"], ["message 12"]]);
  expect([...second.typists.value]).toEqual(["carol"]);
  second.typing("bob");
  second.presence.watch(["bob"]);
  expect((await link().said()).map(({ type }) => type)).toEqual(expect.arrayContaining(["typing", "watch"]));
  const late = await common.tab();
  expect(late.connection.value.is).toBe("open");
  expect(late.conversations.value.map(({ peer, unread }) => [peer, unread])).toEqual([["bob", 1]]);
});

test("when the connected tab is closed another goes on where it was, with what was written anywhere", async () => {
  const common = new Common();
  const first = await common.tab();
  const second = await common.tab();
  await link().welcome();
  await link().tell(fromBob(5));
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
  const said = await link().said();
  expect(said.filter(({ type }) => type === "send").map(({ id, body }) => [id, body])).toEqual([
    [1, "unanswered"],
    [2, "from the second"],
  ]);
  expect(said).toContainEqual({ type: "watch", peers: ["bob"] });
});

test("late words of a tab that led before send nothing twice, and block nothing", async () => {
  const common = new Common();
  const first = await common.tab();
  const second = await common.tab();
  const third = await common.tab();
  await link().welcome();
  common.held = [];
  first.send("bob", "a");
  third.send("bob", "b");
  expect(await sends()).toEqual([[1, "a"]]);
  await link().tell({ type: "accepted", id: 1, entry: 11, at: 1, state: "stored" });
  await first.close();
  await settle();
  await link().welcome({ lastId: 1 });
  expect(await sends()).toEqual([[2, "b"]]);
  await link().tell({ type: "accepted", id: 2, entry: 12, at: 1, state: "stored" });
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

test("what is written while nobody leads waits in the store", async () => {
  const common = new Common();
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

test("another try, asked for in any tab, is made by the one that leads", async () => {
  const common = new Common();
  await common.tab();
  const second = await common.tab();
  await link().welcome();
  await link().tell({ type: "closing", code: 4409, message: "Replaced." });
  expect(second.connection.value).toMatchObject({ is: "stopped", code: 4409 });
  await pass(PAUSE * 100);
  expect(links.length).toBe(1);
  second.retry();
  await settle();
  expect(links.length).toBe(2);
});
