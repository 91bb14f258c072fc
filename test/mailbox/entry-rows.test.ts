// Entries are written in runs, and read one by one as they were appended, by this code and by code of before there were
// runs, which knows a table `entry`.
import { expect, test, vi } from "vitest";
import { Inspector } from "../../src/mailbox/log/inspect.ts";
import { Log } from "../../src/mailbox/log/log.ts";
import type { Entry } from "../../src/durable/log/entry.ts";
import type { Kind } from "../../src/durable/log/kinds.ts";
import { Sql } from "../../src/durable/log/sql.ts";
import { counters } from "../../src/protocol/counters.ts";
import { Random } from "../chaos/random.ts";
import { withLog } from "../support/log-fixture.ts";

const BODIES = ['"hi"', "null", '"\\u0000"', '"\\ud800 alone"', '{"a":["\\"",1.50e3]}', '"你好 🚀"', "[]"];
const COLUMNS = "seq, kind, peer, origin, device, id, at, failed, body";

type Made = Entry & { failed: string | null };

/**
 * Appends `count` entries, most of which continue a run. At random a commit ends, an entry fails, or the table is
 * queried.
 */
function append(log: Log, random: Random, count: number, made: Made[] = []): Made[] {
  let [kind, peer, number, at]: [Kind, string, number, number] = [
    "in",
    "bob",
    1_764_000_000_000_001 + 10 * made.length,
    1_764_000_000_000,
  ];
  for (let n = 0; n < count; n++) {
    if (random.chance(0.1)) kind = random.pick(["in", "out", "self", "peer"] as const);
    if (random.chance(0.05)) peer = random.pick(["bob", "carol"]);
    if (random.chance(0.05)) at++;
    number += random.chance(0.05) ? 2 : 1;
    const ids = kind === "out" || kind === "self" ? { device: "a", id: number } : { device: null, id: null };
    const body = random.pick(BODIES);
    made.push({ ...log.append({ kind, peer, origin: kind === "in" ? number : null, at, body, ...ids }) });
    if (random.chance(0.05)) log.peers.mark(log.peers.get(peer));
    if (random.chance(0.05)) fail(log, random.pick(made), made);
    const then = random.below(30);
    if (then === 0) log.flush(() => null);
    if (then === 1) expect(log.entries.get(made.at(-1)?.seq ?? 0)).toEqual(made.at(-1));
  }
  log.flush(() => null);
  return made;
}

/** Has a message fail, if it was sent and has not failed yet. */
function fail(log: Log, sent: Made, made: Made[]): void {
  if (sent.kind !== "out" || sent.failed !== null) return;
  sent.failed = "quota";
  log.entries.fail(sent.seq, "quota");
  const last = { kind: "failed", peer: sent.peer, origin: sent.seq, device: null, id: null, at: sent.at } as const;
  made.push({ ...log.append({ ...last, body: "quota" }) });
}

const rowsOf = (sql: SqlStorage) => sql.exec<{ n: number }>("SELECT count(*) AS n FROM run").one().n;

test("[S9] appended entries are on disk one by one, with numbers as numbers, in less than half as many rows", async () => {
  await withLog((log, sql) => {
    const made = append(log, new Random(7), 1_000);
    expect(sql.exec(`SELECT ${COLUMNS} FROM entry ORDER BY seq`).toArray()).toEqual(made);
    expect(made.filter(({ failed }) => failed !== null).length).toBeGreaterThan(5);
    expect(rowsOf(sql)).toBeLessThan(made.length / 2);
    for (const from of ["run", "entry"]) {
      const types = `SELECT DISTINCT typeof(seq) || typeof(at) || typeof(coalesce(origin, 0)) || typeof(coalesce(id, 0)) AS t FROM ${from}`;
      expect(sql.exec(types).toArray()).toEqual([{ t: "integer".repeat(4) }]);
    }
  });
});

