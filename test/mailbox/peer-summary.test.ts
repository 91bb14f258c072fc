// A wake with the summary of the peers knows what it would know if it read all peers, also after code that does not
// know the summary has written. Rows are counted with the runtime's own counter.
import { expect, test } from "vitest";
import { Log } from "../../src/mailbox/log/log.ts";
import { Random } from "../chaos/random.ts";
import { withLog } from "../support/log-fixture.ts";
import { countRows } from "../support/count-rows.ts";

const PEERS = 20_000;

/** A log with `peers` peers, as they are after a checkpoint. */
function fill(log: Log, sql: SqlStorage, peers = PEERS): Log {
  sql.exec(
    `WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < ${peers})
     INSERT INTO peer (name, began, high, refused, reached, stored, delivered, read, mine, unread, mark, owesDelivered, owesRead, last, page)
     SELECT 'p' || i, 0, 0, 0, 0, 0, 0, 0, 0, 0, ${log.head} + 2 * i, i % 9000 = 0, 0, ${log.head} + 2 * i + 1, '[]' FROM n`,
  );
  sql.exec("UPDATE mailbox SET base = base + 2 * ? + 2", peers);
  const filled = new Log(sql);
  chat(filled, "p5");
  return filled;
}

/** Enough messages with a peer that a checkpoint passes. */
function chat(log: Log, peer: string, count = 600): void {
  for (let n = 1; n <= count; n++) {
    log.append({ kind: "self", peer, origin: null, device: null, id: null, at: n, body: "1" });
    if (n % 100 === 0) log.flush(() => null);
  }
  log.flush(() => null);
}

/** The answers to every question about all peers. */
function answersOf(log: Log) {
  const names = (peers: Iterable<{ readonly name: string }>) => [...peers].map(({ name }) => name);
  const { peers, head } = log;
  return {
    head,
    due: names(peers.withDueReceipts()).toSorted(),
    latest: names(peers.latest(100, Infinity)),
    before: names(peers.latest(7, peers.latest(3, Infinity).at(-1)?.lastSeq ?? Infinity)),
    all: names(peers.latest(1_000_000, Infinity)).length,
    marks: [head - 1, head - 100, head - 1_000, 0].map((seq) => names(peers.marksAfter(seq))),
  };
}

/** The same for a wake without a summary. */
function answersWithout(sql: SqlStorage) {
  sql.exec("UPDATE mailbox SET summary = NULL");
  return answersOf(new Log(sql));
}

