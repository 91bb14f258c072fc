// The health of a deployment, as monitoring reads it.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import packageJson from "../../package.json";
import worker from "../../src/worker.ts";
import { Census } from "../../src/census/census.ts";
import { commitFailures } from "../../src/durable/commit-failures.ts";
import { brokenMailboxes } from "../../src/protocol/broken-mailboxes.ts";
import { CENSUS_SHARDS } from "../../src/protocol/census.ts";
import { EntryRows } from "../../src/durable/log/entry-rows.ts";
import { fetchWorker } from "../support/accounts.ts";
import { fresh, open } from "../support/devices.ts";
import { STORAGE_FORMAT } from "../../src/protocol/storage-format.ts";

const VERSIONS = { version: packageJson.version, storage: STORAGE_FORMAT.writes };
const object = { ms: expect.any(Number) };

afterEach(() => {
  vi.restoreAllMocks();
  brokenMailboxes.clear();
});

/** The status, and what fails. */
async function failing(): Promise<[status: number, failing: unknown]> {
  const response = await fetchWorker("/api/health");
  return [response.status, (await response.json<{ failing: unknown }>()).failing];
}

test("the health check makes a round trip to an object, and wakes no mailbox", async () => {
  const audit = vi.spyOn(Census.prototype, "audit");
  await env.CENSUS.getByName("0").report("somebody", 1);
  const response = await fetchWorker("/api/health");
  expect(response.status).toBe(200);
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  expect(await response.json()).toEqual({ status: "ok", failing: [], ...VERSIONS, object });
  expect(audit).not.toHaveBeenCalled();
});

test("[H18] a server whose variables admit nobody is alive, and not ready", async () => {
  const wrong = { ...env, AUTH: "acounts" } as unknown as Env;
  const response = await worker.fetch(new Request("https://restante.test/api/health"), wrong);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ status: "failing", failing: ["configuration"] });
  const alive = await worker.fetch(new Request("https://restante.test/api/health/live"), wrong);
  expect(alive.status).toBe(200);
  expect(await alive.json()).toEqual({ status: "alive", ...VERSIONS });
});

test("[H18] mailboxes of several users that can't commit make it not ready, until one commits", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await open(b)];
  const append = vi.spyOn(EntryRows.prototype, "flush").mockImplementation(() => {
    throw new TypeError("peer.page.push is not a function");
  });
  alice.send({ type: "send", id: 1, to: a, body: "to myself" });
  await vi.waitUntil(() => append.mock.calls.length > 0);
  expect(await failing()).toEqual([200, []]);
  bob.send({ type: "send", id: 1, to: b, body: "to myself" });
  await vi.waitUntil(async () => (await failing())[0] === 503);
  expect(await failing()).toEqual([503, ["mailboxes"]]);
  append.mockRestore();
  const again = await open(fresh("carol"));
  again.send({ type: "send", id: 1, to: fresh("carol"), body: "hi" });
  await again.until("accepted");
  await vi.waitUntil(async () => (await failing())[0] === 200);
});

test("[H18] a minute after the last one broke, the server is ready", () => {
  const now = 1_900_000_000_000;
  brokenMailboxes.add("ann", now);
  brokenMailboxes.add("ann", now);
  expect(brokenMailboxes.areSeveral(now)).toBe(false);
  brokenMailboxes.add("ben", now);
  expect(brokenMailboxes.areSeveral(now + 59_999)).toBe(true);
  expect(brokenMailboxes.areSeveral(now + 60_000)).toBe(false);
});

test("[H18] mailboxes that are reset in their commits again and again, as on a full disk, are broken", async () => {
  const never = new Promise<void>(() => undefined);
  for (const user of ["ann", "ben"]) {
    void commitFailures.track(user, never);
    expect(commitFailures.refuseWritesUntil(user)).toBe(0);
    void commitFailures.track(user, never);
    commitFailures.refuseWritesUntil(user);
  }
  expect(await failing()).toEqual([503, ["mailboxes"]]);
  await commitFailures.track("carol", Promise.resolve());
  expect(await failing()).toEqual([200, []]);
});

test("[H18] the health check fails, without a stack, while the objects' storage does not answer", async () => {
  for (let shard = 0; shard < CENSUS_SHARDS; shard++) {
    await runInDurableObject(env.CENSUS.getByName(String(shard)), (_, state) => {
      state.storage.sql.exec = () => {
        throw new Error("the disk is gone");
      };
    });
  }
  const response = await fetchWorker("/api/health");
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ status: "failing", failing: ["object"], ...VERSIONS, object });
  expect((await fetchWorker("/api/health/live")).status).toBe(200);
});
