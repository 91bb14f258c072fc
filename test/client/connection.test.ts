// The connection: when the next try is, when nobody is there any more, and when to stop.
import { beforeEach, expect, test, vi } from "vitest";
import { enter, entered, link, links, pass, PAUSE, settle, stage } from "./scripted.ts";

beforeEach(stage);

test("[D2][D3] it says who it is and where it was, and the token travels as a subprotocol", async () => {
  await enter({ device: "phone", token: "secret" });
  expect(link().url.href).toBe("ws://mailbox.test/client/alice?device=phone&runs=1");
  expect(link().protocols).toEqual(["restante.v1", "bearer.secret"]);
  await link().welcome({ head: 9 });
  await link().tell({ type: "message", seq: 9, from: "bob", to: "alice", at: 1, origin: 1, body: "hi" });
  await link().cut();
  await pass(PAUSE);
  expect(links.length).toBe(2);
  expect(link().query).toEqual({ device: "phone", runs: "1", epoch: "e1", cursor: "9" });
});

test("[R1] a device that begins now asks for what comes from now on", async () => {
  await enter({ since: "now" });
  expect(link().query["cursor"]).toBe("head");
  await link().welcome({ head: 70 });
  await link().cut();
  await pass(PAUSE);
  expect(link().query["cursor"]).toBe("70");
});

test.each([
  ["shortest", 0.001, [1, 1, 1]],
  // Each of them waits for all the time that was lost before.
  ["longest", 1, [1_000, 1_000, 1_000, 1_000, 1_000, 1_250]],
])(
  "back-off has full jitter below a quarter of the time that was lost, and a second: the %s",
  async (_, random, all) => {
    vi.spyOn(Math, "random").mockReturnValue(random);
    const me = await enter();
    for (const pause of all) {
      await link().cut();
      expect(me.connection.value).toEqual({ is: "waiting", until: Date.now() + pause });
      const before = links.length;
      await pass(pause - 1);
      expect(links.length).toBe(before);
      await pass(1);
      expect(links.length).toBe(before + 1);
    }
  },
);

test("however long there is nobody, it tries again within 20 s", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const me = await enter();
  await link().cut();
  for (let tries = 0; tries < 30; tries++) {
    await pass(20_000);
    await link().cut();
  }
  expect(me.connection.value).toEqual({ is: "waiting", until: Date.now() + 20_000 });
});

test("a connection that lasted makes the back-off begin anew; one that was cut at once does not", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const me = await enter();
  const until = () => (me.connection.value.is === "waiting" ? me.connection.value.until - Date.now() : null);
  for (const pause of [1_000, 1_000, 2_000, 3_250]) {
    await link().welcome();
    await pass(3_000);
    await link().cut();
    expect(until()).toBe(pause);
    await pass(pause);
  }
  await link().welcome();
  await pass(6_000);
  await link().cut();
  expect(until()).toBe(1_000);
});

test("a half-open connection is noticed within 30 s, and what lives is left alone", async () => {
  const { me, mailbox } = await entered();
  for (let i = 0; i < 10; i++) {
    await pass(20_000);
    expect(mailbox.texts.filter((text) => text === "ping").length).toBe(i + 1);
    await mailbox.tell("pong");
  }
  expect(me.connection.value.is).toBe("open");
  await pass(28_000);
  expect(me.connection.value.is).toBe("waiting");
});

test("a connection that is heard of is not pinged", async () => {
  const { me, mailbox } = await entered();
  for (let i = 1; i <= 20; i++) {
    await pass(10_000);
    await mailbox.tell({ type: "typing", from: "bob" });
  }
  expect(mailbox.texts).not.toContain("ping");
  expect(me.connection.value.is).toBe("open");
});

test("a dead way up is noticed though the way down lives, and one that is only slow is left alone", async () => {
  const { me, mailbox } = await entered();
  const states = new Set<string>();
  me.connection.subscribe(({ is }) => states.add(is));
  for (const [text, ends] of [
    ["x".repeat(30_000), false],
    ["x", true],
  ] as const) {
    me.typing("bob");
    for (let i = 0; i < 10; i++) {
      await pass(5_000);
      await mailbox.tell({ type: "typing", from: "bob", more: text });
    }
    expect(states.has("waiting")).toBe(ends);
    await mailbox.tell("pong");
  }
});

