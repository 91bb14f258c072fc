// First contact is a request: until the receiver has answered or accepted, a stranger learns nothing, and writes at
// most three messages. A blocked user is refused like an unwanted stranger.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test, vi } from "vitest";
import { Mailbox } from "../../../src/mailbox/mailbox.ts";
import type { Delivery } from "../../../src/protocol/envelope.ts";
import { unpack } from "../../../src/protocol/packed-delivery.ts";
import { claimAccount, openWithToken, callApi } from "../../support/accounts.ts";
import { upgrade, socketOf } from "../../support/devices.ts";
import { nextFrame } from "../../support/client-socket.ts";

async function world() {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  return { a, b, alice: await openWithToken(a), bob: await openWithToken(b) };
}

/** Sends a message, and returns its outcome: "stored", or the code with which it failed. */
async function outcome(from: Awaited<ReturnType<typeof openWithToken>>, id: number, to: string, body: unknown = id) {
  from.send({ type: "send", id, to, body });
  for (let failed: unknown = null; ;) {
    const frame = await from.next();
    if (frame["type"] === "failed") failed = frame["code"];
    if (frame["type"] === "accepted" && frame["id"] === id) {
      if (frame["state"] === "stored") return "stored";
      return failed ?? (await from.until("failed"))["code"];
    }
  }
}

const get = async (path: string, token: string) => (await callApi("GET", path, undefined, token)).json();

test("[Q1] a stranger's first message is a request: all devices receive the standing, then the message", async () => {
  const { a, b, alice, bob } = await world();
  const tablet = await openWithToken(b, "tablet");
  expect(await outcome(alice, 1, b.userName, "hello")).toBe("stored");
  for (const device of [bob, tablet]) {
    const [peer, message] = [await device.next(), await device.next()];
    expect(peer).toMatchObject({ type: "peer", seq: expect.any(Number), peer: a.userName, standing: "request" });
    expect(message).toMatchObject({ type: "message", body: "hello", request: true });
    expect(Number(message["seq"])).toBeGreaterThan(Number(peer["seq"]));
  }
  expect(await get("/api/requests", b.token)).toEqual([a.userName]);
  expect(await get("/api/conversations", b.token)).toMatchObject({
    conversations: [{ peer: a.userName, standing: "request", last: { request: true } }],
  });
});

test("[Q2] three messages of a stranger are stored, the others fail with `declined`, also after an eviction", async () => {
  const { b, alice } = await world();
  for (let id = 1; id <= 3; id++) expect(await outcome(alice, id, b.userName)).toBe("stored");
  expect(await outcome(alice, 4, b.userName)).toBe("declined");
  await evictDurableObject(env.MAILBOX.getByName(b.userName), { webSockets: "hibernate" });
  expect(await outcome(alice, 5, b.userName)).toBe("declined");
});

test("[Q2] a batch is cut where the limit is: three are stored, the others fail", async () => {
  const { a, b, alice } = await world();
  alice.send(...[1, 2, 3, 4, 5].map((id) => ({ type: "send", id, to: b.userName, body: id })));
  await alice.take("accepted", 5);
  const page = (await get(`/api/conversations/${b.userName}/messages`, a.token)) as {
    messages: Record<string, unknown>[];
  };
  expect(page.messages.map(({ failed }) => failed)).toEqual([undefined, undefined, undefined, "declined", "declined"]);
});

test.each([
  [
    "accepting",
    (b: { token: string }, a: { userName: string }) =>
      callApi("PUT", `/api/contacts/${a.userName}`, undefined, b.token),
  ],
  ["answering", null],
])("[Q3] after %s all messages are accepted, and the receipts of the meantime are sent", async (_, accept) => {
  const { a, b, alice, bob } = await world();
  expect(await outcome(alice, 1, b.userName)).toBe("stored");
  const sent: Delivery[] = [];
  const deliver = Mailbox.prototype.deliver;
  const spied = vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (this: Mailbox, delivery) {
    if (delivery.from === b.userName) sent.push(unpack(delivery));
    return deliver.call(this, delivery);
  });
  onTestFinished(() => spied.mockRestore());
  const { seq } = await bob.until("message");
  bob.ack(seq);
  bob.send({ type: "read", peer: a.userName, seq });
  await bob.mark("mine");
  // A round trip from alice: bob's mailbox has sent all that was due by now.
  expect(await outcome(alice, 2, b.userName)).toBe("stored");
  await bob.settled();
  expect(sent).toEqual([]);
  if (accept === null) bob.send({ type: "send", id: 1, to: a.userName, body: "who is it?" });
  else expect((await accept(b, a)).status).toBe(204);
  expect(await bob.until("peer")).toMatchObject({ peer: a.userName, standing: "contact" });
  expect(await alice.mark("read")).toMatchObject({ delivered: expect.any(Number), read: expect.any(Number) });
  for (let id = 3; id <= 7; id++) expect(await outcome(alice, id, b.userName)).toBe("stored");
  expect((await bob.until("message"))["request"]).toBeUndefined();
  expect(await get("/api/requests", b.token)).toEqual([]);
  expect((await callApi("PUT", `/api/contacts/${a.userName}`, undefined, b.token)).status).toBe(404);
});

