// The connection: back-off, the heartbeat, token renewal, and the close codes that stop it.
import { beforeEach, expect, test, vi } from "vitest";
import { newClient, connectedClient, link, links, advance, PAUSE, settle, playNetwork } from "./scripted.ts";

beforeEach(playNetwork);

test("[D2][D3] the address names the device and its position, and the token is a subprotocol", async () => {
  await newClient({ device: "phone", token: "secret" });
  expect(link().url.href).toMatch(/^ws:\/\/mailbox\.test\/client\/alice\?device=phone&runs=1&early=1&attempt=/);
  expect(link().protocols).toEqual(["restante.v1", "bearer.secret"]);
  await link().welcome({ head: 9 });
  await link().deliver({ type: "message", seq: 9, from: "bob", to: "alice", at: 1, origin: 1, body: "hi" });
  await link().cut();
  await advance(PAUSE);
  expect(links.length).toBe(2);
  expect(link().query).toEqual({ device: "phone", runs: "1", early: "1", epoch: "e1", cursor: "9" });
});

test("[T1] the states follow each other in order, with one socket at a time, and close() ends them", async () => {
  const me = await newClient();
  const states: string[] = [];
  me.connection.subscribe(({ is }) => states.push(is));
  const openSockets = () => links.filter(({ readyState }) => readyState !== 3).length;
  for (let i = 0; i < 3; i++) {
    await link().welcome();
    me.retry();
    await settle();
    expect(openSockets()).toBe(1);
    // Nobody answers the ping.
    await advance(28_000);
    expect(openSockets()).toBe(0);
    me.retry();
    me.check();
    await settle();
    expect(openSockets()).toBe(1);
  }
  await me.close();
  expect(openSockets()).toBe(0);
  const round = ["connecting", "open", "waiting"];
  expect(states).toEqual([...round, ...round, ...round, "connecting", "stopped"]);
});

test('[R1] a new device with `since: "now"` connects at the head', async () => {
  await newClient({ since: "now" });
  expect(link().query["cursor"]).toBe("head");
  await link().welcome({ head: 70 });
  await link().cut();
  await advance(PAUSE);
  expect(link().query["cursor"]).toBe("70");
});

test.each([
  ["shortest", 0.001, [1, 1, 1]],
  // Each pause is a share of the whole time since the connection was lost.
  ["longest", 1, [1_000, 1_000, 1_000, 1_000, 1_000, 1_250]],
])(
  "[T12] the back-off has full jitter below a quarter of the time without a connection, at least below 1 s: the %s delay",
  async (_, random, all) => {
    vi.spyOn(Math, "random").mockReturnValue(random);
    const me = await newClient();
    for (const pause of all) {
      await link().cut();
      expect(me.connection.value).toEqual({ is: "waiting", until: Date.now() + pause });
      const before = links.length;
      await advance(pause - 1);
      expect(links.length).toBe(before);
      await advance(1);
      expect(links.length).toBe(before + 1);
    }
  },
);

test("[T12] the delay between two attempts stays within 20 s", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const me = await newClient();
  await link().cut();
  for (let tries = 0; tries < 30; tries++) {
    await advance(20_000);
    await link().cut();
  }
  expect(me.connection.value).toEqual({ is: "waiting", until: Date.now() + 20_000 });
});

test("[T12] a connection that lasted more than 5 s resets the back-off; a shorter one does not", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const me = await newClient();
  const until = () => (me.connection.value.is === "waiting" ? me.connection.value.until - Date.now() : null);
  for (const pause of [1_000, 1_000, 2_000, 3_250]) {
    await link().welcome();
    await advance(3_000);
    await link().cut();
    expect(until()).toBe(pause);
    await advance(pause);
  }
  await link().welcome();
  await advance(6_000);
  await link().cut();
  expect(until()).toBe(1_000);
});

test("[T11] a half-open connection is lost within 30 s, and one that answers pings stays open", async () => {
  const { me, mailbox } = await connectedClient();
  for (let i = 0; i < 10; i++) {
    await advance(20_000);
    expect(mailbox.texts.filter((text) => text === "ping").length).toBe(i + 1);
    await mailbox.deliver("pong");
  }
  expect(me.connection.value.is).toBe("open");
  await advance(28_000);
  expect(me.connection.value.is).toBe("waiting");
});

test("[T11] a connection that receives frames sends no ping", async () => {
  const { me, mailbox } = await connectedClient();
  for (let i = 1; i <= 20; i++) {
    await advance(10_000);
    await mailbox.deliver({ type: "typing", from: "bob" });
  }
  expect(mailbox.texts).not.toContain("ping");
  expect(me.connection.value.is).toBe("open");
});

