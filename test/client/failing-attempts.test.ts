// What the application and the runtime contribute to an attempt fails: the token, the function that gives it, and the
// WebSocket. The state says so, and nothing is an unhandled rejection.
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { connect, memoryStore, type Options, RestanteError } from "../../src/client/connect.ts";
import { advance, connectedClient, link, links, newClient, PAUSE, playNetwork, settle } from "./scripted.ts";

beforeEach(playNetwork);

/** Collects unhandled rejections; Node ends the process at the first one. */
function watchRejections(): unknown[] {
  const rejections: unknown[] = [];
  const listen = (error: unknown) => void rejections.push(error);
  process.on("unhandledRejection", listen);
  onTestFinished(() => void process.off("unhandledRejection", listen));
  return rejections;
}

/** Lets the runtime report rejections: it does so after a turn of the real event loop. */
const turn = () => new Promise<void>((done) => void realImmediate(done));
const realImmediate = setImmediate;

const BROKEN = new Error("401 from my backend");

test.each<[string, Options["token"], string]>([
  [
    "throws",
    () => {
      throw BROKEN;
    },
    "The token function failed: 401 from my backend",
  ],
  ["rejects", () => Promise.reject(BROKEN), "The token function failed: 401 from my backend"],
  [
    "throws what is no error",
    () => {
      throw null;
    },
    "The token function failed: null",
  ],
  ["gives undefined", (() => undefined) as never, "The token function gave no text: its type is undefined."],
  ["gives an object", (async () => ({ token: "x" })) as never, "The token function gave no text: its type is object."],
])("[T19] a token function that %s is called again later, and the state says why", async (_, token, message) => {
  const rejections = watchRejections();
  const me = await newClient({ token });
  const state = me.connection.value;
  expect(state).toMatchObject({ is: "waiting", reason: "token_failed", message });
  expect(state).toMatchObject({ error: { name: "RestanteError", code: "token_failed", message } });
  expect("code" in state ? state.code : undefined).toBe(undefined);
  await turn();
  expect([links.length, rejections]).toEqual([0, []]);
});

test("[T19] the error of a token function is the cause of the state's error", async () => {
  const me = await newClient({ token: () => Promise.reject(BROKEN) });
  const state = me.connection.value;
  expect(state.is === "waiting" && state.error?.cause).toBe(BROKEN);
});

