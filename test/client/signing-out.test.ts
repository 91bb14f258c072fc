// Signing a browser out without an open mailbox, and what a conversation says of its read messages.
import { beforeEach, expect, test } from "vitest";
import { signOut } from "../../src/client/connect.ts";
import { connectedClient, fromBob, playNetwork, settle } from "./scripted.ts";

beforeEach(playNetwork);

const URL = "http://mailbox.test";
const who = { userName: "alice" };

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
  ["nobody is signed in", 401, "unauthorized"],
  ["somebody else is", 403, "forbidden"],
  ["the server is busy", 429, "rate_limited"],
])("signing out rejects with the code of the server where %s", async (_, status, code) => {
  const fetch = async () => Response.json({ code, message: "No." }, { status });
  await expect(signOut(URL, who, { fetch })).rejects.toMatchObject({ name: "Refused", code, status });
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
