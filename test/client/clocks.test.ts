// Wall clocks go back by an hour: the heartbeat, the back-off and the order of drafts don't follow them.
import { beforeEach, expect, test, vi } from "vitest";
import { memoryStore } from "../../src/client/connect.ts";
import { accepted, advance, connectedClient, link, links, newClient, PAUSE, playNetwork, settle } from "./scripted.ts";

beforeEach(playNetwork);

const HOUR_MS = 3_600_000;
const setBack = (ms = HOUR_MS) => vi.setSystemTime(Date.now() - ms);

test("[T11] after the clock went back by an hour, pings are sent and a dead connection is noticed", async () => {
  const { me, mailbox } = await connectedClient();
  await advance(10_000);
  setBack();
  await advance(10_000);
  expect(mailbox.texts).toEqual(["ping"]);
  await mailbox.deliver("pong");
  await advance(28_000);
  expect(mailbox.texts).toEqual(["ping", "ping"]);
  expect(me.connection.value.is).toBe("waiting");
});

test("[T11] a clock that goes forward by an hour ends no connection that is being tried out", async () => {
  const { me, mailbox } = await connectedClient();
  me.check();
  await advance(1_000);
  setBack(-HOUR_MS);
  me.check();
  await advance(1_999);
  expect(me.connection.value.is).toBe("open");
  await mailbox.deliver("pong");
  await advance(10_000);
  expect(me.connection.value.is).toBe("open");
});

test("[T11] a device that slept is noticed by its wall clock, while the other clock stood still", async () => {
  const { mailbox } = await connectedClient();
  await advance(5_000);
  vi.setSystemTime(Date.now() + HOUR_MS);
  await mailbox.deliver({ type: "typing", from: "bob" });
  await advance(15_000);
  expect(mailbox.texts).toEqual(["ping"]);
});

test("[T12] the back-off does not follow the clock, and the time of the next try is a whole number", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.123_456_789);
  const me = await newClient();
  for (let i = 0; i < 3; i++) {
    await link().cut();
    const state = me.connection.value;
    if (state.is !== "waiting") throw new Error("it does not wait");
    expect(Number.isInteger(state.until)).toBe(true);
    expect(state.until - Date.now()).toBe(124);
    setBack(-HOUR_MS);
    await advance(124);
    expect(links.length).toBe(i + 2);
  }
});

test("[J4][T19] a token is renewed in time where the clock goes back after it was accepted", async () => {
  await newClient({ token: () => "token" });
  await link().welcome({ expires: Date.now() + 10_000 });
  setBack();
  await advance(8_000);
  expect((await link().sent()).map(({ type }) => type)).toEqual(["token"]);
});

test("[J4][T19] a token that can't be renewed ends the connection in time where the clock goes back", async () => {
  const tokens = ["token"];
  const me = await newClient({ token: () => tokens.pop() ?? Promise.reject(new Error("no network")) });
  await link().welcome({ expires: Date.now() + 10_000 });
  setBack();
  await advance(9_999);
  expect(me.connection.value.is).toBe("open");
  await advance(1);
  expect(me.connection.value).toMatchObject({ is: "waiting", reason: "token_failed" });
});

test("[G2] after the clock went back by an hour, typing is sent every 4 s", async () => {
  const { me, mailbox } = await connectedClient();
  me.typing("bob");
  setBack();
  await advance(4_000);
  me.typing("bob");
  expect((await mailbox.sent()).map(({ type }) => type)).toEqual(["typing", "typing"]);
});

test("[T5] what the link carries is measured by the clock that only grows", async () => {
  const { me, mailbox } = await connectedClient();
  for (let n = 0; n < 100; n++) me.send("bob", `${n} ${"x".repeat(1_000)}`);
  const ids = (await mailbox.sent()).map(({ id }) => Number(id));
  setBack();
  await mailbox.deliver(...ids.map((id) => accepted(id, id)));
  expect([ids.length, (await mailbox.sent()).length]).toEqual([30, 70]);
});

test("[J4][T19] a device whose clock is ahead by more than a token's life renews once a minute, also where that fails", async () => {
  let count = 0;
  const token = () => (count++ === 2 ? Promise.reject(new Error("no network")) : "token");
  const me = await newClient({ token });
  const mailbox = link();
  await mailbox.welcome({ expires: Date.now() - HOUR_MS });
  for (let step = 0; step < 24; step++) {
    await advance(10_000);
    await mailbox.deliver("pong");
    for (const { type } of await mailbox.sent())
      if (type === "token") await mailbox.deliver({ type, expires: Date.now() - HOUR_MS });
  }
  expect([count, me.connection.value.is]).toEqual([5, "open"]);
});

test("[T2] drafts keep the order of writing where the clock goes back, also in a store that is opened again", async () => {
  const store = { ...asLasting(), lasting: true };
  const me = await newClient({ store });
  const keys = [me.send("bob", "a").key];
  setBack();
  keys.push(me.send("bob", "b").key);
  await me.close();
  // Another process: it has not made these keys.
  vi.resetModules();
  const { connect } = await import("../../src/client/connect.ts");
  const again = connect({ url: "http://mailbox.test", userName: "alice", store });
  await settle();
  keys.push(again.send("bob", "c").key);
  setBack();
  keys.push(again.send("bob", "d").key);
  expect(keys).toEqual(keys.toSorted());
  const thread = again.messages.with("bob");
  await settle();
  expect(thread.value.map(({ body }) => body)).toEqual(["a", "b", "c", "d"]);
  await again.close();
});

function asLasting() {
  const inner = memoryStore();
  return {
    open: inner.open.bind(inner),
    write: inner.write.bind(inner),
    piece: inner.piece.bind(inner),
    close: async () => undefined,
  };
}

test("[T1] `connecting` is reported once at the start, and an equal state is the same object", async () => {
  const me = await newClientWatched();
  await link().welcome();
  const open = me.client.connection.value;
  me.client.retry();
  await settle();
  expect(me.client.connection.value).toBe(open);
  await link().cut();
  await advance(PAUSE);
  expect(me.states).toEqual(["connecting", "open", "waiting", "connecting"]);
});

async function newClientWatched() {
  const states: string[] = [];
  const { connect } = await import("../../src/client/connect.ts");
  const client = connect({ url: "http://mailbox.test", userName: "alice", store: memoryStore() });
  client.connection.subscribe(({ is }) => states.push(is));
  await settle();
  return { client, states };
}
