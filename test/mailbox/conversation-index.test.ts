// The entries of conversations, and the state of their peers: a wake knows both although rows are deferred, at any
// point the instance ended.
import { expect, test } from "vitest";
import type { MailboxContext } from "../../src/mailbox/instance/context.ts";
import type { SuspensionRow } from "../../src/mailbox/log/accounts/suspension.ts";
import { Inspector } from "../../src/mailbox/log/inspect.ts";
import { Log } from "../../src/mailbox/log/log.ts";
import type { Peer } from "../../src/mailbox/log/peers/peer.ts";
import { Sql } from "../../src/durable/log/sql.ts";
import { acceptableCount } from "../../src/mailbox/limits/quotas.ts";
import { configOf } from "../../src/mailbox/limits/config.ts";
import { UserLimits } from "../../src/mailbox/limits/user-limits.ts";
import { QuotaRows } from "../../src/mailbox/log/accounts/quota-rows.ts";
import { counters } from "../../src/protocol/counters.ts";
import type { Delivery } from "../../src/protocol/envelope.ts";
import { Random } from "../chaos/random.ts";
import { withLog } from "../support/log-fixture.ts";

/** Rows of the table `page` that `act` reads, with the runtime's own counter. */
function pagesReadBy(sql: SqlStorage, act: (sql: SqlStorage) => void): number {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  const exec = (query: string, ...bindings: unknown[]) => {
    const cursor = sql.exec(query, ...bindings);
    if (query.includes("FROM page")) cursors.push(cursor);
    return cursor;
  };
  act({ exec } as unknown as SqlStorage);
  return cursors.reduce((rows, { rowsRead }) => rows + rowsRead, 0);
}

test.each([
  ["in one page", "SELECT 1"],
  [
    "[V5] in pages of 48 that older code wrote before the row of the peer",
    `UPDATE peer SET last = 0, page = '[]';
     INSERT INTO page SELECT peer, min(seq), max(seq), json_group_array(seq) FROM
       (SELECT peer, seq, row_number() OVER (ORDER BY seq) - 1 AS n FROM entry) WHERE n < 96 GROUP BY n / 48
       ON CONFLICT DO UPDATE SET last = excluded.last, seqs = excluded.seqs`,
  ],
])("after a wake a conversation has every entry once, %s", async (_how, change) => {
  await withLog((log, sql) => {
    const entry = { kind: "out", peer: "bob", origin: null, device: "a", at: 1, body: "1" } as const;
    const seqs = Array.from({ length: 110 }, (_, i) => log.append({ ...entry, id: i + 1 }).seq);
    log.flush(() => null);
    sql.exec(change);
    const again = new Log(sql);
    const peer = again.peers.get("bob");
    const history = () => [...again.conversations.before(peer, Infinity, 1_000)].map(({ seq }) => seq).toReversed();
    expect(history()).toEqual(seqs);
    for (let id = 111; id <= 200; id++) seqs.push(again.append({ ...entry, id }).seq);
    again.flush(() => null);
    expect(history()).toEqual(seqs);
    expect([...again.conversations.after(peer, seqs[40] ?? 0, 100)].map(({ seq }) => seq)).toEqual(seqs.slice(41, 141));
    const before = [...new Log(sql).conversations.before(peer, seqs[150] ?? 0, 120)].toReversed();
    expect(before.map(({ seq }) => seq)).toEqual(seqs.slice(30, 150));
  });
});

/** Receives one message of each of these peers, in order, each in a commit of its own. */
function receiveFrom(log: Log, ...names: string[]): void {
  for (const peer of names) {
    log.append({ kind: "in", peer, origin: log.head, device: null, id: null, at: 1, body: "1" });
    log.flush(() => null);
  }
}

test("a peer counts as a conversation from its first message on", async () => {
  await withLog((log, sql) => {
    const count = () => new Inspector(new Sql(sql)).sizes().conversations;
    // A delivery that was answered with `behind` leaves a row and no message.
    log.peers.changed(log.peers.get("bob"));
    receiveFrom(log, "carol");
    expect(count()).toBe(1);
    receiveFrom(log, "bob");
    expect(count()).toBe(2);
  });
});

test("the newest conversations are known, also where their rows are deferred", async () => {
  await withLog((log, sql) => {
    receiveFrom(log, "bob", "carol", "dave", "erin", "bob", "erin");
    const rows = counters.rows;
    for (const { peers } of [log, new Log(sql)]) {
      const latest = (before: string | null) =>
        peers.latest(1, before === null ? Infinity : peers.get(before).lastSeq).map(({ name }) => name);
      expect([null, "erin", "bob", "dave", "carol"].map(latest)).toEqual([["erin"], ["bob"], ["dave"], ["carol"], []]);
      const all = peers.latest(9, Infinity).map(({ name }) => name);
      expect(all).toEqual(["erin", "bob", "dave", "carol"]);
    }
    // The queries write nothing.
    expect(counters.rows).toBe(rows);
  });
});

