// Metrics: sums over all shards that wake no mailbox and count repeated reports once.
import { env } from "cloudflare:workers";
import { evictAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import packageJson from "../../package.json";
import { IsolateCounters } from "../../src/census/isolate-counters.ts";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { CounterReport, type CensusReach } from "../../src/metrics/report-counters.ts";
import { DOUBLES } from "../../src/metrics/analytics-points.ts";
import { countStored, counters, type CounterValues } from "../../src/protocol/counters.ts";
import { EVENTS } from "../../src/protocol/log-events.ts";
import { codesIn } from "../../src/protocol/refusals.ts";
import { fetchWorker, callApi } from "../support/accounts.ts";
import { fresh, open } from "../support/devices.ts";
import { countRowsWritten as rowsOf } from "../support/count-rows.ts";
import { ADMIN, createService, statusAndCode } from "../support/operators.ts";
import { STORAGE_FORMAT } from "../../src/protocol/storage-format.ts";

/** The metrics as a scraper reads them: numbers by name and labels. */
async function scrape(token = ADMIN): Promise<Record<string, number>> {
  const response = await callApi("GET", "/api/metrics", undefined, token);
  expect(response.status).toBe(200);
  expect(response.headers.get("Content-Type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const lines = (await response.text()).trimEnd().split("\n");
  for (const line of lines)
    expect(line).toMatch(/^(# (HELP|TYPE) restante_\w+ .+|restante_\w+(\{\w+="[^"]+"(,\w+="[^"]+")*\})? [\d.]+)$/);
  const samples = lines.filter((line) => !line.startsWith("#")).map((line) => line.split(/ (?=[\d.]+$)/));
  expect(new Set(samples.map(([name]) => name)).size).toBe(samples.length);
  return Object.fromEntries(samples.map(([name = "", number]) => [name, Number(number)]));
}

/** The increase of one metric between two scrapes. */
const more = (after: Record<string, number>, before: Record<string, number>, name: string) =>
  (after[name] ?? 0) - (before[name] ?? 0);

test("only operators read the metrics: with the secret, or a service's token of scope admin", async () => {
  expect(await statusAndCode(fetchWorker("/api/metrics"))).toEqual([401, "unauthorized"]);
  expect(await statusAndCode(callApi("GET", "/api/metrics", undefined, "x".repeat(40)))).toEqual([401, "unauthorized"]);
  const { token } = await createService("reader", "read");
  expect(await statusAndCode(callApi("GET", "/api/metrics", undefined, token))).toEqual([403, "forbidden"]);
  const { token: admin } = await createService("grafana", "admin");
  await scrape(admin);
});

test("every code and every event has its series before the first increment, and no other appears", async () => {
  const numbers = await scrape();
  const labels = (name: string) =>
    Object.keys(numbers).flatMap((key) => (key.startsWith(`${name}{`) ? [/="(\w+)"/.exec(key)?.[1] ?? ""] : []));
  expect(labels("restante_events_total").toSorted()).toEqual(Object.keys(EVENTS).toSorted());
  expect(numbers[`restante_events_total{event="broken"}`]).toBe(0);
  expect(labels("restante_failed_total")).toEqual(codesIn("failed"));
  expect(labels("restante_closed_total")).toEqual(codesIn("closing"));
  expect(labels("restante_refused_total")).toEqual(expect.arrayContaining([...codesIn("refused")]));
  expect(labels("restante_problems_total")).toEqual(
    expect.arrayContaining([...codesIn("http"), ...codesIn("closing")]),
  );
  const versions = `version="${packageJson.version}",storage="${STORAGE_FORMAT.writes}",wire="1"`;
  expect(numbers[`restante_build_info{${versions}}`]).toBe(1);
});

test("requests are timed by their declared route, and what no route serves is one series", async () => {
  const before = await scrape();
  await fetchWorker("/api/names/somebody");
  await fetchWorker("/api/frames.schema.json");
  await fetchWorker("/api/frames.schema.json", { method: "HEAD" });
  await callApi("GET", `/api/admin/users/${fresh("nobody")}`, undefined, ADMIN);
  for (const path of ["/api/nothing", "/api/nothing/else", `/api/${"x".repeat(500)}`]) await fetchWorker(path);
  const after = await scrape();
  const counted = (route: string) => more(after, before, `restante_request_seconds_count{route="${route}"}`);
  expect(counted("GET /api/frames.schema.json")).toBe(2);
  expect(counted("GET /api/admin/users/{userName}")).toBe(1);
  expect(counted("other")).toBeGreaterThanOrEqual(3);
  const routes = Object.keys(after).filter((name) => name.startsWith("restante_request_seconds_count"));
  expect(routes.join()).not.toMatch(/nothing|xxx|\*/);
  expect(more(after, before, `restante_request_seconds_bucket{route="other",le="+Inf"}`)).toBe(counted("other"));
});

test("messages, refusals, latency classes and rows are counted", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await open(b)];
  const before = await scrape();
  const [ofAlice, ofBob] = [await rowsOf(a), await rowsOf(b)];
  for (let id = 1; id <= 5; id++) alice.send({ type: "send", id, to: b, body: id });
  await bob.take("message", 5);
  await alice.take("accepted", 5);
  alice.send({ type: "send", id: 9, to: b, body: "too early" }, { type: "send", id: 6, to: a, body: "a note" });
  await alice.until("refused");
  await alice.until("accepted");
  alice.send({ type: "send", id: 1, to: b, body: "another" });
  await alice.until("refused");
  await fetchWorker("/api/nothing");
  const after = await scrape();
  const rows = ofAlice() + ofBob();
  expect(more(after, before, "restante_accepted_total")).toBe(6);
  expect(more(after, before, "restante_stored_total")).toBe(6);
  expect(more(after, before, "restante_queued_total")).toBe(0);
  expect(more(after, before, `restante_refused_total{code="out_of_order"}`)).toBe(1);
  expect(more(after, before, `restante_refused_total{code="id_reused"}`)).toBe(1);
  expect(more(after, before, `restante_problems_total{code="not_found"}`)).toBe(1);
  expect(more(after, before, "restante_rows_written_total")).toBe(rows);
  expect(rows).toBeGreaterThanOrEqual(6);
  expect(more(after, before, `restante_delivery_seconds_bucket{le="+Inf"}`)).toBe(6);
  expect(more(after, before, "restante_delivery_seconds_count")).toBe(6);
  const ends = Object.entries(after).filter(([name]) => name.startsWith("restante_delivery_seconds_bucket"));
  expect(ends.map(([, number]) => number)).toEqual(ends.map(([, number]) => number).toSorted((x, y) => x - y));
  expect(after["restante_users_online"]).toBeGreaterThanOrEqual(2);
});

test("calls to other mailboxes are counted: deliveries, receipts, signals and presence", async () => {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await open(b)];
  const called = (["deliver", "signal", "presence"] as const).map((name) => vi.spyOn(Mailbox.prototype, name));
  const before = await scrape();
  alice.send({ type: "send", id: 1, to: b, body: "hi" });
  bob.ack(Number((await bob.until("message"))["seq"]));
  await alice.mark("delivered");
  alice.send({ type: "typing", to: b });
  await bob.until("typing");
  alice.send({ type: "watch", peers: [b] });
  await alice.until("presence");
  const after = await scrape();
  const counts = called.map(({ mock }) => mock.calls.length);
  vi.restoreAllMocks();
  // The message and its receipt, at least.
  for (const [index, least] of [2, 1, 1].entries()) expect(counts[index]).toBeGreaterThanOrEqual(least);
  expect(more(after, before, "restante_calls_total")).toBe(counts.reduce((sum, count) => sum + count, 0));
});

test("queued, retried and finally refused messages are counted", async () => {
  const [a, b, c] = [fresh("alice"), fresh("bob"), fresh("carol")];
  const [alice] = [await open(a), await open(c)];
  const before = await scrape();
  // Bob's mailbox can't be reached for now.
  await runInDurableObject(env.MAILBOX.getByName(b), (bob) => void Reflect.set(bob, "deliver", null));
  alice.send({ type: "send", id: 1, to: b, body: "hi" });
  expect(await alice.until("accepted")).toMatchObject({ state: "queued" });
  await runInDurableObject(env.MAILBOX.getByName(b), (bob) => void Reflect.deleteProperty(bob, "deliver"));
  await alice.mark("stored");
  await callApi("PUT", `/api/admin/users/${c}/suspension`, {}, ADMIN);
  alice.send({ type: "send", id: 2, to: c, body: "hi" });
  await alice.until("failed");
  const after = await scrape();
  expect(more(after, before, "restante_queued_total")).toBe(1);
  expect(more(after, before, "restante_stored_total")).toBe(1);
  expect(more(after, before, "restante_retries_total")).toBeGreaterThanOrEqual(1);
  expect(more(after, before, "restante_alarms_total")).toBeGreaterThanOrEqual(1);
  expect(more(after, before, `restante_failed_total{code="declined"}`)).toBe(1);
  expect(more(after, before, `restante_closed_total{code="suspended"}`)).toBe(1);
  for (const event of ["deliver_failed", "delivered_late"]) {
    expect(more(after, before, `restante_events_total{event="${event}"}`), event).toBeGreaterThanOrEqual(1);
  }
});

test("[X5] reading the metrics repeatedly wakes no mailbox", async () => {
  const sleeper = await open(fresh("sleeper"));
  for (let n = 1; n < 20; n++) await open(fresh("sleeper"));
  await evictAllDurableObjects({ webSockets: "hibernate" });
  const { wakes } = counters;
  const asked = vi.spyOn(Mailbox.prototype, "countSockets");
  const first = await scrape();
  const second = await scrape();
  expect(asked).not.toHaveBeenCalled();
  vi.restoreAllMocks();
  expect(counters.wakes).toBe(wakes);
  expect(second["restante_wakes_total"]).toBe(first["restante_wakes_total"]);
  expect(second["restante_sockets_online"]).toBe(first["restante_sockets_online"]);
  // A frame wakes one, and that is counted.
  await sleeper.settled();
  expect(more(await scrape(), second, "restante_wakes_total")).toBe(1);
});

test("the end of a socket causes a report", async () => {
  const reported = vi.spyOn(IsolateCounters.prototype, "put");
  const alice = await open(fresh("alice"));
  alice.send({ type: "send", id: 1, to: fresh("bob"), body: "hi" });
  await alice.until("accepted");
  const sofar = counters.accepted;
  alice.socket.close();
  const has = ([, text]: Parameters<IsolateCounters["put"]>) =>
    ((JSON.parse(text) as CounterValues)["accepted"] ?? 0) >= sofar;
  await vi.waitUntil(() => reported.mock.calls.some(has), { timeout: 10_000 });
  vi.restoreAllMocks();
});

/** A simulated census, and the reports that it received. */
function simulatedCensus(): {
  reach: CensusReach;
  reports: { reporter: string; figures: CounterValues }[];
  fails: { next: boolean };
} {
  const reports: { reporter: string; figures: CounterValues }[] = [];
  const fails = { next: false };
  const counted = (reporter: string, text: string) => {
    reports.push({ reporter, figures: JSON.parse(text) as CounterValues });
    return fails.next ? Promise.reject(new Error("the answer is lost")) : Promise.resolve();
  };
  return { reach: { CENSUS: { getByName: () => ({ counted }) } }, reports, fails };
}

test("a report whose reply was lost is repeated in full, and counts once", async () => {
  const { reach, reports, fails } = simulatedCensus();
  const meter = new CounterReport();
  countStored(1);
  fails.next = true;
  await meter.report(reach, 0);
  countStored(1);
  fails.next = false;
  await meter.report(reach, 0);
  expect(new Set(reports.map(({ reporter }) => reporter)).size).toBe(1);
  expect((reports[1]?.figures["stored"] ?? 0) - (reports[0]?.figures["stored"] ?? 0)).toBe(1);
  await meter.report(reach, 0);
  expect(reports[2]?.figures["stored"] ?? reports[1]?.figures["stored"]).toBe(reports[1]?.figures["stored"]);
});

test("after an hour the reporter continues under another name with the same numbers", async () => {
  vi.useFakeTimers({ now: 1_800_000_000_000, toFake: ["Date"] });
  const { reach, reports } = simulatedCensus();
  const meter = new CounterReport();
  countStored(1);
  await meter.report(reach, 0);
  vi.setSystemTime(1_800_000_000_000 + 3_700_000);
  countStored(1);
  countStored(1);
  await meter.report(reach, 0);
  vi.useRealTimers();
  expect(reports[1]?.reporter).not.toBe(reports[0]?.reporter);
  expect(reports[1]?.figures["stored"]).toBe(2);
});

test("reports that are due while one is under way are merged", async () => {
  const { reach, reports } = simulatedCensus();
  const meter = new CounterReport();
  countStored(1);
  const first = meter.report(reach, 0);
  for (let n = 0; n < 10; n++) {
    countStored(1);
    void meter.report(reach, 0);
  }
  await first;
  expect(reports.length).toBeLessThanOrEqual(2);
  expect((reports.at(-1)?.figures["stored"] ?? 0) - counters.stored).toBe(0);
});

test("after the clock went backwards a report waits no longer than the gap between two", async () => {
  const { reach, reports } = simulatedCensus();
  const meter = new CounterReport();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
  await meter.report(reach, 1);
  vi.useRealTimers();
  countStored(1);
  await meter.report(reach, 1);
  expect(reports.length).toBe(2);
});

test("a shard stores a row for each reporter, merges ended ones, and its sum never decreases", async () => {
  await runInDurableObject(env.CENSUS.getByName("15"), (_, { storage: { sql } }) => {
    const counted = new IsolateCounters(sql);
    const hour = 3_600_000;
    const before = counted.total()["made"] ?? 0;
    for (let n = 0; n < 50; n++) {
      counted.put(`ended-${n}`, JSON.stringify({ made: 1 }), 0);
      counted.put(`ended-${n}`, JSON.stringify({ made: 2 }), 0);
    }
    expect(counted.total()["made"]).toBe(before + 100);
    counted.put("alive", JSON.stringify({ made: 7 }), 4 * hour);
    expect(counted.total()["made"]).toBe(before + 107);
    const rows = sql.exec("SELECT reporter FROM counted WHERE reporter LIKE 'ended%'").toArray();
    expect(rows).toEqual([]);
    expect(new IsolateCounters(sql).total()["made"]).toBe(before + 107);
  });
});

test("Analytics Engine receives the increase, in valid data points", async () => {
  const { reach, reports } = simulatedCensus();
  const points: { indexes: string[]; blobs: string[]; doubles: number[] }[] = [];
  const meter = new CounterReport();
  const all = { ...reach, ANALYTICS: { writeDataPoint: (point: (typeof points)[number]) => void points.push(point) } };
  await meter.report(all, 0);
  points.length = 0;
  countStored(30);
  await meter.report(all, 0);
  expect(reports).toHaveLength(2);
  expect(points[0]).toMatchObject({ indexes: ["counts"], blobs: ["counts"] });
  expect(points[0]?.doubles[DOUBLES.indexOf("stored")]).toBe(1);
  expect(points[0]?.doubles[DOUBLES.indexOf("class:3")]).toBe(1);
  expect(DOUBLES.length).toBeLessThanOrEqual(20);
});

test("stats are the metrics as JSON, with each shard", async () => {
  await open(fresh("alice"));
  const stats = (await (await callApi("GET", "/api/admin/stats", undefined, ADMIN)).json()) as {
    auth: string;
    online: { users: number };
    shards: { users: number }[];
  };
  expect(stats.auth).toBe("open");
  expect(stats.shards).toHaveLength(16);
  expect(stats.shards.reduce((sum, { users }) => sum + users, 0)).toBe(stats.online.users);
});
