// Display names: the user's own, on all devices, and how it reaches contacts and nobody else.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { Mailbox } from "../../../src/mailbox/mailbox.ts";
import { counters } from "../../../src/protocol/counters.ts";
import { unpack } from "../../../src/protocol/packed-delivery.ts";
import { type Account, callApi, claimAccount, openWithToken } from "../../support/accounts.ts";
import type { Device, Frame } from "../../support/client-socket.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function send(from: Device, to: Account, body: unknown): Promise<void> {
  from.send({ type: "send", id: ++from.welcome.lastId, to: to.userName, body });
  await from.until("accepted");
}

const evict = ({ userName }: Account) =>
  evictDurableObject(env.MAILBOX.getByName(userName), { webSockets: "hibernate" });

const call = (who: Account, displayName: unknown) => callApi("PUT", "/api/profile", { displayName }, who.token);

const nameOf = async (who: Account) =>
  (await (await callApi("GET", "/api/profile", undefined, who.token)).json<{ displayName: unknown }>()).displayName;

async function listed(who: Account, peer: Account): Promise<unknown> {
  const response = await callApi("GET", "/api/conversations", undefined, who.token);
  const { conversations } = await response.json<{ conversations: Frame[] }>();
  return conversations.find((one) => one["peer"] === peer.userName)?.["displayName"];
}

async function contacts() {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  const [alice, bob] = [await openWithToken(a), await openWithToken(b)];
  await send(alice, b, "hello");
  await send(bob, a, "hi");
  await bob.settled();
  return { a, b, alice, bob };
}

test("[Q11] a user's own name goes to every device, in `welcome` to later ones, and is kept; null takes it back", async () => {
  const a = await claimAccount("alice");
  const [alice, tablet] = [await openWithToken(a), await openWithToken(a, "tablet")];
  expect([await nameOf(a), alice.welcome]).toMatchObject([null, { user: a.userName }]);
  expect(alice.welcome).not.toHaveProperty("displayName");
  const answer = await call(a, "  Alice   Liddell ");
  expect([answer.status, await answer.json()]).toEqual([200, { displayName: "Alice Liddell" }]);
  const own = { type: "peer", peer: a.userName, displayName: "Alice Liddell" };
  for (const device of [alice, tablet]) expect(await device.until("peer")).toMatchObject(own);
  const rows = counters.rows;
  expect((await call(a, "Alice Liddell")).status).toBe(200);
  expect(counters.rows).toBe(rows);
  await evict(a);
  expect(await nameOf(a)).toBe("Alice Liddell");
  expect((await openWithToken(a, "watch")).welcome).toMatchObject({ displayName: "Alice Liddell" });
  expect((await call(a, null)).status).toBe(200);
  expect(await alice.until("peer")).toMatchObject({ ...own, displayName: "" });
  expect([await nameOf(a), (await openWithToken(a, "watch")).welcome.displayName]).toEqual([null, ""]);
});

test("[Q11] a text that can't be a name is refused with the field, and an empty one is none", async () => {
  const a = await claimAccount("alice");
  for (const bad of ["Alice\u202E", "a".repeat(65), 7, "\u200B"]) {
    const refused = await call(a, bad);
    expect([bad, refused.status, await refused.json()]).toMatchObject([
      bad,
      400,
      { code: "bad_frame", field: "displayName" },
    ]);
  }
  expect(await (await call(a, "  ")).json()).toEqual({ displayName: null });
});

test("[Q11][M17] a contact learns the name with the next message, once, on all devices, and keeps it", async () => {
  const { a, b, alice, bob } = await contacts();
  await call(a, "Alice");
  expect(await listed(b, a)).toBe("");
  await send(alice, b, "again");
  expect(await bob.until("peer")).toMatchObject({ peer: a.userName, standing: "contact", displayName: "Alice" });
  expect(await listed(b, a)).toBe("Alice");
  await send(alice, b, "and again");
  expect((await bob.settled()).filter(({ type }) => type === "peer")).toEqual([]);
  await evict(b);
  expect(await listed(b, a)).toBe("Alice");
  const { status, body } = await callApi("GET", "/api/export", undefined, b.token);
  expect([status, await new Response(body).text()]).toMatchObject([
    200,
    expect.stringContaining('"displayName":"Alice"'),
  ]);
});

