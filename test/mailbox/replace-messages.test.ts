// Tombstones in the log: the bodies are gone, the numbers stay, and rows that are split keep what belongs to them.
import { expect, test } from "vitest";
import { isTombstone } from "../../src/durable/log/kinds.ts";
import type { NewEntry } from "../../src/durable/log/entry.ts";
import { Log } from "../../src/mailbox/log/log.ts";
import { counters } from "../../src/protocol/counters.ts";
import { withLog } from "../support/log-fixture.ts";

const FROM_BOB = { kind: "in", peer: "bob", device: null, id: null, at: 1 } as const;
const settled = () => Infinity;
let origin = 1_000;

/** Receives messages with these bodies in one commit: one run. */
function receive(log: Log, ...bodies: string[]): number[] {
  const seqs = bodies.map((body) => log.append({ ...FROM_BOB, origin: ++origin, body: `"${body}"` }).seq);
  log.flush(() => null);
  return seqs;
}

function remove(log: Log, first: number, last: number, settledBefore = settled): boolean {
  log.removals.begin({ peer: "bob", first, last });
  const hasMore = log.removals.continue(settledBefore);
  log.flush(() => null);
  return hasMore;
}

const rows = (sql: SqlStorage) =>
  sql.exec<{ count: number; kind: string; body: string }>("SELECT count, kind, body FROM run ORDER BY seq").toArray();

const bodies = (log: Log) =>
  [...log.conversations.before(log.peers.get("bob"), Infinity, 1_000)].map(({ body }) => body).toReversed();

test("[Q10] one message of a run becomes a tombstone in a row of its own, and its neighbours stay", async () => {
  await withLog((log, sql) => {
    const seqs = receive(log, "one", "two", "three", "four");
    remove(log, seqs[1] ?? 0, seqs[1] ?? 0);
    expect(rows(sql)).toEqual([
      { count: 1, kind: "in", body: '"one"' },
      { count: 1, kind: "removed", body: "null" },
      { count: 2, kind: "in", body: '"three"\u001E"four"' },
    ]);
    for (const each of [log, new Log(sql)]) {
      expect(bodies(each)).toEqual(['"one"', '"three"', '"four"']);
      // In memory and on disk, in its place and with its numbers.
      for (const entries of [each.entries.after(0), each.entries.page(0, Infinity, 10)]) {
        const all = [...entries];
        expect(all.map(({ seq }) => seq)).toEqual(seqs);
        expect(all.map(({ kind }) => isTombstone(kind))).toEqual([false, true, false, false]);
        expect(all.map(({ origin }, i) => (origin ?? 0) - (all[0]?.origin ?? 0) - i)).toEqual([0, 0, 0, 0]);
      }
    }
  });
});

test("[Q10] a whole run becomes one row of tombstones, and a second removal changes nothing", async () => {
  await withLog((log, sql) => {
    const seqs = receive(log, "one", "two", "three");
    for (let n = 0; n < 2; n++) {
      remove(log, seqs[0] ?? 0, seqs[2] ?? 0);
      expect(rows(sql)).toEqual([{ count: 3, kind: "removed", body: "null\u001Enull\u001Enull" }]);
      expect([bodies(log), bodies(new Log(sql))]).toEqual([[], []]);
    }
  });
});

test("[V5] code of before reads tombstones through the view, entry by entry", async () => {
  await withLog((log, sql) => {
    const seqs = receive(log, "one", "two", "three");
    remove(log, seqs[1] ?? 0, seqs[2] ?? 0);
    expect(sql.exec("SELECT seq, kind, body FROM entry ORDER BY seq").toArray()).toEqual([
      { seq: seqs[0], kind: "in", body: '"one"' },
      { seq: seqs[1], kind: "removed", body: "null" },
      { seq: seqs[2], kind: "removed", body: "null" },
    ]);
  });
});