test("a look for received messages among no seqs splits no run", async () => {
  await withLog((log, sql) => {
    const sent = { kind: "out", peer: "bob", origin: null, device: "a", at: 1_764_000_000_000, body: '"hi"' } as const;
    log.append({ ...sent, id: 1 });
    expect(log.entries.countReceivedAmong([])).toBe(0);
    expect(log.entries.lastReceivedAmong([])).toBe(0);
    log.append({ ...sent, id: 2 });
    log.flush(() => null);
    expect(rowsOf(sql)).toBe(1);
  });
});

test.each([1, 2, 3, 4, 5])("every query finds the appended entries, from any seq on (seed %i)", async (seed) => {
  await withLog((log, sql) => {
    const random = new Random(seed);
    append(log, random, 400);
    // A log with nothing in memory.
    const rest = new Log(sql);
    const made = append(rest, random, 100, [...log.entries.page(0, Infinity, 10_000)]);
    const cold = new Log(sql);
    for (const { entries } of [rest, cold]) {
      for (let n = 0; n < 60; n++) {
        const { seq, device, origin, peer } = random.pick(made);
        const from = seq - random.below(2);
        const after = made.filter((entry) => entry.seq > from);
        const some = made.filter(() => random.chance(0.1));
        const seqs = some.map((entry) => entry.seq);
        expect([...entries.after(from)]).toMatchObject(after.map((entry) => ({ seq: entry.seq, body: entry.body })));
        expect([...entries.headsAfter(from)].map((entry) => entry.seq)).toEqual(after.map((entry) => entry.seq));
        expect(entries.get(seq)).toEqual(made.find((entry) => entry.seq === seq));
        expect([...entries.of([...seqs, 1, seq + 0.5])]).toEqual(some);
        expect(entries.countReceivedAmong(seqs)).toBe(some.filter(({ kind }) => kind === "in").length);
        expect(entries.countReceivedAfter(from)).toBe(after.filter(({ kind }) => kind === "in").length);
        expect(entries.page(from, seq + 40, 17)).toEqual(after.filter((entry) => entry.seq <= seq + 40).slice(0, 17));
        const sent = after.filter(
          ({ kind, failed, ...entry }) => kind === "out" && failed === null && entry.peer === peer,
        );
        expect([...entries.sentTo(peer, from)].map((entry) => entry.seq)).toEqual(sent.map((entry) => entry.seq));
        const ids = some.filter((entry) => entry.device === "a").map(({ id }) => id ?? 0);
        expect([...entries.sentBy("a", new Set(ids)).keys()].toSorted((x, y) => x - y)).toEqual(ids);
        expect(device === null || entries.sentBy(device, new Set([0])).size === 0).toBe(true);
        const origins = made.filter(
          (entry) => entry.kind === "in" && entry.peer === peer && (entry.origin ?? 0) >= (origin ?? 0),
        );
        expect(entries.originsFrom(peer, origin ?? 0)).toEqual(new Set(origins.map((entry) => entry.origin)));
        expect(entries.hasFailed(seq)).toBe(made.find((entry) => entry.seq === seq)?.failed !== null);
      }
    }
    const inspector = new Inspector(new Sql(sql));
    expect(inspector.sizes().entries).toBe(made.length);
    const one = random.pick(made.filter(({ kind }) => kind === "in"));
    const bytes = new TextEncoder().encode(one.body).length;
    expect(inspector.after(one.seq)).toBe(made.filter(({ seq }) => seq > one.seq).length);
    expect([inspector.message(one.seq), inspector.received(one.peer, one.origin ?? 0)]).toMatchObject([
      { seq: one.seq, bytes },
      { seq: one.seq, bytes },
    ]);
  });
});

test("a run ends before its row grows too large, and single entries are read from it", async () => {
  await withLog((log, sql) => {
    const entry = { kind: "out", peer: "bob", origin: null, device: "a", at: 1 } as const;
    const body = JSON.stringify("x".repeat(20_000));
    const made = Array.from({ length: 10 }, (_, i) => log.append({ ...entry, id: i + 1, body }));
    log.flush(() => null);
    expect(rowsOf(sql)).toBe(4);
    expect(made.map(({ seq }) => new Log(sql).entries.get(seq))).toEqual(made);
  });
});

