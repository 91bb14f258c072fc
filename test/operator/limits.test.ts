// Suspensions with an end, and quotas of one user.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { configOf, type MailboxConfig } from "../../src/mailbox/limits/config.ts";
import { UserLimits } from "../../src/mailbox/limits/user-limits.ts";
import { QuotaRows } from "../../src/mailbox/log/accounts/quota-rows.ts";
import { SuspensionRow } from "../../src/mailbox/log/accounts/suspension.ts";
import type { MailboxOverview } from "../../src/protocol/operator-orders.ts";
import { Sql } from "../../src/durable/log/sql.ts";
import { callApi } from "../support/accounts.ts";
import { fresh, open } from "../support/devices.ts";
import { ADMIN } from "../support/operators.ts";

const at = (name: string, rest = "") => `/api/admin/users/${encodeURIComponent(name)}${rest}`;
const operate = (method: string, path: string, body?: unknown) => callApi(method, path, body, ADMIN);
const look = async (name: string) => (await operate("GET", at(name))).json<MailboxOverview>();

afterEach(() => {
  vi.useRealTimers();
});

function withSql<T>(work: (sql: Sql, storage: SqlStorage) => T): Promise<T> {
  return runInDurableObject(env.REGISTRY.getByName(fresh("limits")), (_, { storage }) =>
    work(new Sql(storage.sql), storage.sql),
  );
}

test("[X1] a suspension ends at its time, and a later one replaces its end", async () => {
  await withSql((sql) => {
    vi.useFakeTimers({ now: 1_000, toFake: ["Date"] });
    const row = new SuspensionRow(sql);
    expect(row.begin("spam", 5_000)).toEqual({ at: 1_000, reason: "spam", until: 5_000 });
    vi.setSystemTime(4_999);
    expect(new SuspensionRow(sql).current).toEqual({ at: 1_000, reason: "spam", until: 5_000 });
    expect(row.begin("", 9_000)).toEqual({ at: 1_000, reason: "spam", until: 9_000 });
    vi.setSystemTime(9_000);
    expect([row.current, new SuspensionRow(sql).current]).toEqual([null, null]);
    expect(row.begin("again", null)).toEqual({ at: 9_000, reason: "again", until: null });
    row.end();
    expect(new SuspensionRow(sql).current).toBe(null);
  });
});

test("[X1] the row of older code gets an end, and older code reads the row of this one", async () => {
  await withSql((sql, storage) => {
    storage.exec(
      "CREATE TABLE suspension (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL, reason TEXT NOT NULL)",
    );
    storage.exec("INSERT INTO suspension (one, at, reason) VALUES (1, 7, 'old')");
    const row = new SuspensionRow(sql);
    expect(row.current).toEqual({ at: 7, reason: "old", until: null });
    const until = Date.now() + 60_000;
    expect(row.begin("", until)).toEqual({ at: 7, reason: "old", until });
    expect(storage.exec("SELECT at, reason FROM suspension").toArray()).toEqual([{ at: 7, reason: "old" }]);
    storage.exec("DELETE FROM suspension");
    storage.exec("INSERT INTO suspension (one, at, reason) VALUES (1, 8, 'older code')");
    expect(new SuspensionRow(sql).current).toEqual({ at: 8, reason: "older code", until: null });
  });
});

test("[X1] a user whose suspension is over connects again, after a restart too, and the list shows nobody", async () => {
  const name = fresh("alice");
  const alice = await open(name);
  const until = Date.now() + 1_500;
  expect(await (await operate("PUT", at(name, "/suspension"), { reason: "spam", until })).json()).toMatchObject({
    until,
  });
  expect(await alice.until("closing")).toMatchObject({ code: 4403 });
  await evictDurableObject(env.MAILBOX.getByName(name), { webSockets: "close" });
  expect(await look(name)).toMatchObject({ suspended: { reason: "spam", until } });
  await expect.poll(async () => (await look(name)).suspended, { timeout: 10_000 }).toBe(null);
  await (await open(name, "back")).settled();
  const { users } = await (
    await operate("GET", "/api/admin/users?suspended=yes")
  ).json<{ users: { userName: string }[] }>();
  expect(users.map(({ userName }) => userName)).not.toContain(name);
});

const limited: MailboxConfig = configOf({ AUTH: "open", SENDS_PER_SECOND: "10" });

test("[X9] an operator's quotas replace the deployment's for one user, and outlive a restart", async () => {
  await withSql((sql, storage) => {
    const limits = new UserLimits("x", limited, new QuotaRows(sql));
    limits.change({ SENDS_PER_SECOND: 50, STRANGER_MESSAGES: 1, MAILBOX_BYTES: undefined });
    expect(limits.quotas).toEqual({ ...limited.quotas, SENDS_PER_SECOND: 50, STRANGER_MESSAGES: 1 });
    storage.exec("INSERT INTO quota VALUES ('QUOTA_OF_NEWER_CODE', 7)");
    const again = new UserLimits("x", limited, new QuotaRows(sql));
    expect([again.quotas?.SENDS_PER_SECOND, again.strangerMessages, again.state.own]).toEqual([
      50,
      1,
      { SENDS_PER_SECOND: 50, STRANGER_MESSAGES: 1 },
    ]);
    again.change({ SENDS_PER_SECOND: null, STRANGER_MESSAGES: null });
    expect([again.quotas, again.state.own]).toEqual([limited.quotas, {}]);
    expect(new UserLimits("x", { ...limited, quotas: null }, new QuotaRows(sql)).state.values).toBe(null);
  });
});

test("[X9] a quota is set and ended over the API, also while RATE_LIMIT is off, and a look shows it", async () => {
  const name = fresh("alice");
  await open(name);
  const set = await operate("PATCH", at(name, "/quotas"), { SENDS_PER_SECOND: 50, MAILBOX_BYTES: 2_000_000_000 });
  expect(await set.json()).toEqual({ SENDS_PER_SECOND: 50, MAILBOX_BYTES: 2_000_000_000 });
  expect(await (await operate("PATCH", at(name, "/quotas"), { SENDS_PER_SECOND: null })).json()).toEqual({
    MAILBOX_BYTES: 2_000_000_000,
  });
  await evictDurableObject(env.MAILBOX.getByName(name), { webSockets: "close" });
  expect((await look(name)).limits).toEqual({ values: null, own: { MAILBOX_BYTES: 2_000_000_000 }, refused: [] });
});