test("[Q3] a delivered but unread message gets a delivery receipt only", async () => {
  const { a, b, alice, bob } = await world();
  expect(await outcome(alice, 1, b.userName)).toBe("stored");
  bob.ack((await bob.until("message"))["seq"]);
  await bob.settled();
  await callApi("PUT", `/api/contacts/${a.userName}`, undefined, b.token);
  const mark = await alice.mark("delivered");
  expect(mark["read"]).toBeUndefined();
});

test("[Q4] until they are accepted, a stranger receives no presence, and their typing is not passed on", async () => {
  const { a, b, alice, bob } = await world();
  expect(await outcome(alice, 1, b.userName)).toBe("stored");
  alice.send({ type: "watch", peers: [b.userName] }, { type: "typing", to: b.userName });
  await alice.settled();
  await bob.until("message");
  const nothing = [...(await alice.settled()), ...(await bob.settled())].map(({ type }) => type);
  expect(nothing).not.toContain("presence");
  expect(nothing).not.toContain("typing");
  const knows = (who: string) =>
    runInDurableObject(env.MAILBOX.getByName(b.userName), (mailbox) => mailbox.presence(b.userName, who));
  expect(await knows(a.userName)).toBe(null);
  await callApi("PUT", `/api/contacts/${a.userName}`, undefined, b.token);
  expect(await alice.until("presence")).toMatchObject({ user: b.userName, online: true });
  expect(await knows(a.userName)).toMatchObject({ online: true });
});

test("[Q5] messages of a blocked user are refused like a stranger's, and the user looks offline to them", async () => {
  const { a, b, alice, bob } = await world();
  expect(await outcome(alice, 1, b.userName)).toBe("stored");
  bob.send({ type: "send", id: 1, to: a.userName, body: "hi" });
  await alice.until("message");
  alice.send({ type: "watch", peers: [b.userName] });
  expect(await alice.until("presence")).toMatchObject({ online: true });
  await bob.settled();
  expect((await callApi("PUT", `/api/blocks/${a.userName}`, undefined, b.token)).status).toBe(204);
  expect(await bob.until("peer")).toMatchObject({ peer: a.userName, standing: "blocked" });
  expect(await alice.until("presence")).toMatchObject({ user: b.userName, online: false });
  expect(await outcome(alice, 2, b.userName)).toBe("declined");
  alice.send({ type: "typing", to: b.userName });
  await alice.settled();
  expect((await bob.settled()).filter(({ type }) => type === "message" || type === "typing")).toEqual([]);
  expect(await get("/api/blocks", b.token)).toEqual([a.userName]);
  bob.send({ type: "send", id: 2, to: a.userName, body: "and I?" });
  expect(await bob.until("refused")).toMatchObject({ id: 2, code: "declined" });
  expect((await callApi("DELETE", `/api/blocks/${a.userName}`, undefined, b.token)).status).toBe(204);
  expect(await outcome(alice, 3, b.userName)).toBe("stored");
  expect((await callApi("DELETE", `/api/blocks/${a.userName}`, undefined, b.token)).status).toBe(404);
  expect((await callApi("PUT", `/api/blocks/${b.userName}`, undefined, b.token)).status).toBe(403);
});

test("[Q5] a user can be blocked before their first message", async () => {
  const { a, b, alice } = await world();
  await callApi("PUT", `/api/blocks/${a.userName}`, undefined, b.token);
  expect(await outcome(alice, 1, b.userName)).toBe("declined");
  expect(await get("/api/conversations", b.token)).toMatchObject({ conversations: [] });
});

test("[Q8] unblocking restores the standing before: none, a request, or a contact, also after an eviction", async () => {
  const { a, b, alice, bob } = await world();
  const block = (is: "PUT" | "DELETE") => callApi(is, `/api/blocks/${a.userName}`, undefined, b.token);
  const knows = () =>
    runInDurableObject(env.MAILBOX.getByName(b.userName), (mailbox) => mailbox.presence(b.userName, a.userName));
  await block("PUT");
  await block("DELETE");
  expect(await knows()).toBe(null);
  expect(await outcome(alice, 1, b.userName)).toBe("stored");
  expect(await get("/api/requests", b.token)).toEqual([a.userName]);
  await block("PUT");
  await block("PUT");
  expect(await get("/api/requests", b.token)).toEqual([]);
  await evictDurableObject(env.MAILBOX.getByName(b.userName), { webSockets: "hibernate" });
  await block("DELETE");
  expect(await get("/api/requests", b.token)).toEqual([a.userName]);
  expect(await knows()).toBe(null);
  expect(await outcome(alice, 2, b.userName)).toBe("stored");
  expect(await outcome(alice, 3, b.userName)).toBe("stored");
  expect(await outcome(alice, 4, b.userName)).toBe("declined");
  await callApi("PUT", `/api/contacts/${a.userName}`, undefined, b.token);
  await block("PUT");
  await block("DELETE");
  expect(await knows()).toMatchObject({ online: true });
  expect(await outcome(alice, 5, b.userName)).toBe("stored");
  const standings = (await bob.settled()).filter(({ type }) => type === "peer").map(({ standing }) => standing);
  expect(standings).toEqual(["blocked", "contact", "request", "blocked", "request", "contact", "blocked", "contact"]);
});

