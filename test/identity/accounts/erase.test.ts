// Export and erasure: an account is exported completely, and erased except for the record that its name is taken.
import { env } from "cloudflare:workers";
import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { Census } from "../../../src/census/census.ts";
import { Log } from "../../../src/mailbox/log/log.ts";
import { Sql } from "../../../src/durable/log/sql.ts";
import { eraseTables } from "../../../src/mailbox/log/tombstone.ts";
import { shardOf } from "../../../src/protocol/census.ts";
import { type Account, claimAccount, closeCodeOf, openWithToken, callApi } from "../../support/accounts.ts";
import { fresh } from "../../support/devices.ts";
import { ADMIN } from "../../support/operators.ts";

afterEach(() => void vi.restoreAllMocks());

const tablesOf = (name: string) =>
  runInDurableObject(env.MAILBOX.getByName(name), (_, { storage }) =>
    storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_%' ESCAPE '\\'")
      .toArray()
      .map(({ name: table }) => table),
  );

async function world() {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  const [alice, bob] = [await openWithToken(a), await openWithToken(b)];
  alice.send({ type: "send", id: 1, to: b.userName, body: "good morning" });
  await alice.until("accepted");
  bob.send({ type: "send", id: 1, to: a.userName, body: { text: "Guten Morgen" } });
  await bob.until("accepted");
  await alice.until("message");
  return { a, b, alice, bob };
}

test("[A11] an account is exported as JSON Lines", async () => {
  const { a, b } = await world();
  const response = await callApi("GET", "/api/export", undefined, a.token);
  expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "application/jsonl"]);
  const text = await response.text();
  expect(text.endsWith("\n")).toBe(true);
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines[0]).toMatchObject({
    type: "account",
    userName: a.userName,
    settings: { receipts: true, presence: true },
  });
  expect(lines.filter(({ type }) => type === "device")).toMatchObject([{ id: a.device }]);
  expect(lines.filter(({ type }) => type === "contact")).toEqual([
    { type: "contact", peer: b.userName, standing: "contact" },
  ]);
  expect(lines.filter(({ type }) => type === "message")).toMatchObject([
    { from: a.userName, to: b.userName, body: "good morning" },
    { from: b.userName, to: a.userName, body: { text: "Guten Morgen" } },
  ]);
  expect(lines.at(-1)).toEqual({ type: "end", lines: lines.length - 1 });
  expect(text).not.toContain(a.token.split(".")[2]);
});

test("[A11] a large mailbox is exported page by page, completely", async () => {
  const { a } = await world();
  await runInDurableObject(env.MAILBOX.getByName(a.userName), (_, { storage }) => {
    const put = "INSERT INTO entry (seq, kind, peer, origin, at, body) VALUES (?, 'in', 'bob', ?, 0, ?)";
    for (let i = 1; i <= 5_000; i++) storage.sql.exec(put, i, i, JSON.stringify("x".repeat(1_000)));
  });
  const text = await (await callApi("GET", "/api/export", undefined, a.token)).text();
  expect(text.match(/"type":"message"/g)).toHaveLength(5_002);
  expect(text.endsWith(`\n{"type":"end","lines":${text.split("\n").length - 2}}\n`)).toBe(true);
});

test("[A12] an erasure closes the sockets with 4403 and leaves only a tombstone, and nobody gets the name again", async () => {
  const { a, b, alice, bob } = await world();
  expect((await callApi("DELETE", "/api/account", undefined, a.token)).status).toBe(204);
  expect(await alice.until("closing")).toMatchObject({ code: 4403, reason: "erased" });
  expect(await tablesOf(a.userName)).toEqual(["tombstone"]);
  expect((await callApi("POST", "/api/accounts", { userName: a.userName })).status).toBe(409);
  expect(await closeCodeOf(a.userName, { Authorization: `Bearer ${a.token}` })).toBe(4403);
  expect((await callApi("GET", "/api/conversations", undefined, a.token)).status).toBe(403);
  expect((await callApi("POST", "/api/sign-in", { userName: a.userName, code: a.recoveryCode })).status).toBe(401);
  // The peers keep the messages that they have.
  const copy = (await (
    await callApi("GET", `/api/conversations/${a.userName}/messages`, undefined, b.token)
  ).json()) as {
    messages: unknown[];
  };
  expect(copy.messages).toHaveLength(2);
  bob.send({ type: "send", id: 2, to: a.userName, body: "are you there?" });
  const failed = (await bob.take("failed", 1))[0];
  expect(failed).toMatchObject({ code: "unknown_receiver" });
  await abortAllDurableObjects();
  expect((await callApi("POST", "/api/accounts", { userName: a.userName })).status).toBe(409);
  expect(await tablesOf(a.userName)).toEqual(["tombstone"]);
});

test("[A12] unsettled messages are erased with the account", async () => {
  const { a, b, alice, bob } = await world();
  alice.send(...Array.from({ length: 40 }, (_, i) => ({ type: "send", id: i + 2, to: b.userName, body: "late" })));
  expect((await callApi("DELETE", "/api/account", undefined, a.token)).status).toBe(204);
  await bob.settled();
  bob.send({ type: "send", id: 2, to: a.userName, body: "?" });
  await bob.until("failed");
  expect(await tablesOf(a.userName)).toEqual(["tombstone"]);
});