test("[R3] a row that is split keeps the range that was skipped before it, and the notes of its end", async () => {
  await withLog((log, sql) => {
    receive(log, "before");
    const skipped = log.head + 5;
    log.raise(log.head + 10);
    const seqs = receive(log, "one", "two", "three");
    const notes = log.entries.notesFrom(seqs[2] ?? 0);
    remove(log, seqs[0] ?? 0, seqs[1] ?? 0);
    expect(log.entries.notesFrom(seqs[2] ?? 0)).toBe(notes);
    expect(new Log(sql).skippedRangeOf(skipped)).toMatchObject({ last: (seqs[0] ?? 0) - 1 });
    expect(log.skippedRangeOf(skipped)).toMatchObject({ last: (seqs[0] ?? 0) - 1 });
  });
});

test("[S6] the codes of failed messages stay with those that are not removed", async () => {
  await withLog((log, sql) => {
    const own = { kind: "out", peer: "bob", origin: null, device: "phone", at: 1 } as const satisfies Partial<NewEntry>;
    const seqs = [1, 2, 3].map((id) => log.append({ ...own, id, body: `"${id}"` }).seq);
    log.flush(() => null);
    for (const seq of seqs.slice(1)) log.fail({ seq, peer: "bob", at: 1 }, "declined");
    log.flush(() => null);
    remove(log, seqs[1] ?? 0, seqs[1] ?? 0);
    const found = [...new Log(sql).entries.of(seqs)].map(({ kind, id, failed }) => [kind, id, failed]);
    expect(found).toEqual([
      ["out", 1, null],
      ["removed", 2, null],
      ["out", 3, "declined"],
    ]);
    // The ids of removed messages count after a wake, too.
    const again = new Log(sql);
    expect(again.devices.get("phone")?.lastId).toBe(3);
  });
});

test("[Q10] a large conversation is removed in parts; from the first one on nothing of it is shown, after a wake too", async () => {
  await withLog((log, sql) => {
    const seqs: number[] = [];
    for (let n = 0; n < 30; n++) seqs.push(...receive(log, ...Array.from({ length: 100 }, (_, i) => `${n} ${i}`)));
    const other = log.append({ ...FROM_BOB, peer: "carol", origin: 1, body: '"stays"' });
    log.flush(() => null);
    let now = log;
    let hasMore = remove(log, 0, log.head);
    let parts = 1;
    for (; hasMore; parts++) {
      expect(rows(sql).filter(({ kind }) => kind === "in").length).toBeGreaterThan(1);
      expect(bodies(now)).toEqual([]);
      // The instance ends between two parts.
      now = new Log(sql);
      expect([now.removals.hasPending, bodies(now)]).toEqual([true, []]);
      expect([...now.entries.page(0, seqs.at(-1) ?? 0, Infinity)].every((entry) => now.removals.hides(entry))).toBe(
        true,
      );
      hasMore = now.removals.continue(settled);
      now.flush(() => null);
    }
    expect(parts).toBeGreaterThan(2);
    expect(rows(sql).filter(({ kind }) => kind === "in")).toEqual([{ count: 1, kind: "in", body: '"stays"' }]);
    expect([now.removals.hasPending, new Log(sql).removals.hasPending]).toEqual([false, false]);
    expect(now.entries.get(other.seq)).toMatchObject({ body: '"stays"' });
    expect(sql.exec("SELECT * FROM removal").toArray()).toEqual([]);
  });
});

test("[Q10] an own message that its receiver does not have stays until it has it, and is hidden meanwhile", async () => {
  await withLog((log, sql) => {
    const own = { kind: "out", peer: "bob", origin: null, device: "phone", at: 1 } as const satisfies Partial<NewEntry>;
    const seqs = [1, 2, 3].map((id) => log.append({ ...own, id, body: `"${id}"` }).seq);
    log.flush(() => seqs[1] ?? null);
    expect(remove(log, 0, log.head, () => seqs[1] ?? 0)).toBe(false);
    expect(rows(sql).map(({ kind, count }) => [kind, count])).toEqual([
      ["removed", 1],
      ["out", 2],
    ]);
    const again = new Log(sql);
    expect([bodies(log), bodies(again)]).toEqual([[], []]);
    expect([...again.entries.sentTo("bob", 0)].map(({ seq }) => seq)).toEqual(seqs.slice(1));
    again.removals.continue(settled);
    expect(rows(sql)).toEqual([
      { count: 1, kind: "removed", body: "null" },
      { count: 2, kind: "removed", body: "null\u001Enull" },
    ]);
    expect(again.removals.hasPending).toBe(false);
  });
});

