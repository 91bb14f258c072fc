// The census of online users: correct with several tabs, after a crash at once for returning users, and after an audit
// for the others.
import { env, exports } from "cloudflare:workers";
import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { Census } from "../../src/census/census.ts";
import { startedShards } from "../../src/census/started-shards.ts";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { type OnlineCount, CENSUS_SHARDS, shardOf, sumOfCounts } from "../../src/protocol/census.ts";
import { fresh, open, plain } from "../support/devices.ts";

async function online(): Promise<OnlineCount> {
  const response = await exports.default.fetch(new Request("http://restante.test/api/online"));
  return response.json();
}

/** The numbers online, as /api/metrics reads them. */
async function scrape(): Promise<OnlineCount> {
  const figures = Array.from({ length: CENSUS_SHARDS }, (_, shard) => shardAt(shard).figures());
  return sumOfCounts((await Promise.all(figures)).map((one) => one.online));
}

/** The process ends with everything in memory, and starts again. */
async function crash(): Promise<void> {
  await abortAllDurableObjects();
  startedShards.clear();
}

const shardAt = (shard: number) => env.CENSUS.getByName(String(shard));

/** Audits every user of every shard. */
async function audit(): Promise<void> {
  for (let shard = 0; shard < CENSUS_SHARDS; shard++) {
    await runInDurableObject(shardAt(shard), async (census: Census) => {
      for (let n = 0; n < 8; n++) await census.audit(Date.now() + 1);
    });
  }
}

test("[H4] three tabs of one user count as one user and three sockets", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  await open(a, "one");
  await open(a, "two");
  const third = await plain(a);
  const bob = await open(b);
  await vi.waitUntil(async () => (await online()).sockets === 4);
  expect(await online()).toEqual({ users: 2, sockets: 4 });
  bob.socket.close();
  third.close();
  await vi.waitUntil(async () => (await online()).sockets === 2);
  expect(await online()).toEqual({ users: 1, sockets: 2 });
});

test("a reconnecting device is counted once", async () => {
  const before = await online();
  const a = fresh("alice");
  for (let n = 0; n < 3; n++) await open(a, "phone");
  await vi.waitUntil(async () => (await online()).sockets === before.sockets + 1);
  expect(await online()).toEqual({ users: before.users + 1, sockets: before.sockets + 1 });
});

test("after a crash the counts are correct at once for returning users, and an audit removes the others", async () => {
  await audit();
  const before = await online();
  const [a, b] = [fresh("alice"), fresh("bob")];
  for (const tab of ["one", "two"]) await open(a, tab);
  await open(b);
  await vi.waitUntil(async () => (await online()).sockets === before.sockets + 3);
  await abortAllDurableObjects();
  expect(await online()).toEqual({ users: before.users + 2, sockets: before.sockets + 3 });
  await open(a, "one");
  await vi.waitUntil(async () => (await online()).sockets === before.sockets + 2);
  await audit();
  expect(await online()).toEqual({ users: 1, sockets: 1 });
});

test("[X5] after a crash of the process the first scrape has the right numbers, without a query of /api/online", async () => {
  await audit();
  const names = Array.from({ length: 40 }, () => fresh("gone"));
  for (const name of names) await shardAt(shardOf(name)).report(name, 2);
  const alice = await open(fresh("alice"));
  await vi.waitUntil(async () => (await online()).users >= 41);
  await crash();
  expect((await scrape()).users).toBeLessThanOrEqual(1);
  const asked = vi.spyOn(Mailbox.prototype, "countSockets");
  await scrape();
  expect(asked).not.toHaveBeenCalled();
  asked.mockRestore();
  alice.socket.close();
});

test("[X5] after a start a shard that finds no wrong number asks no more than eight mailboxes", async () => {
  await runInDurableObject(shardAt(4), async (census: Census) => {
    for (let n = 0; n < 30; n++) await census.report(`true-${n}`, 1);
  });
  await crash();
  const right = vi.spyOn(Mailbox.prototype, "countSockets").mockImplementation(() => Promise.resolve(1));
  expect((await shardAt(4).figures()).online.users).toBeGreaterThanOrEqual(30);
  expect(right).toHaveBeenCalledTimes(8);
  await shardAt(4).figures();
  expect(right).toHaveBeenCalledTimes(8);
  right.mockRestore();
  await audit();
});

