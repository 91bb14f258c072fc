// Sql enforces the limits of production locally, knows of every write, and leaves no cursor open.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { IdempotencyKeys } from "../../src/mailbox/log/accounts/idempotency-keys.ts";
import { Log } from "../../src/mailbox/log/log.ts";
import { Sql } from "../../src/durable/log/sql.ts";
import { SuspensionRow } from "../../src/mailbox/log/accounts/suspension.ts";
import { fresh } from "../support/devices.ts";
import { withLog } from "../support/log-fixture.ts";

const inSql = (act: (sql: Sql) => void) =>
  runInDurableObject(env.MAILBOX.getByName(fresh("alice")), (_, { storage }) => {
    const sql = new Sql(storage.sql);
    sql.run("CREATE TABLE thing (one TEXT, other TEXT)");
    act(sql);
  });

const INSERT = "INSERT INTO thing (one, other) VALUES (?, ?)";

test.each<[string, (sql: Sql) => void]>([
  ["a text of more than 2 MB", (sql) => sql.rows("SELECT ?", "x".repeat(2_000_001))],
  ["a text of more than 2 MB by its bytes", (sql) => sql.rows("SELECT ?", "é".repeat(1_000_001))],
  ["a row of more than 2 MB", (sql) => sql.run(INSERT, "x".repeat(1_500_000), "x".repeat(1_000_000))],
  [
    "more than 100 parameters",
    (sql) => sql.rows(`SELECT ${"?,".repeat(100)}?`, ...Array.from({ length: 101 }, () => 1)),
  ],
  ["a statement of more than 100 kB", (sql) => sql.rows(`SELECT '${"x".repeat(100_000)}'`)],
  ["a pattern of more than 50 bytes", (sql) => sql.rows(`SELECT 1 WHERE 'x' LIKE '${"x".repeat(51)}'`)],
  ["a pattern that is bound, and so of any length", (sql) => sql.rows("SELECT 1 WHERE 'x' LIKE ?", "x")],
])("%s throws, as in production", async (_what, act) => {
  await inSql((sql) => expect(() => act(sql)).toThrow(/bytes|parameters|units|pattern/));
});

test("statements within the limits of production pass", async () => {
  await inSql((sql) => {
    expect(sql.rows("SELECT length(?) AS n", "é".repeat(1_000_000))).toEqual([{ n: 1_000_000 }]);
    sql.run(INSERT, "x".repeat(1_000_000), "x".repeat(999_000));
    expect(sql.rows("SELECT 1 AS n WHERE 'x' LIKE 'x%'")).toEqual([{ n: 1 }]);
  });
});

test("every write is noticed, whichever part of the log makes it", async () => {
  await withLog((log) => {
    log.flush(() => null);
    expect([log.sql.takeWrote(), log.sql.takeWrote()]).toEqual([true, false]);
    new SuspensionRow(log.sql).begin("spam", null);
    expect(log.sql.takeWrote()).toBe(true);
    new IdempotencyKeys(log.sql).put({ key: "k", sorted: null, digest: "d", at: Date.now(), entries: [1] }, Date.now());
    expect(log.sql.takeWrote()).toBe(true);
    log.raise(log.head + 10);
    expect(log.sql.takeWrote()).toBe(true);
    log.entries.get(1);
    expect(log.sql.takeWrote()).toBe(false);
  });
});

test("the size of the database is measured every 256 statements, and writes in between are added", async () => {
  await inSql((sql) => {
    const before = sql.bytes;
    expect(before).toBeGreaterThan(0);
    sql.run(INSERT, "x".repeat(500_000), "");
    expect(sql.bytes).toBe(before + 500_000);
    sql.run(INSERT, "x".repeat(500_000), "");
    expect(sql.bytes - before).toBeGreaterThan(990_000);
    expect(sql.bytes - before).toBeLessThan(1_100_000);
    sql.run("DELETE FROM thing");
    for (let n = 0; n < 256; n++) sql.run("DELETE FROM thing");
    expect(sql.bytes).toBeLessThan(before + 50_000);
  });
});

test("a query that is read in part locks nothing: its table can be dropped", async () => {
  await runInDurableObject(env.MAILBOX.getByName(fresh("alice")), (_, { storage }) => {
    const log = new Log(storage.sql);
    log.ensureCreated("alice");
    const entry = { kind: "in", peer: "bob", device: null, id: null, body: "1" } as const;
    const seqs: number[] = [];
    for (let n = 1; n <= 2_000; n++) {
      seqs.push(log.append({ ...entry, origin: n * 2, at: n }).seq);
      if (n % 500 === 0) log.flush(() => null);
    }
    const { entries, conversations, peers } = new Log(storage.sql);
    const begun = [
      entries.after(0),
      entries.headsAfter(0),
      entries.of(seqs),
      entries.sentTo("bob", 0),
      conversations.before(peers.get("bob"), Infinity, 1_500),
      conversations.after(peers.get("bob"), 0, 1_500),
    ].map((all) => all[Symbol.iterator]());
    for (const one of begun) one.next();
    storage.transactionSync(() => log.erase());
    expect(new Log(storage.sql).isErased).toBe(true);
  });
});