test("why the server ended a connection is said while the next one is waited for", async () => {
  const { me, mailbox } = await entered();
  await mailbox.tell({ type: "closing", code: 1011, message: "The server can't store anything.", retryAfter: 5_000 });
  expect(me.connection.value).toMatchObject({ is: "waiting", code: 1011, message: "The server can't store anything." });
});

test("a check notices a half-open connection within 3 s, and connects at once when it waits", async () => {
  const { me } = await entered();
  me.check();
  await pass(3_000);
  expect(me.connection.value.is).toBe("waiting");
  me.check();
  await settle();
  expect(me.connection.value.is).toBe("connecting");
  expect(links.length).toBe(2);
});

test("a clock that jumped was asleep: the connection is asked at once", async () => {
  const { me, mailbox } = await entered();
  await mailbox.tell({ type: "typing", from: "bob" });
  vi.setSystemTime(Date.now() + 3_600_000);
  await pass(20_000);
  expect(mailbox.texts).toContain("ping");
  await pass(3_000);
  expect(me.connection.value.is).toBe("waiting");
});

test("a mailbox that never says welcome is given up", async () => {
  const me = await enter();
  await pass(8_000);
  expect(me.connection.value.is).toBe("waiting");
});

test("[C1] after closing the connection is over at once, and nothing of the old socket is heard", async () => {
  const { me, mailbox } = await entered();
  const states: string[] = [];
  me.connection.subscribe(({ is }) => states.push(is));
  await mailbox.tell({ type: "closing", code: 1012, message: "Later.", retryAfter: 5_000 });
  expect(mailbox.readyState).toBe(3);
  await pass(5_499);
  expect(states).toEqual(["open", "waiting"]);
  await mailbox.cut(4409);
  await pass(1);
  expect(me.connection.value.is).toBe("connecting");
});

test.each([
  [1009, "stopped"],
  [4400, "stopped"],
  [4401, "stopped"],
  [4403, "stopped"],
  [4406, "stopped"],
  [4409, "stopped"],
  [4429, "waiting"],
  [1011, "waiting"],
  [1006, "waiting"],
  [4999, "waiting"],
])("[C2] after close code %i it is %s, until its user wants another try", async (code, is) => {
  const { me, mailbox } = await entered();
  await mailbox.tell({ type: "closing", code, message: "The reason." });
  expect(me.connection.value).toMatchObject(is === "stopped" ? { is, code, message: "The reason." } : { is });
  if (is === "stopped") await pass(3_600_000);
  expect(links.length).toBe(1);
  me.retry();
  await settle();
  expect(links.length).toBe(2);
});

test("a refused token is asked for again where something gives fresh ones", async () => {
  let count = 0;
  const me = await enter({ token: async () => `token-${++count}` });
  await link().tell({ type: "closing", code: 4401, message: "Expired." });
  expect(me.connection.value.is).toBe("waiting");
  await pass(PAUSE);
  expect(links.map(({ protocols }) => protocols[1])).toEqual(["bearer.token-1", "bearer.token-2"]);
});

test("whoever can't give a token is asked again later", async () => {
  let count = 0;
  await enter({
    token: () => {
      if (++count < 3) throw new Error("no network");
      return "at-last";
    },
  });
  expect(links.length).toBe(0);
  await pass(10_000);
  expect(link().protocols[1]).toBe("bearer.at-last");
});

test("nothing goes on after close", async () => {
  const { me, mailbox } = await entered();
  await me.close();
  expect(mailbox.readyState).toBe(3);
  expect(me.connection.value).toMatchObject({ is: "stopped", code: 1000 });
  me.retry();
  await pass(60_000);
  expect(links.length).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

const tokensOf = async () => (await link().said()).filter(({ type }) => type === "token").map(({ token }) => token);

test("[J4] a fresh token is presented on the open connection before the old one expires, and again before that one does", async () => {
  let count = 0;
  await enter({ token: () => `token-${++count}` });
  expect(link().protocols).toEqual(["restante.v1", "bearer.token-1"]);
  await link().welcome({ expires: Date.now() + 10_000 });
  await pass(7_900);
  expect(await tokensOf()).toEqual([]);
  await pass(100);
  expect(await tokensOf()).toEqual(["token-2"]);
  await link().tell({ type: "token", expires: Date.now() + 10_000 });
  await pass(8_000);
  expect(await tokensOf()).toEqual(["token-3"]);
});

test("[J4] a token that is always the same is not presented again", async () => {
  await enter({ token: "secret" });
  await link().welcome({ expires: Date.now() + 10_000 });
  await pass(9_000);
  expect(await tokensOf()).toEqual([]);
});