test("[Q8][V5] unblocking after a block of older code gives a contact, or no standing if nothing was exchanged", async () => {
  const { a, b, alice } = await world();
  const c = await claimAccount("carol");
  expect(await outcome(alice, 1, b.userName)).toBe("stored");
  await callApi("PUT", `/api/contacts/${a.userName}`, undefined, b.token);
  await runInDurableObject(env.MAILBOX.getByName(b.userName), (_, { storage }) => {
    for (const name of [a.userName, c.userName]) {
      storage.sql.exec(
        "INSERT INTO contact VALUES (?, 'blocked', 0) ON CONFLICT DO UPDATE SET standing = 'blocked'",
        name,
      );
    }
  });
  await evictDurableObject(env.MAILBOX.getByName(b.userName), { webSockets: "close" });
  for (const { userName } of [a, c]) {
    expect((await callApi("DELETE", `/api/blocks/${userName}`, undefined, b.token)).status).toBe(204);
  }
  const knows = (who: string) =>
    runInDurableObject(env.MAILBOX.getByName(b.userName), (mailbox) => mailbox.presence(b.userName, who));
  expect(await knows(a.userName)).toMatchObject({ online: expect.any(Boolean) });
  expect(await knows(c.userName)).toBe(null);
});

test("[G1] the user's typing is sent to contacts only: to no open request, and to nobody who is blocked", async () => {
  const { a, b, alice, bob } = await world();
  expect(await outcome(alice, 1, b.userName)).toBe("stored");
  const signals = vi.spyOn(Mailbox.prototype, "signal");
  onTestFinished(() => signals.mockRestore());
  bob.send({ type: "typing", to: a.userName });
  await bob.settled();
  await callApi("PUT", `/api/contacts/${a.userName}`, undefined, b.token);
  await callApi("PUT", `/api/blocks/${a.userName}`, undefined, b.token);
  bob.send({ type: "typing", to: a.userName });
  await bob.settled();
  expect(signals.mock.calls.filter(([signal]) => signal.kind === "typing")).toEqual([]);
  await callApi("DELETE", `/api/blocks/${a.userName}`, undefined, b.token);
  bob.send({ type: "typing", to: a.userName });
  expect(await alice.until("typing")).toEqual({ type: "typing", from: b.userName });
});

test("[Q6] a refused message stays refused, though the reply was lost and its author was accepted since", async () => {
  const { a, b } = await world();
  const deliver = (envelopes: readonly number[]) =>
    runInDurableObject(env.MAILBOX.getByName(b.userName), (mailbox) =>
      mailbox.deliver({
        version: 1,
        from: a.userName,
        epoch: "e1",
        to: b.userName,
        toEpoch: null,
        after: 0,
        envelopes: envelopes.map((origin) => ({ origin, at: Date.now(), body: `${origin}` })),
      }),
    );
  expect((await deliver([1, 2, 3, 4, 5])).refused).toEqual([4, 5].map((origin) => ({ origin, code: "declined" })));
  await callApi("PUT", `/api/contacts/${a.userName}`, undefined, b.token);
  expect((await deliver([4, 5])).refused).toEqual([4, 5].map((origin) => ({ origin, code: "declined" })));
  expect((await deliver([6])).refused).toEqual([]);
});

test("[Q7] a plain client accepts by answering, and learns of a refusal", async () => {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  const plain = async ({ userName, token }: typeof a) =>
    socketOf(await upgrade(`/client/${userName}`, null, { Authorization: `Bearer ${token}` }));
  const [alice, bob] = [await plain(a), await plain(b)];
  for (let i = 1; i <= 4; i++) alice.sendText(JSON.stringify({ receiver: b.userName, msg: `${i}` }));
  expect(await nextFrame(alice)).toMatchObject({ sender: "system", code: "declined" });
  for (let i = 1; i <= 3; i++) expect(await nextFrame(bob)).toMatchObject({ msg: `${i}` });
  bob.sendText(JSON.stringify({ receiver: a.userName, msg: "yes?" }));
  expect(await nextFrame(alice)).toMatchObject({ msg: "yes?" });
  alice.sendText(JSON.stringify({ receiver: b.userName, msg: "5" }));
  expect(await nextFrame(bob)).toMatchObject({ msg: "5" });
});
