// Growing tables have a bound, and queries cost no more rows when they are large. Rows are counted with the runtime's
// own counter.
import { expect, test } from "vitest";
import type { MailboxContext } from "../../src/mailbox/instance/context.ts";
import type { Outbox } from "../../src/mailbox/delivery/outbox.ts";
import { Inspector } from "../../src/mailbox/log/inspect.ts";
import { Log } from "../../src/mailbox/log/log.ts";
import { markRead } from "../../src/mailbox/delivery/receipts.ts";
import { MAX_DEVICES } from "../../src/protocol/limits.ts";
import { withLog } from "../support/log-fixture.ts";
import { countRows } from "../support/count-rows.ts";

const OUT = { kind: "out", peer: "bob", origin: null, device: "phone", at: 1, body: "1" } as const;
const IN = { kind: "in", peer: "bob", device: null, id: null, at: 1, body: "1" } as const;

/** The numbers up to `count`, as a table for `INSERT … SELECT`. */
const numbers = (count: number) =>
  `WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;

test(
  "[U12] of 200,000 devices a wake reads the most recent, and the others are deleted over several commits",
  { timeout: 60_000 },
  async () => {
    await withLog((log, sql) => {
      sql.exec(`${numbers(200_000)} INSERT INTO device SELECT 'd' || i, 0, 0, ${log.head} + i % 777, i FROM n`);
      sql.exec(`INSERT INTO device VALUES ('*', 0, 0, 0, 0), ('+', 0, 0, 0, 0)`);
      const again = new Log(sql);
      const { devices } = again;
      expect(devices.all().length).toBe(MAX_DEVICES + 1);
      expect([devices.lastSeen, devices.delivered]).toEqual([200_000, log.head + 776]);
      // A device that is not in memory is read from its row.
      expect(devices.get("d7")).toMatchObject({ name: "d7", seen: 7 });
      let batches = 0;
      while (devices.hasTooMany && batches < 30) {
        devices.deleteOld((name) => name === "d7");
        again.flush(() => null);
        batches++;
      }
      expect(batches).toBeGreaterThan(10);
      const names = sql
        .exec<{ name: string }>("SELECT name FROM device")
        .toArray()
        .map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(["*", "+", "d7", "d200000"]));
      expect(names.length).toBe(MAX_DEVICES + 1);
      const last = new Log(sql).devices;
      expect([last.lastSeen, last.delivered]).toEqual([200_000, log.head + 776]);
    });
  },
);

test("[U12] a new device displaces the one that was away for longest, and a deleted one is as never seen", async () => {
  await withLog((log, sql) => {
    for (let n = 1; n <= MAX_DEVICES; n++)
      log.devices.put(`d${n}`, { cursor: n, seen: n, delivered: log.head + (n === 1 ? 9 : 0) });
    log.flush(() => null);
    expect(log.devices.hasTooMany).toBe(false);
    log.devices.put("newest", { cursor: log.head });
    expect(log.devices.hasTooMany).toBe(true);
    log.devices.deleteOld((name) => name === "d2");
    log.flush(() => null);
    for (const { devices } of [log, new Log(sql)]) {
      expect(devices.get("d1")).toBe(null);
      expect(devices.get("d2")).not.toBe(null);
      expect(devices.get("newest")).not.toBe(null);
      expect(devices.delivered).toBe(log.head + 9);
    }
  });
});

test("an operator's query about many devices reads the log once", async () => {
  await withLog((log, sql) => {
    for (let n = 1; n <= 5_000; n++) {
      log.append({ ...IN, origin: n, at: Math.ceil(n / 3) });
      if (n % 10 === 0) log.flush(() => null);
    }
    const cursors = Array.from({ length: 60 }, (_, i) => log.head - i * 80 - 1);
    const counted = countRows(sql);
    const inspector = new Inspector(new Log(counted.sql).sql);
    counted.rows();
    const after = inspector.afterEach(cursors);
    const { read: rows } = counted.rows();
    expect(cursors.map((seq) => after.get(seq))).toEqual(cursors.map((seq) => inspector.after(seq)));
    expect(rows).toBeLessThan(sql.exec("SELECT 1 FROM run").toArray().length + 200);
  });
});

/** The context that receipts need, and the receipts that are sent. */
function contextOf(log: Log) {
  const sent: object[] = [];
  const sendReceipts: Outbox["sendReceipts"] = (name, receipts) => void sent.push({ name, ...receipts });
  return { sent, context: { user: "alice", log, outbox: { sendReceipts } } as unknown as MailboxContext };
}

test(
  "marking a message read before 100,000 own unanswered messages reads less than 50 rows",
  { timeout: 60_000 },
  async () => {
    await withLog((log, sql) => {
      const { seq } = log.append({ ...IN, origin: 5 });
      log.peers.get("bob").lastOrigin = 5;
      log.peers.get("bob").unread = 1;
      for (let n = 1; n <= 100_000; n++) {
        log.append({ ...OUT, id: n * 2, at: n });
        if (n % 2_000 === 0) log.flush(() => null);
      }
      for (const [upTo, origin] of [
        [seq, 5],
        [Infinity, 5],
      ] as const) {
        const counted = countRows(sql);
        const { sent, context } = contextOf(new Log(counted.sql));
        const peer = context.log.peers.get("bob");
        [peer.readByMe, peer.unread] = [0, 1];
        counted.rows();
        markRead(context, "bob", upTo);
        expect(sent).toEqual([{ name: "bob", read: origin }]);
        expect(peer.unread).toBe(0);
        expect(upTo === Infinity ? counted.rows().read : 0).toBeLessThan(50);
        // The same where nothing was unread.
        [peer.readByMe, peer.unread] = [0, 0];
        counted.rows();
        markRead(context, "bob", seq + 50_000);
        expect(counted.rows().read).toBeLessThan(50);
      }
    });
  },
);

test(
  "the origin to confirm is not searched where nobody ever answered, and behind many own messages the search is bounded",
  { timeout: 60_000 },
  async () => {
    await withLog((log, sql) => {
      for (let n = 1; n <= 50_000; n++) {
        if (n === 1) log.append({ ...IN, origin: 5 });
        log.append({ ...OUT, id: n * 2, at: n });
        if (n % 1_000 === 0) log.flush(() => null);
      }
      const counted = countRows(sql);
      const again = new Log(counted.sql);
      const bob = again.peers.get("bob");
      counted.rows();
      bob.lastOrigin = 0;
      expect(again.conversations.originUpTo(bob, Infinity, false)).toBe(0);
      expect(counted.rows().read).toBe(0);
      bob.lastOrigin = bob.lastRefusedOrigin = 5;
      expect(again.conversations.originUpTo(bob, Infinity, true)).toBe(0);
      expect(counted.rows().read).toBeLessThan(20_000);
    });
  },
);

test(
  "130,000 unread messages are counted, with lists of seqs that a statement can bind",
  { timeout: 60_000 },
  async () => {
    await withLog((log, sql) => {
      for (let n = 1; n <= 130_000; n++) {
        log.append({ ...IN, origin: n });
        if (n % 5_000 === 0) log.flush(() => null);
      }
      const again = new Log(sql);
      const bob = again.peers.get("bob");
      expect(again.conversations.unread(bob, 0)).toBe(130_000);
      expect([...again.entries.of([...again.entries.headsAfter(0)].map(({ seq }) => seq))].length).toBe(130_000);
    });
  },
);

test(
  "130,000 entries that fail at once get their codes, and no row is larger than production allows",
  { timeout: 60_000 },
  async () => {
    await withLog((log, sql) => {
      const seqs = Array.from({ length: 130_000 }, (_, i) => log.append({ ...OUT, id: i + 1 }).seq);
      log.flush(() => null);
      for (const seq of seqs) log.entries.fail(seq, "unknown_receiver");
      log.flush(() => null);
      const { count, bytes } = sql
        .exec<{ count: number; bytes: number }>(
          "SELECT max(count) AS count, max(length(failed) + length(body)) AS bytes FROM run",
        )
        .one();
      expect(count).toBeLessThanOrEqual(4_000);
      expect(bytes).toBeLessThan(400_000);
      expect([...new Log(sql).entries.headsAfter(0)].every(({ failed }) => failed === "unknown_receiver")).toBe(true);
    });
  },
);

test("[S2] a repeat of an old id reads less than 5,000 rows", { timeout: 60_000 }, async () => {
  await withLog((log, sql) => {
    log.append({ ...OUT, id: 1 });
    for (let n = 1; n <= 100_000; n++) {
      log.append({ ...IN, origin: n * 2 });
      if (n % 5_000 === 0) log.flush(() => null);
    }
    log.append({ ...OUT, id: 2 });
    log.flush(() => null);
    const counted = countRows(sql);
    const { entries } = new Log(counted.sql);
    counted.rows();
    expect([...entries.sentBy("phone", new Set([1, 2])).keys()]).toEqual([2]);
    expect(counted.rows().read).toBeLessThan(5_000);
  });
});

test("the log is trimmed after a checkpoint, not at every wake", { timeout: 60_000 }, async () => {
  await withLog((_log, sql) => {
    const retention = { entries: 20_000, age: null };
    const log = new Log(sql, retention);
    for (let n = 1; n <= 30_000; n++) {
      log.append({ ...IN, origin: n * 2 });
      if (n % 500 === 0) {
        log.flush(() => null);
        log.trimIfDue(() => null);
      }
    }
    const kept = () => sql.exec<{ n: number }>("SELECT count(*) AS n FROM run").one().n;
    expect(kept()).toBeLessThan(20_600);
    const counted = countRows(sql);
    for (const each of [new Log(counted.sql, retention), new Log(counted.sql, retention)]) {
      counted.rows();
      each.trimIfDue(() => null);
      expect(counted.rows().read).toBe(0);
    }
    // A lower limit than before takes effect at the next wake.
    const less = new Log(counted.sql, { entries: 1_000, age: null });
    less.trimIfDue(() => null);
    less.flush(() => null);
    expect(kept()).toBe(1_000);
    counted.rows();
    new Log(counted.sql, { entries: 1_000, age: null }).trimIfDue(() => null);
    expect(counted.rows().written).toBe(0);
  });
});
