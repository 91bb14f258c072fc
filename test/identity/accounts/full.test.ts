// A full mailbox accepts no message of its user and none for them; everything else still works.
import { afterEach, expect, test, vi } from "vitest";
import { Sql } from "../../../src/durable/log/sql.ts";
import { Outbox } from "../../../src/mailbox/delivery/outbox.ts";
import { Mailbox } from "../../../src/mailbox/mailbox.ts";
import { QUOTAS } from "../../../src/protocol/limits.ts";
import { type Account, claimAccount, openWithToken, callApi } from "../../support/accounts.ts";
import { fresh, socketOf, upgrade } from "../../support/devices.ts";
import { nextFrame } from "../../support/client-socket.ts";

afterEach(() => void vi.restoreAllMocks());

/** Two users who are contacts. */
async function friends() {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  const [alice, bob] = [await openWithToken(a), await openWithToken(b)];
  alice.send({ type: "send", id: 1, to: b.userName, body: "hi" });
  await alice.until("accepted");
  bob.send({ type: "send", id: 1, to: a.userName, body: "hi" });
  await bob.until("accepted");
  const { seq } = await alice.until("message");
  await alice.settled();
  await bob.settled();
  return { a, b, alice, bob, seq };
}

/** From now on every mailbox has this many bytes. */
const grow = (bytes: number = QUOTAS.MAILBOX_BYTES) => vi.spyOn(Sql.prototype, "bytes", "get").mockReturnValue(bytes);

const answerOf = async (method: string, path: string, { token }: Account, body?: unknown) => {
  const response = await callApi(method, path, body, token);
  return [response.status, response.status === 204 ? null : ((await response.json()) as { code?: string }).code];
};

test("[U10] messages of a full mailbox's user are refused, in every way to send, and nothing is written", async () => {
  const { a, b, alice } = await friends();
  grow();
  const plain = socketOf(await upgrade(`/client/${a.userName}`, null, { Authorization: `Bearer ${a.token}` }));
  for (const to of [b.userName, a.userName]) {
    alice.send({ type: "send", id: 2, to, body: "one more" });
    const refused = await alice.until("refused");
    expect(refused).toMatchObject({ id: 2, code: "mailbox_full", retryAfter: 60_000 });
    expect(refused["message"]).toBe("Your own mailbox is full: it keeps no more bytes.");
    expect(await answerOf("POST", "/api/messages", a, { to, body: "one more" })).toEqual([507, "mailbox_full"]);
    plain.sendText(JSON.stringify({ receiver: to, msg: "one more" }));
    let frame = await nextFrame(plain);
    while (frame["sender"] !== "system") frame = await nextFrame(plain);
    expect(frame).toMatchObject({ code: "mailbox_full" });
  }
  expect(await answerOf("PUT", `/api/blocks/${fresh("somebody")}`, a)).toEqual([507, "mailbox_full"]);
  vi.restoreAllMocks();
  alice.send({ type: "send", id: 2, to: b.userName, body: "now" });
  expect(await alice.until("accepted")).toMatchObject({ id: 2 });
});

test("[U10] messages to a full mailbox fail with mailbox_full", async () => {
  const { b, alice } = await friends();
  const deliver = Mailbox.prototype.deliver;
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (this: Mailbox, delivery) {
    grow();
    return deliver.call(this, delivery).finally(() => grow(0));
  });
  alice.send({ type: "send", id: 2, to: b.userName, body: "for a full mailbox" });
  expect((await alice.take("failed", 1))[0]).toMatchObject({ code: "mailbox_full" });
});

test("[U10] others can fill nine tenths of a mailbox, and its user can still write", async () => {
  const { a, b, alice, bob } = await friends();
  grow(0.95 * QUOTAS.MAILBOX_BYTES);
  alice.send({ type: "send", id: 2, to: b.userName, body: "taken here, and refused there" });
  expect(await alice.until("accepted")).toMatchObject({ id: 2 });
  expect((await alice.take("failed", 1))[0]).toMatchObject({ code: "mailbox_full" });
  grow(0.85 * QUOTAS.MAILBOX_BYTES);
  bob.send({ type: "send", id: 2, to: a.userName, body: "for a mailbox that is nearly full" });
  expect(await alice.until("message")).toMatchObject({ body: "for a mailbox that is nearly full" });
});

test("[U10] a full mailbox can be read, acknowledged, marked, exported and erased, and blocks known peers", async () => {
  const { a, b, alice, bob, seq } = await friends();
  grow();
  alice.ack(seq);
  alice.send({ type: "read", peer: b.userName, seq });
  expect(await alice.mark("mine")).toMatchObject({ mine: seq });
  expect(await bob.mark("read")).toMatchObject({ peer: a.userName });
  expect(await answerOf("GET", "/api/conversations", a)).toEqual([200, undefined]);
  expect((await (await callApi("GET", "/api/export", undefined, a.token)).text()).split("\n").length).toBeGreaterThan(
    3,
  );
  expect(await answerOf("PUT", `/api/blocks/${b.userName}`, a)).toEqual([204, null]);
  // But not in turn, which would keep filling it.
  expect(await answerOf("DELETE", `/api/blocks/${b.userName}`, a)).toEqual([507, "mailbox_full"]);
  expect(await answerOf("DELETE", "/api/account", a)).toEqual([204, null]);
});

test("[U11][S11] the unsettled messages to one receiver are limited, apart from those to others", async () => {
  const { a, b, alice } = await friends();
  vi.spyOn(Outbox.prototype, "unsettledTo").mockImplementation((peer) =>
    peer === b.userName ? QUOTAS.OUTBOX_PER_CORRESPONDENT : 0,
  );
  alice.send({ type: "send", id: 2, to: b.userName, body: "one more" });
  expect(await alice.until("refused")).toMatchObject({
    id: 2,
    code: "mailbox_full",
    retryAfter: 60_000,
    affects: "receiver",
  });
  alice.send({ type: "send", id: 2, to: a.userName, body: "to myself" });
  expect(await alice.until("accepted")).toMatchObject({ id: 2 });
});
