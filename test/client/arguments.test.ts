// Arguments that no type has checked: `connect` throws a sentence, `send` returns a failed message, and requests reject.
import { beforeEach, expect, test, vi } from "vitest";
import { claim, connect, memoryStore, type Options, problemOfBody, problemOfName } from "../../src/client/connect.ts";
import type { Store } from "../../src/client/store.ts";
import { connectedClient, link, newClient, playNetwork, send, settle } from "./scripted.ts";

beforeEach(playNetwork);

/** As code without types passes it. */
const any = (value: unknown) => value as never;

const GOOD = { url: "http://mailbox.test", userName: "alice", store: memoryStore() };

test.each<[string, unknown, RegExp]>([
  ["url", undefined, /^url has the form .* This is none: undefined$/],
  ["url", "localhost:8810", /This is none: localhost:8810$/],
  ["url", "ftp://mailbox.test", /has the form/],
  ["url", "http://", /has the form/],
  ["url", "https://me:secret@mailbox.test", /has the form/],
  ["url", "https://mailbox.test/?user=alice", /has the form/],
  ["url", "https://mailbox.test/#top", /has the form/],
  ["url", "https://mail box.test", /has the form/],
  ["userName", undefined, /^userName: A name has 1 to 64/],
  ["userName", 42, /^userName: A name has/],
  ["userName", "two words", /^userName: A name has/],
  ["userName", "admin", /^userName: This name is kept back/],
  ["device", "my phone", /^device has/],
  ["device", 7, /^device has/],
  ["token", 7, /^token is text/],
  ["token", null, /^token is text/],
  ["store", "x.db", /^store is a Store, as memoryStore/],
  ["store", null, /^store is a Store, as memoryStore/],
  ["timing", { quietMs: 0 }, /^timing.quietMs is a number of ms/],
  ["timing", { answerMs: Number.NaN }, /^timing.answerMs/],
])("connect() throws a TypeError that names the option: %s %j", (name, value, message) => {
  const open = () => connect({ ...GOOD, [name]: value } as Options);
  expect(open).toThrow(TypeError);
  expect(open).toThrow(message);
});

test.each([
  ["http://mailbox.test", "ws://mailbox.test/client/alice", "mailbox.test"],
  ["wss://mailbox.test/", "wss://mailbox.test/client/alice", "mailbox.test"],
  ["HTTPS://Mailbox.Test:443", "wss://mailbox.test/client/alice", "mailbox.test"],
  ["https://mailbox.test/chat/", "wss://mailbox.test/chat/client/alice", "mailbox.test/chat"],
  ["http://[::1]:8787", "ws://[::1]:8787/client/alice", "[::1]:8787"],
])("the url %s connects to %s, and names its store %s", async (url, address, host) => {
  const names: string[] = [];
  const inner = memoryStore();
  const store: Store = {
    lasting: false,
    open: (name, first) => {
      names.push(name);
      return inner.open(name, first);
    },
    write: (commit) => inner.write(commit),
    piece: (peer, before, limit) => inner.piece(peer, before, limit),
    close: () => inner.close(),
  };
  await newClient({ url, store });
  expect(link().url.href.split("?")[0]).toBe(address);
  expect(names).toEqual([`restante ${host} alice`]);
});

test("a server below a path is asked below it", async () => {
  const asked: string[] = [];
  const fetch = async (address: RequestInfo | URL) => {
    asked.push(String(address));
    return Response.json([]);
  };
  const me = await newClient({ url: "https://mailbox.test/chat", fetch });
  await me.account.devices();
  expect(asked).toEqual(["https://mailbox.test/chat/api/devices?user=alice"]);
});

const cyclic: unknown[] = [];
cyclic.push(cyclic);

test.each<[string, unknown, string]>([
  ["undefined", undefined, "body is undefined"],
  ["a function", () => 1, "body is function"],
  ["a symbol", Symbol("x"), "body is symbol"],
  ["a BigInt", 1n, "BigInt"],
  ["a BigInt inside", { a: [1n] }, "BigInt"],
  ["a cycle", cyclic, "circular"],
  ["NaN", Number.NaN, "body has NaN"],
  ["an invalid date", new Date(Number.NaN), "body has an invalid Date"],
  ["an invalid date inside", { a: [new Date(Number.NaN)] }, "body has an invalid Date"],
  ["Infinity inside", { a: { b: [1, -Infinity] } }, "body has -Infinity"],
  ["undefined in a list", [1, undefined], "an item of type undefined"],
  ["a function in a list", { list: [() => 1] }, "an item of type function"],
])("[S4] a body that is no JSON has failed when send() returns, with a sentence: %s", async (_, body, words) => {
  const { me, mailbox } = await connectedClient();
  const { value } = me.send("bob", any(body)).state;
  expect(value).toMatchObject({ is: "failed", code: "bad_frame", message: expect.stringContaining(words) });
  expect(problemOfBody(any(body))).toContain(words);
  expect(await mailbox.sent()).toEqual([]);
});

test("a body with null, and an object with a field that is undefined, are JSON", async () => {
  const { me, mailbox } = await connectedClient();
  me.send("bob", any({ a: null, b: undefined, text: "null" }));
  me.send("bob", null);
  expect(await mailbox.sent()).toEqual([send(1, { a: null, text: "null" }), send(2, null)]);
  expect(problemOfBody(null)).toBe(null);
});

test.each([undefined, null, 42, {}])(
  "[N1] a name that is no text, %j, fails like one that nobody can have",
  async (to) => {
    const { me, mailbox } = await connectedClient();
    expect(me.send(any(to), "hi").state.value).toMatchObject({ is: "failed", code: "bad_name" });
    me.read(any(to));
    me.typing(any(to));
    me.presence.watch([any(to)]);
    const thread = me.messages.with(any(to));
    await settle();
    expect(thread.value).toMatchObject([{ body: "hi", state: { is: "failed", code: "bad_name" } }]);
    expect(problemOfName(any(to))).toContain("A name has");
    expect(await mailbox.sent()).toEqual([]);
  },
);

test.each(["accept", "block", "unblock"] as const)("people.%s() refuses a name that nobody can have", async (verb) => {
  const fetch = vi.fn<typeof globalThis.fetch>();
  const me = await newClient({ fetch });
  for (const [peer, code] of [
    [undefined, "bad_name"],
    ["", "bad_name"],
    ["../account", "bad_name"],
    ["\ud800", "bad_name"],
    ["admin", "reserved_name"],
  ])
    await expect(me.people[verb](any(peer))).rejects.toMatchObject({ name: "Refused", code });
  expect(fetch).not.toHaveBeenCalled();
});

test("functions without a client reject where the url is none", async () => {
  await expect(claim("localhost:8787", { userName: "alice" })).rejects.toThrow(/has the form/);
  await expect(claim(any(undefined), { userName: "alice" })).rejects.toThrow(TypeError);
});