test("[T19] a token function that never settles is given up after 30 s, and its signal is aborted", async () => {
  const signals: AbortSignal[] = [];
  const me = await newClient({
    token: ({ signal }) => {
      signals.push(signal);
      return new Promise<string>(() => undefined);
    },
  });
  await advance(29_999);
  expect([me.connection.value.is, signals[0]?.aborted]).toEqual(["connecting", false]);
  await advance(1);
  expect(me.connection.value).toMatchObject({
    is: "waiting",
    reason: "token_failed",
    message: expect.stringContaining("within 30000 ms"),
  });
  expect(signals[0]?.aborted).toBe(true);
  await advance(PAUSE);
  expect([signals.length, signals[1]?.aborted]).toEqual([2, false]);
  await me.close();
  expect(signals[1]?.aborted).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test("[T11] a token function may take longer than the first text of a connection", async () => {
  const token = Promise.withResolvers<string>();
  const me = await newClient({ token: () => token.promise });
  await advance(20_000);
  token.resolve("late");
  await settle();
  expect(link().protocols[1]).toBe("bearer.late");
  await advance(7_999);
  expect(me.connection.value.is).toBe("connecting");
  await advance(1);
  expect(me.connection.value.is).toBe("waiting");
});

test.each(["secret\n", " secret\r\n", "\tsecret"])(
  "[D3] the blanks around the token %j are not sent",
  async (token) => {
    await newClient({ token });
    expect(link().protocols).toEqual(["restante.v1", "bearer.secret"]);
  },
);

test.each<[string, Options["token"]]>([
  ["has a character that", "two words"],
  ["has a character that", "line\nbreak"],
  ["has a character that", () => "a/b="],
  ["is empty", " \n"],
])("[D3] a token that %s stops the connection", async (words, token) => {
  const rejections = watchRejections();
  const me = await newClient({ token });
  expect(me.connection.value).toMatchObject({ is: "stopped", code: 1000, reason: "bad_token" });
  expect(me.connection.value).toMatchObject({ message: expect.stringContaining(words) });
  expect(JSON.stringify(me.connection.value)).not.toContain("words");
  await advance(60_000);
  expect(links.length).toBe(0);
  await turn();
  expect(rejections).toEqual([]);
});

test("[D3] retry() after a token that can't be sent calls the token function again", async () => {
  let token = "not good";
  const me = await newClient({ token: () => token });
  expect(me.connection.value.is).toBe("stopped");
  token = "good";
  me.retry();
  await settle();
  expect(link().protocols[1]).toBe("bearer.good");
});

test("[T1] what the constructor of the WebSocket throws stops the connection, with a sentence", async () => {
  const rejections = watchRejections();
  const cause = new DOMException("Mixed content", "SecurityError");
  let isBroken = true;
  const Broken = new Proxy(WebSocket, {
    construct(target, args) {
      if (isBroken) throw cause;
      return Reflect.construct(target, args) as object;
    },
  });
  const me = await newClient({ WebSocket: Broken });
  expect(me.connection.value).toMatchObject({
    is: "stopped",
    code: 1000,
    reason: "socket_failed",
    message: "The WebSocket can't be opened: SecurityError: Mixed content",
    error: { cause },
  });
  await turn();
  expect(rejections).toEqual([]);
  isBroken = false;
  me.retry();
  await settle();
  await link().welcome();
  expect(me.connection.value).toEqual({ is: "open" });
});

test("connect() throws a TypeError that names the option where the runtime has no WebSocket", () => {
  vi.stubGlobal("WebSocket", undefined);
  const open = () => connect({ url: "http://mailbox.test", userName: "alice", store: memoryStore() });
  expect(open).toThrow(new TypeError("This runtime has no WebSocket: give a class as the option `WebSocket`."));
});

test("[J4][T19] a renewal that fails is tried again, and at the expiry the connection is not open any more", async () => {
  let isBroken = false;
  let count = 0;
  const me = await newClient({
    token: () => {
      count++;
      if (isBroken) throw BROKEN;
      return "token";
    },
  });
  isBroken = true;
  await link().welcome({ expires: Date.now() + 20_000 });
  await advance(19_999);
  expect(me.connection.value.is).toBe("open");
  expect(count).toBeGreaterThan(2);
  await advance(1);
  expect(me.connection.value).toMatchObject({ is: "waiting", reason: "token_failed", error: { cause: BROKEN } });
  expect(link().readyState).toBe(3);
});

test("[J4][T19] a renewal that never settles ends the connection at the expiry", async () => {
  const tokens = ["token"];
  const me = await newClient({ token: () => tokens.pop() ?? new Promise<string>(() => undefined) });
  await link().welcome({ expires: Date.now() + 20_000 });
  await advance(19_999);
  expect(me.connection.value.is).toBe("open");
  await advance(1);
  await settle();
  expect(me.connection.value).toMatchObject({ is: "waiting", reason: "token_failed" });
  await me.close();
  expect(vi.getTimerCount()).toBe(0);
});

test("[J4][T19] where the clocks differ, so that the token seems to have expired, the connection stays open", async () => {
  const tokens = ["token"];
  const token = () => tokens.pop() ?? Promise.reject(BROKEN);
  const me = await newClient({ token });
  await link().welcome({ expires: Date.now() - 600_000 });
  await advance(15_000);
  expect(me.connection.value.is).toBe("open");
});

test("[J4] the token is not in what `debug` shows", async () => {
  const events: unknown[] = [];
  const { mailbox } = await connectedClient({ token: () => "secret-token", debug: (event) => events.push(event) });
  await mailbox.deliver({ type: "token", expires: Date.now() + 10_000 });
  await advance(8_000);
  expect((await mailbox.sent()).map(({ type }) => type)).toEqual(["token"]);
  expect(JSON.stringify(events)).toContain("sent");
  expect(JSON.stringify(events)).not.toContain("secret-token");
});

test("[T19] requests over HTTP reject with the error of the token function", async () => {
  const me = await newClient({ token: () => Promise.reject(BROKEN) });
  const failed = me.account.devices();
  await expect(failed).rejects.toMatchObject({ code: "token_failed", cause: BROKEN });
  await expect(failed).rejects.toBeInstanceOf(RestanteError);
});
