// The options of a client: another WebSocket and fetch, times, and `debug`.
import { beforeEach, expect, expectTypeOf, test, vi } from "vitest";
import type { WebSocket as PackageSocket } from "ws";
import type { DebugEvent, Options, SocketClass } from "../../src/client/connect.ts";
import { accepted, advance, connectedClient, link, Link, links, newClient, playNetwork, settle } from "./scripted.ts";

beforeEach(playNetwork);

test("`WebSocket` and `fetch` replace the global ones", async () => {
  vi.stubGlobal("WebSocket", undefined);
  const asked: string[] = [];
  const opened: Link[] = [];
  class Own extends Link {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      opened.push(this);
    }
  }
  const me = await newClient({
    WebSocket: Own as unknown as SocketClass,
    fetch: async (url) => {
      asked.push(String(url));
      return Response.json([]);
    },
  });
  await opened[0]?.welcome();
  expect([me.connection.value.is, links.length]).toEqual(["open", 0]);
  await me.people.blocked();
  expect(asked).toEqual(["http://mailbox.test/api/blocks?user=alice"]);
});

test("the class of the package `ws` is one for the option `WebSocket`, and every option may be undefined", () => {
  expectTypeOf<typeof PackageSocket>().toExtend<SocketClass>();
  expectTypeOf<typeof WebSocket>().toExtend<SocketClass>();
  const none = { token: undefined, device: undefined, store: undefined, since: undefined, WebSocket: undefined };
  const { token, ...rest } = { url: "", userName: "", fetch: undefined, timing: undefined, debug: undefined, ...none };
  expectTypeOf({ token, ...rest }).toExtend<Options>();
});

test("[T11] the times of the heartbeat are those of `timing`", async () => {
  const { me, mailbox } = await connectedClient({ timing: { quietMs: 5_000, answerMs: 1_000, probeMs: 500 } });
  await advance(5_000);
  expect(mailbox.texts).toEqual(["ping"]);
  await mailbox.deliver("pong");
  me.check();
  await advance(499);
  expect(me.connection.value.is).toBe("open");
  await advance(1);
  expect(me.connection.value.is).toBe("waiting");
  me.retry();
  await advance(1_000);
  expect(me.connection.value.is).toBe("waiting");
});

test("[T12] the bounds of the back-off are those of `timing`", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const me = await newClient({ timing: { minRetryMs: 3_000, maxRetryMs: 5_000 } });
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) {
    await link().cut();
    const { value } = me.connection;
    pauses.push(value.is === "waiting" ? value.until - Date.now() : 0);
    await advance(pauses.at(-1) ?? 0);
  }
  expect([pauses[0], pauses.at(-1)]).toEqual([3_000, 5_000]);
});

test("[T19] a token function has the time of `timing`", async () => {
  const me = await newClient({ token: () => new Promise(() => undefined), timing: { tokenMs: 1_000 } });
  await advance(1_000);
  expect(me.connection.value).toMatchObject({ is: "waiting", reason: "token_failed" });
});

test("`debug` is called with the address of each attempt, the connection, texts, commits, requests, and retries with their reasons", async () => {
  const events: DebugEvent[] = [];
  const { me, mailbox } = await connectedClient({
    debug: (event) => events.push(event),
    fetch: async () => Response.json({ code: "not_found", message: "Nothing." }, { status: 404 }),
  });
  me.send("bob", "hello");
  await settle();
  await mailbox.deliver(accepted(1, 11));
  await me.people.blocked().catch(() => undefined);
  await mailbox.deliver({ type: "closing", code: 1012, reason: "disconnected", message: "Restart." });
  const of = (what: DebugEvent["what"]) => events.filter((event) => event.what === what);
  expect(of("connection").map((event) => "state" in event && event.state)).toMatchObject([
    { is: "connecting" },
    { is: "open" },
    { is: "waiting", code: 1012, reason: "disconnected", message: "Restart." },
  ]);
  const address = expect.stringMatching(/^ws:\/\/mailbox\.test\/client\/alice\?/);
  expect(of("connecting")).toEqual([{ what: "connecting", url: address }]);
  expect(of("sent")).toEqual([{ what: "sent", text: '{"type":"send","id":1,"to":"bob","body":"hello"}' }]);
  expect(of("received").length).toBe(3);
  expect(of("stored").map((event) => "commit" in event && Object.keys(event.commit))).toContainEqual(
    expect.arrayContaining(["entries", "settled"]),
  );
  expect(of("request")).toEqual([{ what: "request", method: "GET", path: "/api/blocks", status: 404 }]);
});

test("`debug: true` writes to the console, and a function that throws stops nothing", async () => {
  const lines = vi.spyOn(console, "debug").mockReturnValue();
  await connectedClient({ debug: true });
  expect(lines).toHaveBeenCalledWith("restante:", "connection", { state: { is: "open" } });
  const errors: unknown[] = [];
  vi.stubGlobal("queueMicrotask", (task: () => void) => {
    try {
      task();
    } catch (error) {
      errors.push(error);
    }
  });
  const { me } = await connectedClient({
    debug: () => {
      throw new Error("mine");
    },
  });
  expect([me.connection.value.is, String(errors[0])]).toEqual(["open", "Error: mine"]);
});
