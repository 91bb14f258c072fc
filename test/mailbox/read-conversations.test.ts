// Conversations and history over HTTP.
import { afterEach, expect, test, vi } from "vitest";
import { abortAllDurableObjects } from "cloudflare:test";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { fresh, get, open, put } from "../support/devices.ts";

interface Message {
  seq: number;
  body: unknown;
}

interface History {
  peer: string;
  unread: number;
  messages: Message[];
  more: boolean;
  marks: Record<string, number>;
}

afterEach(() => void vi.restoreAllMocks());

const history = async (user: string, peer: string, query = "") =>
  (await get(`/api/conversations/${encodeURIComponent(peer)}/messages?user=${user}${query}`)) as History;

async function exchange(count: number) {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await open(b)];
  alice.send(...Array.from({ length: count }, (_, i) => ({ type: "send", id: i + 1, to: b, body: i + 1 })));
  await alice.take("accepted", count);
  bob.send({ type: "send", id: 1, to: a, body: "answer" });
  await bob.until("accepted");
  return { a, b, alice, bob };
}

test("[H1] conversations come latest first, with the last message, the unread count, and the marks", async () => {
  const { a, b, alice } = await exchange(3);
  const carol = fresh("carol");
  alice.send({ type: "send", id: 4, to: carol, body: "later" });
  await alice.until("accepted");
  const mine = (await get(`/api/conversations?user=${a}`)) as { epoch: string; conversations: unknown[] };
  expect(mine.epoch).toBe(alice.welcome.epoch);
  expect(mine.conversations).toMatchObject([
    { peer: carol, unread: 0, last: { from: a, to: carol, body: "later" } },
    { peer: b, unread: 1, last: { from: b, to: a, body: "answer" }, marks: { stored: expect.any(Number) } },
  ]);
  const theirs = (await get(`/api/conversations?user=${b}`)) as { conversations: unknown[] };
  expect(theirs.conversations).toMatchObject([{ peer: a, unread: 3, last: { body: "answer" } }]);
});

test("[H1] an accepted message is in the list at once, although the row of its peer is deferred", async () => {
  const { a, b, alice } = await exchange(1);
  const carol = fresh("carol");
  for (const [id, to] of [carol, b, carol, b].entries()) {
    alice.send({ type: "send", id: id + 2, to, body: id });
    await alice.until("accepted");
  }
  const { conversations } = (await get(`/api/conversations?user=${a}`)) as { conversations: unknown[] };
  expect(conversations).toMatchObject([
    { peer: b, last: { body: 3 } },
    { peer: carol, last: { body: 2 } },
  ]);
});

test("[H1] conversations come in pages", async () => {
  const a = fresh("alice");
  const alice = await open(a);
  const peers = Array.from({ length: 5 }, () => fresh("peer"));
  alice.send(...peers.map((to, i) => ({ type: "send", id: i + 1, to, body: i })));
  await alice.take("accepted", 5);
  const seen: string[] = [];
  for (let before = ""; ;) {
    const page = (await get(`/api/conversations?user=${a}&limit=2${before}`)) as {
      conversations: { peer: string; seq: number }[];
    };
    seen.push(...page.conversations.map(({ peer }) => peer));
    const last = page.conversations.at(-1);
    if (last === undefined) break;
    before = `&before=${last.seq}`;
  }
  expect(seen).toEqual(peers.toReversed());
});

test("[H2] a conversation is read backwards and forwards in pages, with nothing twice and nothing missing", async () => {
  const { a, b } = await exchange(300);
  const all = [...Array.from({ length: 300 }, (_, i) => i + 1), "answer"];
  for (const [user, peer] of [
    [a, b],
    [b, a],
  ] as const) {
    const backwards: unknown[] = [];
    for (let query = "&limit=70"; ;) {
      const { messages, more } = await history(user, peer, query);
      backwards.unshift(...messages.map(({ body }) => body));
      if (!more) break;
      query = `&limit=70&before=${messages[0]?.seq}`;
    }
    expect(backwards).toEqual(all);
    const forwards: unknown[] = [];
    for (let query = "&limit=64&after=0"; ;) {
      const { messages, more } = await history(user, peer, query);
      forwards.push(...messages.map(({ body }) => body));
      if (!more) break;
      query = `&limit=64&after=${messages.at(-1)?.seq}`;
    }
    expect(forwards).toEqual(all);
  }
});

test("[H2] history is the same after a crash, with unsettled messages", async () => {
  const { a, b } = await exchange(100);
  const before = await history(a, b);
  await abortAllDurableObjects();
  expect(await history(a, b)).toEqual(before);
});