test("[Q10] a removal that waits for a receiver goes on with the other user's messages, then does nothing until more is settled", async () => {
  await withLog((log, sql) => {
    const own = { kind: "out", peer: "bob", origin: null, device: "phone", id: 1, at: 1, body: '"mine"' } as const;
    receive(log, "before");
    const { seq } = log.append(own);
    log.flush(() => seq);
    receive(log, "after");
    expect(remove(log, 0, log.head, () => seq)).toBe(false);
    expect(rows(sql).map(({ kind }) => kind)).toEqual(["removed", "out", "removed"]);
    expect(sql.exec("SELECT first FROM removal").toArray()).toEqual([{ first: seq }]);
    // The open run is not written for it.
    log.append({ ...FROM_BOB, peer: "carol", origin: 1, body: '"stays"' });
    expect(log.removals.continue(() => seq)).toBe(false);
    expect(log.entries.hasOpenRun).toBe(true);
    log.flush(() => seq);
    for (const each of [log, new Log(sql)]) {
      expect([each.removals.hasPending, bodies(each)]).toEqual([true, []]);
      expect([...each.entries.sentTo("bob", 0)].map((entry) => entry.seq)).toEqual([seq]);
    }
    expect(log.removals.continue(settled)).toBe(false);
    log.flush(() => null);
    expect(rows(sql).map(({ kind }) => kind)).toEqual(["removed", "removed", "removed", "in"]);
    expect([log.removals.hasPending, new Log(sql).removals.hasPending]).toEqual([false, false]);
  });
});

test("[Q10] a removal counts the bytes of its rows row by row", async () => {
  await withLog((log, sql) => {
    for (let n = 0; n < 12; n++) receive(log, "x".repeat(400_000));
    expect(remove(log, 0, log.head)).toBe(true);
    const removed = () => rows(sql).filter(({ kind }) => kind === "removed").length;
    expect(removed()).toBe(5);
    expect([log.removals.continue(settled), removed()]).toEqual([true, 10]);
    expect([log.removals.continue(settled), removed()]).toEqual([false, 12]);
  });
});

test("[Q10] a long run is rewritten once, and not a part at a time", async () => {
  await withLog((log, sql) => {
    // The first run may have a note, of the numbers that were skipped before it.
    receive(log, "before");
    const seqs = receive(log, ...Array.from({ length: 512 }, (_, i) => `${i}`));
    const before = counters.rows;
    log.removals.begin({ peer: "bob", first: seqs[0] ?? 0, last: seqs[509] ?? 0 });
    expect(log.removals.continue(settled)).toBe(false);
    // The row with zeros, the part before, and the rest.
    expect(counters.rows - before).toBe(3);
    expect(rows(sql).map(({ kind, count }) => [kind, count])).toEqual([
      ["in", 1],
      ["removed", 510],
      ["in", 2],
    ]);
  });
});

test("[H2] a page of history passes over removed messages, however many, and is as long as it was asked for", async () => {
  await withLog((log) => {
    const seqs = receive(log, ...Array.from({ length: 200 }, (_, i) => `${i}`));
    // Every third one stays.
    for (const [i, seq] of seqs.entries()) {
      if (i % 3 !== 0) log.removals.begin({ peer: "bob", first: seq, last: seq });
    }
    while (log.removals.continue(settled)) log.flush(() => null);
    log.flush(() => null);
    const bob = log.peers.get("bob");
    const stay = seqs.filter((_, i) => i % 3 === 0);
    expect([...log.conversations.before(bob, Infinity, 50)].map(({ seq }) => seq)).toEqual(
      stay.slice(-50).toReversed(),
    );
    expect([...log.conversations.before(bob, stay[60] ?? 0, 10)].map(({ seq }) => seq)).toEqual(
      stay.slice(50, 60).toReversed(),
    );
    expect([...log.conversations.after(bob, stay[5] ?? 0, 20)].map(({ seq }) => seq)).toEqual(stay.slice(6, 26));
    expect(log.conversations.unread(bob, 0)).toBe(stay.length);
    expect(log.conversations.size(bob)).toBe(200);
  });
});
