// How authors learn what became of their messages: marks, and due receipts, with the rows that each of them costs.
import { expect, test, vi } from "vitest";
import { BodiesInMemory } from "../../src/durable/delivery/bodies-in-memory.ts";
import { RETRY_TIMES } from "../../src/durable/delivery/back-off.ts";
import { PeerQueue } from "../../src/mailbox/delivery/peer-queue.ts";
import { fresh } from "../support/devices.ts";
import { withOutbox } from "../support/outbox-fixture.ts";

test("[L6] a mark that changed in the current transaction is among the marks after a seq", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
    const one = alice.send("bob", "1");
    alice.groupCommit.runNow(() => alice.log.peers.mark(alice.log.peers.get("bob")));
    const next = again();
    next.groupCommit.runNow(() => next.log.peers.mark(next.log.peers.get("carol")));
    expect([...next.log.peers.marksAfter(one - 1)].map(({ name }) => name)).toEqual(["bob", "carol"]);
  });
});

test("a deferred mark costs no row of its own: it is written with the peer's row, or with a checkpoint", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
    const one = alice.send("bob", "1");
    (await alice.nextCall()).reply({});
    await alice.until(() => again().log.peers.get("bob").markSeq > 0);
    const peer = alice.log.peers.get("bob");
    const onDisk = () => again().log.peers.get("bob");
    const later = (stored: number) => {
      peer.stored = stored;
      alice.log.peers.changed(peer, "soon");
    };
    alice.groupCommit.runNow(() => later(one + 1));
    expect(onDisk().stored).toBe(one);
    alice.groupCommit.runNow(() => alice.log.peers.changed(peer));
    expect(onDisk()).toMatchObject({ stored: one + 1, markSeq: alice.log.head });
    alice.groupCommit.runNow(() => later(one + 2));
    alice.groupCommit.runNow(() => alice.log.peers.flushDeferred());
    expect(onDisk()).toMatchObject({ stored: one + 2, markSeq: alice.log.head });
    alice.groupCommit.runNow(() => later(one + 3));
    expect(alice.log.peers.latest(1, Infinity)).toEqual([peer]);
    expect(onDisk()).toMatchObject({ stored: one + 3, markSeq: alice.log.head });
    alice.groupCommit.runNow(() => {
      later(one + 4);
      const note = { kind: "self", peer: "alice", origin: null, device: null, id: null, body: "0" } as const;
      for (let at = 0; at < 512; at++) alice.log.append({ ...note, at });
    });
    expect(onDisk().stored).toBe(one + 4);
  });
});

test("messages in succession don't write the peer's row", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
    const one = alice.send("bob", "1");
    (await alice.nextCall()).reply({});
    await alice.until(() => again().log.peers.get("bob").markSeq > 0);
    // Otherwise the delay of 400 ms may end during the test.
    vi.spyOn(alice.log.peers, "flushDeferred").mockImplementation(() => undefined);
    for (const body of ["2", "3", "4"]) {
      alice.send("bob", body);
      (await alice.nextCall()).reply({});
      await alice.until(() => alice.answers.includes(`${body} stored`));
    }
    alice.groupCommit.runNow(() => undefined);
    expect(alice.log.peers.get("bob").stored).toBeGreaterThan(one);
    expect(again().log.peers.get("bob").stored).toBe(one);
  });
});

test("[L6] the mark of a message stored after a retry is written, though nothing else happens", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
    alice.send("bob", "1");
    (await alice.nextCall()).reply({});
    await alice.until(() => again().log.peers.get("bob").markSeq > 0);
    const two = alice.send("bob", "2");
    (await alice.nextCall()).fail();
    await alice.until(() => alice.answers.includes("2 queued"));
    alice.groupCommit.runNow(() => alice.outbox.onContactFrom(alice.log.peers.get("bob"), "b1"));
    (await alice.nextCall()).reply({});
    await alice.until(() => again().log.peers.get("bob").stored === two);
  });
});

test("[M8] a receipt that was sent is removed from the peer's row: after the next wake none is due", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
    alice.send("bob", "1");
    (await alice.nextCall()).reply({});
    await alice.until(() => alice.log.peers.get("bob").markSeq > 0);
    alice.groupCommit.runNow(() => {
      alice.outbox.sendReceipts("bob", { delivered: 7 });
      alice.outbox.persistDueReceipts();
    });
    expect(again().log.peers.withDueReceipts()).toHaveLength(1);
    (await alice.nextCall()).reply({});
    await alice.until(() => again().log.peers.withDueReceipts().length === 0);
    expect(alice.alarms).toEqual([]);
  });
});

test("[M8] a receipt that can't be delivered is retried with back-off, and costs one row, not one a try", async () => {
  const times = { slowMs: 60_000, shortestMs: 0, longestMs: 0 };
  await withOutbox(
    fresh("alice"),
    async (alice, again) => {
      const changed = vi.spyOn(alice.log.peers, "changed");
      alice.groupCommit.runNow(() => alice.outbox.sendReceipts("bob", { delivered: 7 }));
      for (let tries = 1; tries <= 3; tries++) {
        const call = await alice.nextCall();
        await alice.whenEnqueued(() => call.fail());
        alice.groupCommit.runNow(() => alice.onAlarm());
      }
      expect(changed).toHaveBeenCalledTimes(1);
      const next = again();
      next.groupCommit.runNow(() => undefined);
      const call = await next.nextCall();
      expect(call.delivery).toMatchObject({ delivered: 7, envelopes: [] });
      call.reply({});
      await next.until(() => next.log.peers.get("bob").dueDelivered === 0);
    },
    times,
  );
  const queue = new PeerQueue("bob", new BodiesInMemory());
  // As after a wake: only the seqs that they confirm show how old they are.
  queue.receipts.restore({ dueDelivered: (Date.now() - 100_000) * 1_000, dueRead: 0 });
  queue.scheduleRetry(RETRY_TIMES);
  expect(Number(queue.retryAt) - Date.now()).toBeGreaterThan(15_000);
  queue.receipts.add({});
  queue.scheduleRetry(RETRY_TIMES);
  expect(Number(queue.retryAt) - Date.now()).toBeLessThan(1_000);
});