test("a page is full with 10,000 entries, however few its ranges are", async () => {
  await withLog((log, sql) => {
    const entry = { kind: "out", peer: "bob", origin: null, device: "a", at: 1, body: "1" } as const;
    const pages = () => sql.exec<{ n: number }>("SELECT count(*) AS n FROM page").one().n;
    const seqs = Array.from({ length: 9_999 }, (_, i) => log.append({ ...entry, id: i + 1 }).seq);
    log.flush(() => null);
    expect(pages()).toBe(0);
    for (let id = 10_000; id <= 10_010; id++) seqs.push(log.append({ ...entry, id }).seq);
    log.flush(() => null);
    expect(pages()).toBe(1);
    seqs.push(log.append({ ...entry, id: 10_011 }).seq);
    log.flush(() => null);
    for (const { conversations, peers } of [log, new Log(sql)]) {
      const bob = peers.get("bob");
      expect(conversations.size(bob)).toBe(seqs.length);
      expect([...conversations.before(bob, Infinity, 20)].map(({ seq }) => seq)).toEqual(seqs.slice(-20).toReversed());
      expect([...conversations.after(bob, seqs.at(-3) ?? 0, 20)].map(({ seq }) => seq)).toEqual(seqs.slice(-2));
    }
  });
});

test("a wake and a query for later entries find pages by key, however many pages lie before", async () => {
  await withLog((log, sql) => {
    for (let n = 0; n < 3_000; n++) receiveFrom(log, n % 2 === 0 ? "bob" : "carol");
    const pages = sql.exec<{ n: number }>("SELECT count(*) AS n FROM page WHERE peer = 'bob'").one().n;
    expect(pages).toBeGreaterThan(25);
    receiveFrom(log, "bob", "bob");
    const bob = log.peers.get("bob");
    const read = pagesReadBy(sql, (counted) => {
      const { conversations } = new Log(counted);
      conversations.dropPagesAfter(bob, 0);
      expect([...conversations.after(bob, bob.lastSeq - 1, 9)].map(({ seq }) => seq)).toEqual([bob.lastSeq]);
    });
    // A wake reads pages of both peers, and two queries read pages of bob.
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(pages);
  });
});

test("[Q2] messages of a stranger are counted over all pages of the conversation, also where many are allowed", async () => {
  await withLog((log) => {
    log.contacts.put("bob", "request");
    const config = { ...configOf({ AUTH: "accounts", STRANGER_MESSAGES: "150" }), quotas: null };
    const limits = new UserLimits("alice", config, new QuotaRows(log.sql));
    const parts = { user: "alice", log, config, limits } satisfies Partial<MailboxContext>;
    const suspension = { current: null } satisfies Partial<SuspensionRow>;
    const context = { ...parts, suspension } as unknown as MailboxContext;
    const envelopes = [{ origin: 1, at: 1, body: "1" }];
    const left = () => acceptableCount(context, log.peers.get("bob"), { envelopes } as unknown as Delivery).free;
    for (let origin = 1; origin <= 140; origin++) {
      expect(left()).toBe(151 - origin);
      log.append({ kind: "in", peer: "bob", origin, device: null, id: null, at: origin, body: "1" });
      if (origin % 5 === 0) log.flush(() => null);
    }
  });
});

test.each([1, 2, 3])(
  "[M3] wherever an instance ends, a wake knows the received messages although rows are deferred (seed %i)",
  async (seed) => {
    await withLog((log, sql) => {
      const random = new Random(seed);
      const names = ["bob", "carol", "dave"];
      const receive = (name: string) => {
        const peer = log.peers.get(name);
        const origin = peer.lastOrigin + 1 + random.below(3);
        log.append({ kind: "in", peer: name, origin, device: null, id: null, at: random.below(2), body: "1" });
        peer.lastOrigin = origin;
        peer.unread++;
      };
      const known = ({ peers, conversations }: Log) => {
        const all = names.map((name) => peers.get(name));
        const seqs = (peer: Peer) => [...conversations.after(peer, 0, Infinity)].map(({ seq }) => seq);
        return all.map((peer) => [peer.lastOrigin, peer.unread, peer.lastSeq, conversations.size(peer), ...seqs(peer)]);
      };
      const last = () => sql.exec<{ last: number }>("SELECT max(last) AS last FROM peer").one().last;
      let [deferred, checkpoints] = [0, 0];
      for (let n = 0; n < 300; n++) {
        const checkpoint = log.row?.checkpoint;
        for (let m = random.below(12); m >= 0; m--) receive(random.pick(names));
        if (random.chance(0.02)) log.peers.mark(log.peers.get(random.pick(names)));
        log.flush(() => null);
        deferred += Number(last() < log.head);
        checkpoints += Number(checkpoint !== log.row?.checkpoint);
        if (random.chance(0.1)) expect(known(new Log(sql))).toEqual(known(log));
      }
      expect(deferred).toBeGreaterThan(200);
      expect(checkpoints).toBeGreaterThan(1);
    });
  },
);
