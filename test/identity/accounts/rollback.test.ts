// An account works with older and newer code: this code reads and completes the tables of the first release, and the
// first release reads the rows of this code.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { type Account, claimAccount, linkDevice, openWithToken, callApi, addPasskey } from "../../support/accounts.ts";

/** The tables of an account in the first release. Never change them. */
const FIRST = [
  `CREATE TABLE account (one INTEGER PRIMARY KEY CHECK (one = 1), created INTEGER NOT NULL, recovery TEXT NOT NULL,
    link TEXT, linkEnds INTEGER NOT NULL, linkTries INTEGER NOT NULL, secret TEXT NOT NULL, used TEXT NOT NULL)`,
  `CREATE TABLE token (hash TEXT PRIMARY KEY, label TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID`,
  `CREATE TABLE passkey (id TEXT PRIMARY KEY, key TEXT NOT NULL, counter INTEGER NOT NULL, transports TEXT NOT NULL,
    label TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID`,
];
const COLUMNS = {
  account: "one, created, recovery, link, linkEnds, linkTries, secret, used",
  token: "hash, label, created, seen",
  passkey: "id, key, counter, transports, label, created, seen",
} as const;

/** An account of the first release: its rows in its tables. */
async function asAtFirst({ userName }: Account): Promise<void> {
  await runInDurableObject(env.MAILBOX.getByName(userName), (_, { storage: { sql } }) => {
    for (const table of Object.keys(COLUMNS)) sql.exec(`ALTER TABLE ${table} RENAME TO ${table}_now`);
    for (const statement of FIRST) sql.exec(statement);
    for (const [table, columns] of Object.entries(COLUMNS)) {
      sql.exec(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${table}_now`);
      sql.exec(`DROP TABLE ${table}_now`);
    }
  });
  await evictDurableObject(env.MAILBOX.getByName(userName));
}

test("[V5] an account of the first release works, with all later features", async () => {
  const alice = await claimAccount("alice");
  const { key, enter } = await addPasskey(alice);
  await asAtFirst(alice);
  expect((await openWithToken(alice)).welcome.user).toBe(alice.userName);
  expect((await (await enter(key, 2))()).status).toBe(200);
  await asAtFirst(alice);
  expect((await callApi("POST", "/api/proof", { code: alice.recoveryCode }, alice.token)).status).toBe(204);
  const tablet = await linkDevice(alice);
  const theirs = await addPasskey(tablet);
  await evictDurableObject(env.MAILBOX.getByName(alice.userName));
  expect((await callApi("DELETE", `/api/devices/${tablet.device}`, undefined, alice.token)).status).toBe(204);
  expect((await (await theirs.enter(theirs.key, 2))()).status).toBe(401);
  expect((await (await enter(key, 3))()).status).toBe(200);
  expect((await callApi("POST", "/api/sign-in", { userName: alice.userName, code: alice.recoveryCode })).status).toBe(
    200,
  );
});

test("[V5] the first release works with an account that this code has written", async () => {
  const alice = await claimAccount("alice");
  await addPasskey(alice);
  await linkDevice(alice);
  await runInDurableObject(env.MAILBOX.getByName(alice.userName), (_, { storage: { sql } }) => {
    // Its statements name their columns, and leave the others unchanged.
    sql.exec("INSERT INTO token (hash, label, created, seen) VALUES ('f', 'Old', 1, 1)");
    const columns = "id, key, counter, transports, label, created, seen";
    sql.exec(`INSERT INTO passkey (${columns}) VALUES ('p', 'k', 0, '[]', 'Old', 1, 1)`);
    sql.exec(
      "UPDATE account SET recovery = recovery, link = NULL, linkEnds = 0, linkTries = linkTries + 1, used = used",
    );
    const [notice] = sql.exec("SELECT kind, peer, body FROM run WHERE kind = 'notice'").toArray();
    expect(notice).toEqual({ kind: "notice", peer: "", body: "new_passkey" });
  });
  await evictDurableObject(env.MAILBOX.getByName(alice.userName));
  const list = await (await callApi("GET", "/api/passkeys", undefined, alice.token)).json<{ label: string }[]>();
  expect(list.map(({ label }) => label)).toEqual(["Old", "My key"]);
});