test("[A12] only its user can erase an account", async () => {
  const { a, b } = await world();
  expect((await callApi("DELETE", `/api/account?user=${a.userName}`, undefined, b.token)).status).toBe(403);
  expect((await callApi("DELETE", "/api/account")).status).toBe(401);
  expect((await callApi("GET", "/api/account", undefined, a.token)).status).toBe(200);
});

/** Puts `count` messages into a mailbox, a row each. */
const fill = ({ userName }: Account, count: number) =>
  runInDurableObject(env.MAILBOX.getByName(userName), (_, { storage }) => {
    const put = "INSERT INTO run (seq, count, kind, peer, origin, at, body) VALUES (?, 1, 'in', 'bob', ?, 0, ?)";
    for (let i = 1; i <= count; i++) storage.sql.exec(put, i, i, JSON.stringify("x".repeat(10_000)));
  });

const erase = async ({ token }: Account) => (await callApi("DELETE", "/api/account", undefined, token)).status;

test("[A12] a mailbox can be erased after and during an export", async () => {
  for (const isRead of [true, false]) {
    const { a } = await world();
    await fill(a, 300);
    const reader = (await callApi("GET", "/api/export", undefined, a.token)).body?.getReader();
    const rest = async () => {
      for (;;) if ((await reader?.read())?.done === true) return "whole";
    };
    await reader?.read();
    if (isRead) expect(await rest()).toBe("whole");
    expect(await erase(a)).toBe(204);
    // The running export fails, so that its file does not look complete.
    if (!isRead) await expect(rest()).rejects.toThrow();
    expect(await tablesOf(a.userName)).toEqual(["tombstone"]);
  }
});

test("[A12] a failed erasure leaves the mailbox and its connections unchanged, and can be repeated", async () => {
  const { a, alice, b, bob } = await world();
  const dropped = vi.spyOn(Log.prototype, "erase").mockImplementationOnce(function (this: Log) {
    eraseTables(this.sql);
    throw new Error("the disk is full");
  });
  expect(await erase(a)).toBe(500);
  expect(dropped).toHaveBeenCalledTimes(1);
  bob.send({ type: "send", id: 2, to: a.userName, body: "still there?" });
  expect(await alice.until("message")).toMatchObject({ body: "still there?" });
  alice.send({ type: "send", id: 2, to: b.userName, body: "yes" });
  expect(await alice.until("accepted")).toMatchObject({ id: 2 });
  expect(await erase(a)).toBe(204);
  expect(await alice.until("closing")).toMatchObject({ code: 4403 });
});

const tombstoneOf = (name: string) =>
  runInDurableObject(env.MAILBOX.getByName(name), (_, { storage }) =>
    storage.sql.exec("SELECT * FROM tombstone").toArray(),
  );

test.each([
  ["between its two steps", (sql: SqlStorage) => eraseTables(new Sql(sql))],
  [
    "by code of before",
    (sql: SqlStorage) => {
      eraseTables(new Sql(sql));
      sql.exec("ALTER TABLE tombstone DROP COLUMN clean");
    },
  ],
])(
  "[H15] after an erasure that ended %s, nobody gets the name, and the next wake discards the file",
  async (_when, step) => {
    const { a } = await world();
    await fill(a, 300);
    await runInDurableObject(env.MAILBOX.getByName(a.userName), (_, { storage }) => step(storage.sql));
    await abortAllDurableObjects();
    expect((await callApi("POST", "/api/accounts", { userName: a.userName })).status).toBe(409);
    await vi.waitFor(async () =>
      expect(await tombstoneOf(a.userName)).toMatchObject([{ one: 1, clean: 1, at: expect.any(Number) }]),
    );
    await abortAllDurableObjects();
    expect((await callApi("POST", "/api/accounts", { userName: a.userName })).status).toBe(409);
  },
);

const shardOfName = (name: string) => env.CENSUS.getByName(String(shardOf(name)));

test("[H15] nobody gets a name whose file was gone when the server ended, and a completed erasure leaves no mark in the census", async () => {
  const { a } = await world();
  const remembered = vi.spyOn(Census.prototype, "erasing");
  expect(await erase(a)).toBe(204);
  // An event in between discards it too.
  expect([remembered.mock.calls[0], remembered.mock.calls.at(-1)]).toEqual([
    [a.userName, true],
    [a.userName, false],
  ]);
  expect(await shardOfName(a.userName).isErasing(a.userName)).toBe(false);
  const lost = fresh("anna");
  await shardOfName(lost).erasing(lost, true);
  const claims = () => callApi("POST", "/api/accounts", { userName: lost }).then(({ status }) => status);
  expect(await claims()).toBe(409);
  expect((await callApi("POST", "/api/admin/services", { userName: lost, scopes: ["read"] }, ADMIN)).status).toBe(409);
  await shardOfName(lost).erasing(lost, false);
  expect(await claims()).toBe(201);
});
