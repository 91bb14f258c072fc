// Signing a browser out without an open mailbox, and what a conversation says of its read messages.
import { beforeEach, expect, test } from "vitest";
import { signOut } from "../../src/client/connect.ts";
import { connectedClient, fromBob, playNetwork, settle } from "./scripted.ts";

beforeEach(playNetwork);

const URL = "http://mailbox.test";
const who = { userName: "alice" };
const refusal = (status: number, code: string) => () => Response.json({ code, message: "No." }, { status });

test("signing out names the user, whose cookie alone it may end", async () => {
  const asked: string[] = [];
  const fetch = async (url: RequestInfo | URL, { method = "GET" }: RequestInit = {}) => {
    asked.push(`${method} ${String(url)}`);
    return new Response(null, { status: 204 });
  };
  await signOut(URL, who, { fetch });
  expect(asked).toEqual(["POST http://mailbox.test/api/sign-out?user=alice"]);
});

test.each([
  ["nobody is signed in", refusal(401, "unauthorized")],
  ["somebody else is", refusal(403, "forbidden")],
])("signing out resolves where %s", async (_, answer) => {
  await expect(signOut(URL, who, { fetch: async () => answer() })).resolves.toBeUndefined();
});

test.each([
  ["the server is busy", refusal(429, "rate_limited")],
  ["the server has failed", refusal(500, "internal")],
  ["another server answers", () => new Response("<h1>Hotel</h1>", { status: 502 })],
])("signing out rejects where %s: the user may still be signed in", async (_, answer) => {
  await expect(signOut(URL, who, { fetch: async () => answer() })).rejects.toThrow();
});

test("a conversation says up to which seq it was read", async () => {
  const { me, mailbox } = await connectedClient();
  await mailbox.deliver(fromBob(1), fromBob(2), fromBob(3));
  expect(me.conversations.value[0]).toMatchObject({ unread: 3, readUpTo: 0 });
  const thread = me.messages.with("bob");
  await settle();
  const [first] = thread.value;
  if (first === undefined) throw new Error("there is no message");
  me.read("bob", first);
  await settle();
  expect(me.conversations.value[0]).toMatchObject({ unread: 2, readUpTo: 1 });
});
