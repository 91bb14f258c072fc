// What a user sets for a conversation: every device receives it, a new one finds it in the list, and code from before
// leaves it as it is.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { counters } from "../../../src/protocol/counters.ts";
import { type Account, callApi, claimAccount, openWithToken } from "../../support/accounts.ts";
import type { Device } from "../../support/client-socket.ts";
import { ADMIN } from "../../support/operators.ts";

const NONE = { pinned: false, muted: false, hidden: false };

async function send(from: Device, to: Account, body: unknown): Promise<void> {
  from.send({ type: "send", id: ++from.welcome.lastId, to: to.userName, body });
  await from.until("accepted");
}

/** Alice and bob, who have written to each other. */
async function world() {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  const [alice, bob] = [await openWithToken(a), await openWithToken(b)];
  await send(bob, a, "hello");
  await send(alice, b, "hi");
  await alice.settled();
  return { a, b, alice, bob };
}

const configure = (who: Account, userName: string, change: unknown) =>
  callApi("PATCH", `/api/conversations/${encodeURIComponent(userName)}`, change, who.token);

async function listed(who: Account, peer: Account): Promise<unknown> {
  const response = await callApi("GET", "/api/conversations", undefined, who.token);
  const { conversations } = await response.json<{ conversations: { peer: string }[] }>();
  return conversations.find((one) => one.peer === peer.userName);
}

const evict = ({ userName }: Account) =>
  evictDurableObject(env.MAILBOX.getByName(userName), { webSockets: "hibernate" });

const sql = ({ userName }: Account, statement: string) =>
  runInDurableObject(env.MAILBOX.getByName(userName), (_, { storage }) => storage.sql.exec(statement).toArray());

test("[Q9] a setting goes to every device and into the list, under the canonical name, and is kept", async () => {
  const { a, b, alice, bob } = await world();
  const tablet = await openWithToken(a, "tablet", "&cursor=head");
  expect(await listed(a, b)).toMatchObject(NONE);
  expect((await configure(a, b.userName.toUpperCase(), { pinned: true, muted: true })).status).toBe(204);
  const peer = { type: "peer", seq: expect.any(Number), peer: b.userName, standing: "contact", displayName: "" };
  for (const device of [alice, tablet])
    expect(await device.until("peer")).toEqual({ ...peer, ...NONE, pinned: true, muted: true });
  expect((await configure(a, b.userName, { pinned: false })).status).toBe(204);
  for (const device of [alice, tablet]) expect(await device.until("peer")).toEqual({ ...peer, ...NONE, muted: true });
  await evict(a);
  expect(await listed(a, b)).toMatchObject({ ...NONE, muted: true });
  // It is nobody else's.
  expect(await listed(b, a)).toMatchObject(NONE);
  expect((await bob.settled()).filter(({ type }) => type === "peer")).not.toContainEqual(
    expect.objectContaining({ muted: true }),
  );
});

test("[Q9] the same again changes nothing and writes nothing; a change writes two rows", async () => {
  const { a, b, alice } = await world();
  await configure(a, b.userName, { pinned: true, hidden: true });
  await alice.take("peer", 1);
  const before = counters.rows;
  for (const same of [{ pinned: true }, { hidden: true, muted: false }, {}])
    expect((await configure(a, b.userName, same)).status).toBe(204);
  expect(counters.rows).toBe(before);
  expect((await configure(a, b.userName, { muted: true })).status).toBe(204);
  expect(counters.rows - before).toBe(2);
  expect((await alice.settled()).filter(({ type }) => type === "peer")).toHaveLength(1);
});

test.each(["of the peer", "of the user"])(
  "[Q9] a hidden conversation is shown again with a message %s",
  async (whose) => {
    const { a, b, alice, bob } = await world();
    await configure(a, b.userName, { hidden: true });
    expect(await listed(a, b)).toMatchObject({ hidden: true });
    await evict(a);
    expect(await listed(a, b)).toMatchObject({ hidden: true });
    if (whose === "of the peer") await send(bob, a, "are you there?");
    else await send(alice, b, "I am back");
    expect(await listed(a, b)).toMatchObject({ hidden: false });
    // A device that was away receives both: the entry, with what holds by now, and the message.
    const tablet = await openWithToken(a, "tablet");
    const peers = (await tablet.settled()).filter(({ type, peer }) => type === "peer" && peer === b.userName);
    expect(peers.at(-1)).toMatchObject({ hidden: false });
  },
);

test("[Q9] a conversation with nobody is not found; a blocked stranger has one", async () => {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  const refused = await configure(a, b.userName, { muted: true });
  expect([refused.status, await refused.json()]).toMatchObject([404, { code: "not_found" }]);
  expect((await configure(a, "no name", { muted: true })).status).toBe(400);
  expect((await configure(a, b.userName, { quiet: true })).status).toBe(400);
  await callApi("PUT", `/api/blocks/${b.userName}`, undefined, a.token);
  const alice = await openWithToken(a);
  expect((await configure(a, b.userName, { muted: true })).status).toBe(204);
  await alice.until("peer");
  expect(await alice.until("peer")).toMatchObject({ standing: "blocked", muted: true });
});

test("[V5] settings survive code that does not know them, and rows of that code have none", async () => {
  const { a, b } = await world();
  const put = (
    standing: string,
  ) => `INSERT INTO contact (name, standing, wrote) VALUES ('${b.userName}', '${standing}', 5)
    ON CONFLICT (name) DO UPDATE SET standing = excluded.standing, wrote = max(wrote, excluded.wrote)`;
  expect(await sql(a, "SELECT name FROM pragma_table_info('contact') WHERE name = 'pinned'")).toEqual([]);
  await evict(a);
  expect(await listed(a, b)).toMatchObject(NONE);
  await configure(a, b.userName, { pinned: true, muted: true });
  await sql(a, put("request"));
  await sql(a, "INSERT INTO contact (name, standing, wrote) VALUES ('somebody', 'contact', 5)");
  await evict(a);
  expect(await listed(a, b)).toMatchObject({ standing: "request", pinned: true, muted: true, hidden: false });
  expect((await configure(a, "somebody", { pinned: true })).status).toBe(204);
});

test("[A11] the user's own name, with settings of its own, is no contact in the export and in the operator's view", async () => {
  const { a, b, alice } = await world();
  await send(alice, a, "a note");
  expect((await configure(a, a.userName, { pinned: true })).status).toBe(204);
  const { body } = await callApi("GET", "/api/export", undefined, a.token);
  const lines = (await new Response(body).text()).trim().split("\n");
  const all = lines.map((one) => JSON.parse(one) as Record<string, unknown>);
  expect(all.filter(({ type }) => type === "contact")).toEqual([
    { type: "contact", peer: b.userName, standing: "contact" },
  ]);
  const seen = await callApi("GET", `/api/admin/users/${a.userName}`, undefined, ADMIN);
  expect(await seen.json()).toMatchObject({ contacts: { contact: 1, request: 0, blocked: 0 } });
});