test("[Q11] an ordinary message of somebody with a name writes no more rows than one without", async () => {
  const { a, b, alice, bob } = await contacts();
  const rowsOfMessage = async (body: string) => {
    await Promise.all([evict(a), evict(b)]);
    const before = counters.rows;
    await send(alice, b, body);
    await bob.until("message");
    await Promise.all([alice.settled(), bob.settled()]);
    return counters.rows - before;
  };
  const without = await rowsOfMessage("1");
  await call(a, "Alice");
  // The contact, with its new columns, and the entry.
  await rowsOfMessage("2");
  expect(await rowsOfMessage("3")).toBe(without);
});

test("[Q11] neither a stranger's name is stored nor that of a blocked user, and both come when they are contacts", async () => {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  const [alice, bob] = [await openWithToken(a), await openWithToken(b)];
  await call(a, "Alice");
  await send(alice, b, "hello");
  expect(await bob.until("peer")).toMatchObject({ standing: "request", displayName: "" });
  expect(await listed(b, a)).toBe("");
  await send(bob, a, "who is it?");
  await send(alice, b, "I am");
  expect(await listed(b, a)).toBe("Alice");
  await callApi("PUT", `/api/blocks/${a.userName}`, undefined, b.token);
  expect(await listed(b, a)).toBe("");
  await callApi("DELETE", `/api/blocks/${a.userName}`, undefined, b.token);
  expect(await listed(b, a)).toBe("Alice");
});

test("[Q11] a name that changes all the time is stored four times an hour, and the last one with a later message", async () => {
  const { a, b, alice } = await contacts();
  const now = Date.now();
  const sendAs = async (name: string | null) => {
    await call(a, name);
    await send(alice, b, name);
    return listed(b, a);
  };
  expect(await sendAs("One")).toBe("One");
  expect(await sendAs("Two")).toBe("One");
  await evict(b);
  expect(await sendAs("Three")).toBe("One");
  vi.setSystemTime(now + 901_000);
  await send(alice, b, "later");
  expect(await listed(b, a)).toBe("Three");
  vi.setSystemTime(now + 2 * 901_000);
  expect(await sendAs(null)).toBe("");
});

test.each([undefined, "Ali\u202Ece", "a".repeat(65), " Alice"])(
  "[M7][M17] a delivery with the name %j changes nothing, and its messages are stored",
  async (displayName) => {
    const { a, b, alice, bob } = await contacts();
    await call(a, "Alice");
    await send(alice, b, "named");
    expect(await listed(b, a)).toBe("Alice");
    // Another name is due again.
    vi.setSystemTime(Date.now() + 901_000);
    await bob.settled();
    const { deliver } = Mailbox.prototype;
    vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(function (this: Mailbox, packed) {
      const { displayName: _, ...delivery } = unpack(packed);
      return deliver.call(this, { ...delivery, ...(displayName !== undefined && { displayName }) });
    });
    await send(alice, b, "a message");
    const frames = await bob.settled();
    expect(frames.filter(({ type }) => type === "peer")).toEqual([]);
    expect(frames).toContainEqual(expect.objectContaining({ type: "message", body: "a message" }));
    expect(await listed(b, a)).toBe("Alice");
  },
);

test("[V5] names survive code that does not know them, and mailboxes of that code have none", async () => {
  const { a, b, alice } = await contacts();
  await call(a, "Alice");
  await send(alice, b, "again");
  await runInDurableObject(env.MAILBOX.getByName(b.userName), (_, { storage: { sql } }) => {
    sql.exec(
      `INSERT INTO contact (name, standing, wrote) VALUES (?, 'contact', 5)
       ON CONFLICT (name) DO UPDATE SET standing = excluded.standing, wrote = max(wrote, excluded.wrote)`,
      a.userName,
    );
  });
  await runInDurableObject(env.MAILBOX.getByName(a.userName), (_, { storage: { sql } }) => {
    sql.exec("UPDATE mailbox SET receipts = 1, presence = 1");
  });
  await Promise.all([evict(a), evict(b)]);
  expect([await listed(b, a), await nameOf(a), await nameOf(b)]).toEqual(["Alice", "Alice", null]);
});