test("[H1] the list is the same after a crash, with a message just sent to a new peer", async () => {
  const { a, b, alice } = await exchange(1);
  const carol = fresh("carol");
  vi.spyOn(Mailbox.prototype, "deliver").mockRejectedValue(new Error("not to be reached"));
  for (const [id, to] of [b, carol].entries()) {
    alice.send({ type: "send", id: id + 2, to, body: id });
    await alice.until("accepted");
  }
  await abortAllDurableObjects();
  const { conversations } = (await get(`/api/conversations?user=${a}`)) as { conversations: unknown[] };
  expect(conversations).toMatchObject([
    { peer: carol, last: { body: 1 } },
    { peer: b, last: { body: 0 } },
  ]);
});

test("[H1][E3] reading lowers the unread count", async () => {
  const { a, b, bob } = await exchange(100);
  const { messages } = await history(b, a, "&after=0&limit=40");
  bob.send({ type: "read", peer: a, seq: messages.at(-1)?.seq });
  await bob.mark("mine");
  expect((await history(b, a)).unread).toBe(60);
  bob.send({ type: "read", peer: a, seq: Number.MAX_SAFE_INTEGER });
  await bob.mark("mine");
  expect((await history(b, a)).unread).toBe(0);
});

test("a mailbox that never began has an empty history and gets no row, and so has a stranger", async () => {
  expect(await get(`/api/conversations?user=${fresh("nobody-yet")}`)).toEqual({ epoch: null, conversations: [] });
  expect(await history(fresh("nobody-yet"), "bob")).toMatchObject({ messages: [], more: false, unread: 0 });
});

test.each([
  ["/api/conversations", "bad_name"],
  ["/api/conversations?user=", "bad_name"],
  ["/api/conversations?user=system", "reserved_name"],
  ["/api/conversations?user=bob&limit=0", "bad_query"],
  ["/api/conversations?user=bob&limit=1000", "bad_query"],
  ["/api/conversations?user=bob&limit=ten", "bad_query"],
  ["/api/conversations?user=bob&before=-1", "bad_query"],
  ["/api/conversations/alice/messages?user=bob&before=1&after=1", "bad_query"],
  ["/api/conversations/!/messages?user=bob", "bad_name"],
])("%s is refused with %s and a sentence", async (path, code) => {
  expect(await get(path)).toMatchObject({ code, message: expect.stringMatching(/\.$/) });
});

test.each(["", "null", "[]", '{"receipts":1}', '{"other":true}'])("[H3] settings %j are refused", async (text) => {
  expect(await put("/api/settings?user=bob", text)).toMatchObject({ code: "bad_frame" });
});

test("settings over the limit are refused unread", async () => {
  expect(await put("/api/settings?user=bob", " ".repeat(70_000))).toMatchObject({ code: "too_large" });
});

test("[H3] settings are persisted, and returned", async () => {
  const user = fresh("alice");
  expect(await get(`/api/settings?user=${user}`)).toEqual({ receipts: true, presence: true });
  await put(`/api/settings?user=${user}`, { presence: false });
  await abortAllDurableObjects();
  expect(await get(`/api/settings?user=${user}`)).toEqual({ receipts: true, presence: false });
});

test("[H2] a reply ends at a megabyte with `more`, and paging continues without loss in both directions", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const alice = await open(a);
  const bodies = Array.from({ length: 40 }, (_, i) => `${i} ${"x".repeat(60_000)}`);
  for (const [i, body] of bodies.entries()) {
    alice.send({ type: "send", id: i + 1, to: b, body });
    await alice.until("accepted");
    alice.ack(Number.MAX_SAFE_INTEGER);
  }
  type Page = { messages: { seq: number; body: string }[]; more: boolean };
  const path = `/api/conversations/${b}/messages?user=${a}&limit=200`;
  for (const direction of ["before", "after"] as const) {
    const got: string[] = [];
    let from = direction === "before" ? "" : "&after=0";
    for (let more = true; more;) {
      const page = (await get(`${path}${from}`)) as Page;
      expect(JSON.stringify(page).length).toBeLessThan(1_100_000);
      expect(page.messages.length).toBeGreaterThan(page.more ? 10 : 0);
      const texts = page.messages.map(({ body }) => body);
      if (direction === "before") got.unshift(...texts);
      else got.push(...texts);
      from = `&${direction}=${page.messages.at(direction === "before" ? 0 : -1)?.seq}`;
      more = page.more;
    }
    expect(got).toEqual(bodies);
  }
});

test("[H1] a list of conversations names all of them, and leaves out last messages when it is too large", async () => {
  const a = fresh("alice");
  const alice = await open(a);
  for (let id = 1; id <= 25; id++) {
    alice.send({ type: "send", id, to: fresh("peer"), body: "x".repeat(60_000) });
    await alice.until("accepted");
    alice.ack(Number.MAX_SAFE_INTEGER);
  }
  const { conversations } = (await get(`/api/conversations?user=${a}&limit=200`)) as { conversations: object[] };
  expect(conversations.length).toBe(25);
  expect(JSON.stringify(conversations).length).toBeLessThan(1_100_000);
  expect(conversations.filter((one) => "last" in one).length).toBe(17);
});