test("[H14] while many Workers ask, shard 0 asks the others once in 30 s", async () => {
  const asked = vi.spyOn(Census.prototype, "count");
  const first = await shardAt(0).countAll(true);
  expect(asked).toHaveBeenCalledTimes(CENSUS_SHARDS);
  expect(await Promise.all(Array.from({ length: 20 }, () => shardAt(0).countAll(true)))).toEqual(
    Array.from({ length: 20 }, () => first),
  );
  expect(asked).toHaveBeenCalledTimes(CENSUS_SHARDS);
  asked.mockRestore();
});

test("the count is right while shard 0 runs code that does not add up", async () => {
  const before = await online();
  const old = vi.spyOn(Census.prototype, "countAll").mockRejectedValue(new TypeError("no such method"));
  expect(await online()).toEqual(before);
  expect(old).toHaveBeenCalledTimes(1);
  old.mockRestore();
});

test("an audit queries eight mailboxes at a time, never all at once", async () => {
  const shard = shardAt(0);
  await runInDurableObject(shard, async (census: Census) => {
    for (let n = 0; n < 30; n++) await census.report(`ghost-${n}`, 1);
    expect(await census.audit(Date.now() + 1)).toBe(8);
    for (let n = 0; n < 4; n++) await census.audit(Date.now() + 1);
    expect(await census.count()).toEqual({ users: 0, sockets: 0 });
  });
});

test("no audit begins while the last one waits for mailboxes, however often the census is queried", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const queried: string[] = [];
  const hangs = vi.spyOn(Mailbox.prototype, "countSockets").mockImplementation((name) => {
    queried.push(name);
    return new Promise(() => undefined);
  });
  await runInDurableObject(shardAt(3), async (census: Census) => {
    for (let n = 0; n < 30; n++) await census.report(`silent-${n}`, 1);
    for (let n = 0; n < 4; n++) {
      vi.setSystemTime(Date.now() + 1_000_000);
      await census.count();
    }
    // While all events are inside one process, the runtime runs its timers only if the test waits for one.
    while (queried.length < 8) await scheduler.wait(1);
    await census.count();
    expect(queried.length).toBe(8);
  });
  hangs.mockRestore();
  vi.useRealTimers();
});

test("a repeated report changes nothing", async () => {
  const shard = shardAt(1);
  const before = await shard.count();
  await shard.report("twice", 2);
  expect(await shard.report("twice", 2)).toEqual({ users: before.users + 1, sockets: before.sockets + 2 });
  expect(await shard.report("twice", 0)).toEqual({ ...before });
  expect(await shard.report("twice", 0)).toEqual({ ...before });
});

test("user names are spread evenly over all shards", () => {
  const counts = new Array<number>(CENSUS_SHARDS).fill(0);
  for (let n = 0; n < 16_000; n++) {
    const shard = shardOf(`user-${n}`);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(800);
  expect(Math.max(...counts)).toBeLessThan(1_200);
});

test("[H14] an audit without corrections is followed by the next after 15 minutes, one with corrections after five seconds", async () => {
  const audit = vi.spyOn(Census.prototype, "audit");
  await runInDurableObject(shardAt(2), async (census: Census) => {
    const clock = vi.spyOn(Date, "now");
    const start = 1_900_000_000_000;
    const audits = async (after: number) => {
      clock.mockReturnValue(start + after);
      const before = audit.mock.calls.length;
      await census.count();
      await Promise.all(audit.mock.results.map(({ value }) => value as Promise<number>));
      return audit.mock.calls.length - before;
    };
    expect(await audits(0)).toBe(1);
    expect(await audits(899_999)).toBe(0);
    clock.mockReturnValue(start + 900_000);
    await census.report("ghost", 1);
    // At 900 s the report is too recent to be audited; the audit at 1,800 s corrects it; the one at 1,805 s finds none.
    expect([await audits(900_000), await audits(1_800_000), await audits(1_804_999), await audits(1_805_000)]).toEqual([
      1, 1, 0, 1,
    ]);
    expect(await audits(2_704_999)).toBe(0);
    clock.mockRestore();
  });
  audit.mockRestore();
});