test("[T11] a connection without pongs is lost though it receives frames; a slow one with large frames stays open", async () => {
  const { me, mailbox } = await connectedClient();
  const states = new Set<string>();
  me.connection.subscribe(({ is }) => states.add(is));
  for (const [text, ends] of [
    ["x".repeat(30_000), false],
    ["x", true],
  ] as const) {
    me.typing("bob");
    for (let i = 0; i < 10; i++) {
      await advance(5_000);
      await mailbox.deliver({ type: "typing", from: "bob", more: text });
    }
    expect(states.has("waiting")).toBe(ends);
    await mailbox.deliver("pong");
  }
});

test("[T11] check() finds a half-open connection within 3 s, and connects at once while the client waits", async () => {
  const { me } = await connectedClient();
  me.check();
  await advance(3_000);
  expect(me.connection.value.is).toBe("waiting");
  me.check();
  await settle();
  expect(me.connection.value.is).toBe("connecting");
  expect(links.length).toBe(2);
});

test("[T11] after a jump of the clock the connection is pinged at once, because the device slept", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver({ type: "typing", from: "bob" });
  vi.setSystemTime(Date.now() + 3_600_000);
  await advance(20_000);
  expect(mailbox.texts).toContain("ping");
  await advance(3_000);
  expect(me.connection.value.is).toBe("waiting");
});

test("[T11] a connection without a welcome is lost after 8 s", async () => {
  const me = await newClient();
  await advance(8_000);
  expect(me.connection.value.is).toBe("waiting");
});

test("[T19] after a refused token a token function is called again", async () => {
  let count = 0;
  const me = await newClient({ token: async () => `token-${++count}` });
  await link().deliver({ type: "closing", code: 4401, message: "Expired." });
  expect(me.connection.value.is).toBe("waiting");
  await advance(PAUSE);
  expect(links.map(({ protocols }) => protocols[1])).toEqual(["bearer.token-1", "bearer.token-2"]);
});

test("[T19] a token function that throws is called again later", async () => {
  let count = 0;
  await newClient({
    token: () => {
      if (++count < 3) throw new Error("no network");
      return "at-last";
    },
  });
  expect(links.length).toBe(0);
  await advance(10_000);
  expect(link().protocols[1]).toBe("bearer.at-last");
});

test("after close() no timer and no attempt is left", async () => {
  const { me, mailbox } = await connectedClient();
  await me.close();
  expect(mailbox.readyState).toBe(3);
  expect(me.connection.value).toMatchObject({ is: "stopped", code: 1000 });
  me.retry();
  await advance(60_000);
  expect(links.length).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("close() in a listener of the state leaves no timer and no attempt", async () => {
  const { me } = await connectedClient();
  await link().cut();
  me.connection.subscribe(({ is }) => {
    if (is === "connecting") void me.close();
  });
  await advance(60_000);
  expect(me.connection.value).toMatchObject({ is: "stopped", code: 1000 });
  expect(links.length).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

const tokensOf = async () => (await link().sent()).filter(({ type }) => type === "token").map(({ token }) => token);

test("[J4][T19] a fresh token is presented on the open connection before each token expires", async () => {
  let count = 0;
  await newClient({ token: () => `token-${++count}` });
  expect(link().protocols).toEqual(["restante.v1", "bearer.token-1"]);
  await link().welcome({ expires: Date.now() + 10_000 });
  await advance(7_900);
  expect(await tokensOf()).toEqual([]);
  await advance(100);
  expect(await tokensOf()).toEqual(["token-2"]);
  await link().deliver({ type: "token", expires: Date.now() + 10_000 });
  await advance(8_000);
  expect(await tokensOf()).toEqual(["token-3"]);
});

test("[J4][T19] a renewal that fails after its connection is lost is not repeated, and the next connection renews its own token", async () => {
  const tokens: PromiseWithResolvers<string>[] = [];
  const token = () => {
    tokens.push(Promise.withResolvers());
    return tokens.at(-1)!.promise;
  };
  const connected = async (at: number, expiresMs: number) => {
    tokens[at]?.resolve(`token-${at}`);
    await settle();
    await link().welcome({ expires: Date.now() + expiresMs });
  };
  await newClient({ token });
  await connected(0, 10_000);
  await advance(8_000);
  expect(tokens.length).toBe(2);
  await link().cut();
  await advance(PAUSE);
  await connected(2, 30_000);
  tokens[1]?.reject(new Error("no network"));
  await advance(20_000);
  expect(tokens.length).toBe(3);
  await advance(4_000);
  expect(tokens.length).toBe(4);
});

test("[J4][T19] a fixed token is not presented again", async () => {
  await newClient({ token: "secret" });
  await link().welcome({ expires: Date.now() + 10_000 });
  await advance(9_000);
  expect(await tokensOf()).toEqual([]);
});
