// What authors are told of what became of their messages: marks and receipts, and what is owed of them.
import { expect, test, vi } from "vitest";
import { BodiesInMemory } from "../../src/durable/delivery/bodies-in-memory.ts";
import { RETRY_TIMES } from "../../src/durable/delivery/retry-times.ts";
import { PeerQueue } from "../../src/mailbox/delivery/peer-queue.ts";
import { fresh } from "../support/devices.ts";
import { rig } from "../support/rig.ts";

test("[L6] a mark that changed in this very group is among the marks after a seq", async () => {
  await rig(fresh("alice"), async (alice, again) => {
    const one = alice.send("bob", "1");
    alice.turn.runNow(() => alice.log.peers.mark(alice.log.peers.get("bob")));
    const next = again();
    next.turn.runNow(() => next.log.peers.mark(next.log.peers.get("carol")));
    expect([...next.log.peers.marksAfter(one - 1)].map(({ name }) => name)).toEqual(["bob", "carol"]);
  });
});

test("a mark that may wait costs no row of its own: it is written with the peer's row, or with a checkpoint", async () => {
  await rig(fresh("alice"), async (alice, again) => {
    const one = alice.send("bob", "1");
    (await alice.call()).answer({});
    await alice.until(() => again().log.peers.get("bob").mark > 0);
    const peer = alice.log.peers.get("bob");
    const onDisk = () => again().log.peers.get("bob");
    const later = (stored: number) => {
      peer.stored = stored;
      alice.log.peers.markSoon(peer);
    };
    alice.turn.runNow(() => later(one + 1));
    expect(onDisk().stored).toBe(one);
    alice.turn.runNow(() => alice.log.peers.changed(peer));
    expect(onDisk()).toMatchObject({ stored: one + 1, mark: alice.log.head });
    alice.turn.runNow(() => later(one + 2));
    alice.turn.runNow(() => alice.log.peers.flushDeferred());
    expect(onDisk()).toMatchObject({ stored: one + 2, mark: alice.log.head });
    alice.turn.runNow(() => later(one + 3));
    expect(alice.log.peers.latest(1, Infinity)).toEqual([peer]);
    expect(onDisk()).toMatchObject({ stored: one + 3, mark: alice.log.head });
    alice.turn.runNow(() => {
      later(one + 4);
      const note = { kind: "self", peer: "alice", origin: null, device: null, id: null, body: "0" } as const;
      for (let at = 0; at < 512; at++) alice.log.append({ ...note, at });
    });
    expect(onDisk().stored).toBe(one + 4);
  });
});

test("messages that follow each other leave the row of their peer alone", async () => {
  await rig(fresh("alice"), async (alice, again) => {
    const one = alice.send("bob", "1");
    (await alice.call()).answer({});
    await alice.until(() => again().log.peers.get("bob").mark > 0);
    // Else its time might come meanwhile.
    vi.spyOn(alice.log.peers, "flushDeferred").mockImplementation(() => undefined);
    for (const body of ["2", "3", "4"]) {
      alice.send("bob", body);
      (await alice.call()).answer({});
      await alice.until(() => alice.answers.includes(`${body} stored`));
    }
    alice.turn.runNow(() => undefined);
    expect(alice.log.peers.get("bob").stored).toBeGreaterThan(one);
    expect(again().log.peers.get("bob").stored).toBe(one);
  });
});

test("[L6] the mark of what was stored after trouble is written, though nothing else happens", async () => {
  await rig(fresh("alice"), async (alice, again) => {
    alice.send("bob", "1");
    (await alice.call()).answer({});
    await alice.until(() => again().log.peers.get("bob").mark > 0);
    const two = alice.send("bob", "2");
    (await alice.call()).fail();
    await alice.until(() => alice.answers.includes("2 queued"));
    alice.turn.runNow(() => alice.lanes.onContactFrom(alice.log.peers.get("bob"), "b1"));
    (await alice.call()).answer({});
    await alice.until(() => again().log.peers.get("bob").stored === two);
  });
});

test("[M8] a receipt that was told is put down by itself: the next wake owes nothing", async () => {
  await rig(fresh("alice"), async (alice, again) => {
    alice.send("bob", "1");
    (await alice.call()).answer({});
    await alice.until(() => alice.log.peers.get("bob").mark > 0);
    alice.turn.runNow(() => {
      alice.lanes.sendReceipts("bob", { delivered: 7 });
      alice.lanes.persistDueReceipts();
    });
    expect(again().log.peers.withDueReceipts()).toHaveLength(1);
    (await alice.call()).answer({});
    await alice.until(() => again().log.peers.withDueReceipts().length === 0);
    expect(alice.alarms).toEqual([]);
  });
});

test("[M8] a receipt that can't be told is tried ever less often, and costs one row, not one a try", async () => {
  const pace = { slowMs: 60_000, shortestMs: 0, longestMs: 0 };
  await rig(
    fresh("alice"),
    async (alice, again) => {
      const changed = vi.spyOn(alice.log.peers, "changed");
      alice.turn.runNow(() => alice.lanes.sendReceipts("bob", { delivered: 7 }));
      for (let tries = 1; tries <= 3; tries++) {
        const call = await alice.call();
        await alice.joined(() => call.fail());
        alice.turn.runNow(() => alice.onAlarm());
      }
      expect(changed).toHaveBeenCalledTimes(1);
      const next = again();
      next.turn.runNow(() => undefined);
      const call = await next.call();
      expect(call.delivery).toMatchObject({ delivered: 7, envelopes: [] });
      call.answer({});
      await next.until(() => next.log.peers.get("bob").owesDelivered === 0);
    },
    pace,
  );
  const lane = new PeerQueue("bob", new BodiesInMemory());
  // As after a wake: their age is known by what they confirm alone.
  lane.receipts.restore({ owesDelivered: (Date.now() - 100_000) * 1_000, owesRead: 0 });
  lane.scheduleRetry(RETRY_TIMES);
  expect(Number(lane.retryAt) - Date.now()).toBeGreaterThan(15_000);
  lane.receipts.add({});
  lane.scheduleRetry(RETRY_TIMES);
  expect(Number(lane.retryAt) - Date.now()).toBeLessThan(1_000);
});