test("with 20,000 peers a wake, the latest conversations and skipped ranges cost no more rows", async () => {
  await withLog((begun, sql) => {
    const { head } = fill(begun, sql);
    const counted = countRows(sql);
    const log = new Log(counted.sql);
    expect(counted.rows().read).toBeLessThan(1_000);
    expect(
      log.peers
        .withDueReceipts()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(["p18000", "p9000"]);
    expect(
      log.peers
        .latest(100, Infinity)
        .map(({ name }) => name)
        .slice(0, 3),
    ).toEqual(["p5", "p20000", "p19999"]);
    expect(log.skippedRangeOf(head - 5)).toBe(null);
    expect([...log.peers.marksAfter(head)]).toEqual([]);
    expect(log.head).toBe(head);
    // The row that could say that a range was skipped there.
    expect(counted.rows()).toEqual({ read: 1, written: 0 });
    expect(answersOf(log)).toEqual(answersWithout(sql));
  });
});

test("the summary costs no further row, neither at a checkpoint nor for a message", async () => {
  await withLog((begun, sql) => {
    fill(begun, sql);
    const counted = countRows(sql);
    const log = new Log(counted.sql);
    counted.rows();
    chat(log, "p5", 1);
    const first = counted.rows().written;
    chat(log, "p5", 1);
    expect([first, counted.rows().written]).toEqual([1, 1]);
    // One row a message, and for the checkpoint those of the mailbox and of the peer.
    chat(log, "p5", 511);
    expect(counted.rows().written).toBeLessThanOrEqual(511 + 6 + 1 + 12);
  });
});

test("the next wake finds a mark of a peer that was not named, for one more row; of more than 16 peers, by reading all", async () => {
  await withLog((begun, sql) => {
    let log = fill(begun, sql);
    for (let n = 1; n <= 30; n++) {
      const counted = countRows(sql);
      log = new Log(counted.sql);
      counted.rows();
      const peer = log.peers.get(`p${n + 100}`);
      peer.delivered = n;
      log.peers.mark(peer);
      log.flush(() => null);
      expect(counted.rows().written).toBeLessThanOrEqual(2);
      const woken = new Log(sql);
      expect(woken.head).toBe(peer.markSeq);
      expect([...woken.peers.marksAfter(peer.markSeq - 1)].map(({ name }) => name)).toEqual([peer.name]);
    }
  });
});

test("[V5] code that does not know the summary removes it with a write, and the next wake reads all peers", async () => {
  await withLog((begun, sql) => {
    const log = fill(begun, sql);
    sql.exec("UPDATE peer SET mark = ?, delivered = 7 WHERE name = 'p77'", log.head + 50);
    const woken = new Log(sql);
    expect(woken.head).toBe(log.head + 50);
    expect([...woken.peers.marksAfter(log.head)].map(({ name }) => name)).toEqual(["p77"]);
    chat(woken, "p6");
    const counted = countRows(sql);
    expect(new Log(counted.sql).head).toBe(woken.head);
    expect(counted.rows().read).toBeLessThan(1_000);
    sql.exec(`INSERT INTO peer (name, began, high, refused, reached, stored, delivered, read, mine, unread, mark, owesDelivered, owesRead, last, page)
      SELECT 'newcomer', 0, 0, 0, 0, 0, 0, 0, 0, 0, ${woken.head + 9}, 0, 0, 0, '[]'`);
    expect(new Log(sql).head).toBe(woken.head + 9);
  });
});

test("[V5] a checkpoint moved by code that does not know the summary makes the summary stale", async () => {
  await withLog((begun, sql) => {
    const log = fill(begun, sql, 300);
    chat(log, "newcomer", 1);
    sql.exec("UPDATE mailbox SET checkpoint = ?", log.head);
    expect(new Log(sql).peers.latest(1, Infinity).map(({ name }) => name)).toEqual(["newcomer"]);
  });
});

test("[V5] tables without columns for the summary are read as they are, and get the columns at a checkpoint", async () => {
  await withLog((begun, sql) => {
    for (const trigger of ["peer_insert", "peer_update"]) sql.exec(`DROP TRIGGER ${trigger}`);
    sql.exec("ALTER TABLE mailbox DROP COLUMN summary");
    sql.exec("ALTER TABLE mailbox DROP COLUMN kept");
    sql.exec("ALTER TABLE peer DROP COLUMN writes");
    const before = new Log(sql);
    chat(before, "bob", 10);
    before.peers.mark(before.peers.get("bob"));
    before.flush(() => null);
    const again = new Log(sql);
    expect(again.head).toBe(before.head);
    chat(again, "bob");
    expect(sql.exec("SELECT summary FROM mailbox").one()["summary"]).toContain("bob");
    expect(answersOf(new Log(sql))).toEqual(answersWithout(sql));
    expect(begun.row?.epoch).toBe(again.row?.epoch);
  });
});

test.each([1, 2, 3, 4, 5, 6])(
  "wherever an instance ends, a wake with the summary knows the same as a wake without it (seed %i)",
  async (seed) => {
    await withLog((begun, sql) => {
      const random = new Random(seed);
      let log = seed % 2 === 0 ? fill(begun, sql, 300) : begun;
      for (let step = 0; step < 60; step++) {
        const name = `p${1 + random.below(random.chance(0.5) ? 10 : 300)}`;
        const peer = log.peers.get(name);
        const how = random.below(6);
        if (how === 0) chat(log, name, random.pick([1, 1, 5, 550]));
        if (how === 1) log.peers.mark(peer);
        if (how === 2) log.peers.changed(peer, "soon");
        if (how === 3) {
          peer.dueRead = random.below(2) * 5;
          log.peers.changed(peer);
        }
        if (how === 4) {
          for (let n = 0; n < 3; n++)
            log.append({ kind: "in", peer: name, origin: ++peer.lastOrigin, device: null, id: null, at: 1, body: "1" });
        }
        log.flush(() => null);
        if (how === 5 || random.chance(0.2)) {
          const known = answersOf(new Log(sql));
          const copy = sql.exec("SELECT summary FROM mailbox").one()["summary"];
          const without = answersWithout(sql);
          sql.exec("UPDATE mailbox SET summary = ?", copy);
          expect(known).toEqual(without);
          log = new Log(sql);
        }
      }
    });
  },
);
