// The clients of one store: which one leads, what the others see, and that no message is lost or sent twice when
// another one leads. The store, the lock and the channel are test doubles, so that messages between tabs come late and
// in any order; those of a browser are in browser.test.ts.
import { beforeEach, expect, test } from "vitest";
import type { Restante } from "../../src/client/connect.ts";
import { SharedStore } from "./shared-store.ts";
import { fromBob, link, links, advance, PAUSE, settle, playNetwork } from "./scripted.ts";

beforeEach(playNetwork);

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