test("a failed batch costs three rows: the run of failures, the codes in the failed run, and the row of the peer", async () => {
  await withLog((log, sql) => {
    const entry = { kind: "out", peer: "bob", origin: null, device: "a", at: 1, body: "1" } as const;
    const made = Array.from({ length: 40 }, (_, i) => log.append({ ...entry, id: i + 1 }));
    log.flush(() => null);
    const before = counters.rows;
    // All in one millisecond: two would make two rows.
    const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now());
    for (const { seq, peer, at } of made.slice(3)) log.fail({ seq, peer, at }, "quota");
    clock.mockRestore();
    log.flush(() => null);
    expect([counters.rows - before, rowsOf(sql)]).toEqual([3, 2]);
    const failed = made.map(({ seq }) => new Log(sql).entries.hasFailed(seq));
    expect(failed).toEqual(made.map((_, i) => i >= 3));
  });
});

// With the statements of code of before there were runs.
test("[V5] after a rollback older code reads and writes a table `entry`, and this code reads what it wrote", async () => {
  await withLog((log, sql) => {
    const made = append(log, new Random(8), 200);
    const [before, last] = [made[49]?.seq ?? 0, made.at(-1)?.seq ?? 0];
    expect(sql.exec("SELECT max(seq) AS n FROM entry").one()).toEqual({ n: last });
    const insert = `INSERT INTO entry (seq, kind, peer, origin, device, id, at, body)
      SELECT ?1 + key, ?2, ?3, ?4 + key, ?5, ?6 + key, ?7, value FROM json_each(?8)`;
    sql.exec(insert, last + 1, "out", "bob", null, "a", 9, 5, JSON.stringify(BODIES));
    for (const [i, body] of BODIES.entries())
      made.push({
        seq: last + 1 + i,
        kind: "out",
        peer: "bob",
        origin: null,
        device: "a",
        id: 9 + i,
        at: 5,
        failed: null,
        body,
      });
    const sent = made.filter(({ kind, failed }) => kind === "out" && failed === null);
    for (const entry of sent.slice(-BODIES.length - 9)) {
      entry.failed = "unknown_receiver";
      sql.exec("UPDATE entry SET failed = ? WHERE seq = ?", entry.failed, entry.seq);
    }
    sql.exec("DELETE FROM entry WHERE seq <= ?", before);
    const left = [...new Log(sql).entries.after(before)];
    expect(left).toEqual(made.filter(({ seq }) => seq > before));
    // A run that would be cut in two stays whole.
    expect(sql.exec("SELECT min(run) AS run FROM entry").one()["run"]).toBeGreaterThan(before);
  });
});

test("a checkpoint follows every 512 rows, and an entry that continues a run counts as 1/16 of a row", async () => {
  await withLog((log, sql) => {
    const checkpoint = () => sql.exec<{ checkpoint: number }>("SELECT checkpoint FROM mailbox").one().checkpoint;
    const group = (count: number, at: (n: number) => number) => {
      for (let n = 0; n < count; n++)
        log.append({ kind: "in", peer: "bob", origin: log.head + 1, device: null, id: null, at: at(n), body: "1" });
      log.flush(() => null);
    };
    const first = checkpoint();
    for (let n = 0; n < 8; n++) group(500, () => n);
    expect(checkpoint()).toBe(first);
    for (let n = 8; n < 16; n++) group(500, () => n);
    const [second, head] = [checkpoint(), log.head];
    expect(second).toBeGreaterThan(first);
    group(500, (n) => n);
    expect(checkpoint()).toBe(second);
    group(500, (n) => n);
    expect(checkpoint()).toBeGreaterThan(head);
  });
});
