// Calls that the current event may not make: the receiver can be reached, so no sender is answered `queued`. The alarm
// makes them at once.
import { expect, test } from "vitest";
import { MAX_DEPTH, DEPTH_OF_EVENT } from "../../src/durable/call-budget.ts";
import { fresh } from "../support/devices.ts";
import { type OutboxFixture, withOutbox } from "../support/outbox-fixture.ts";

const DEPTH_LIMIT = "Subrequest depth limit exceeded. This request recursed through Workers too many times.";
const MAX_CALLS = 512;
/** Retries at once; a call is slow after a minute. */
const PATIENT = { slowMs: 60_000, shortestMs: 0, longestMs: 0 };

/** The alarm rings: an event of its own. */
function ring(alice: OutboxFixture): void {
  alice.groupCommit.runNow(() => {
    alice.budget.begin(DEPTH_OF_EVENT);
    alice.onAlarm();
  });
}

const seqsOf = (delivery: { envelopes: readonly { origin: number }[] }) => delivery.envelopes.map((e) => e.origin);

test("[M12] an event that is too deep leaves its calls to the alarm, set once and for now, and answers nothing queued", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    const before = Date.now();
    alice.budget.begin(MAX_DEPTH);
    const [one, two] = [alice.send("bob", "1"), alice.send("bob", "2")];
    alice.send("carol", "3");
    expect(alice.callsWaiting).toBe(0);
    expect(alice.alarms).toEqual([expect.any(Number)]);
    expect(alice.alarms[0]).toBeGreaterThanOrEqual(before);
    expect(alice.alarms[0]).toBeLessThanOrEqual(Date.now());
    ring(alice);
    const toBob = await alice.nextCall();
    expect(seqsOf(toBob.delivery)).toEqual([one, two]);
    toBob.reply({});
    (await alice.nextCall()).reply({});
    await alice.until(() => alice.answers.length === 3);
    expect(alice.answers).toEqual(["1 stored", "2 stored", "3 stored"]);
  });
});

test("[M12] receipts without a message are left to the alarm too", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    alice.groupCommit.runNow(() => alice.outbox.sendReceipts("bob", { read: 7 }));
    alice.budget.begin(MAX_DEPTH);
    await alice.until(() => alice.alarms.length > 0);
    expect(alice.callsWaiting).toBe(0);
    ring(alice);
    expect((await alice.nextCall()).delivery).toMatchObject({ to: "bob", read: 7, envelopes: [] });
  });
});

test("[M13] an event calls as many receivers as its budget allows, and each alarm as many again", async () => {
  await withOutbox(
    fresh("alice"),
    async (alice) => {
      const called: string[] = [];
      const take = async () => {
        while (alice.callsWaiting > 0) {
          const call = await alice.nextCall();
          called.push(call.delivery.to);
          call.reply({});
        }
      };
      const names = Array.from({ length: 80 }, (_, n) => `user-${n}`);
      alice.groupCommit.runNow(() => {
        for (const name of names) alice.add(name, "hello");
      });
      const counts = [];
      for (let alarms = 1; called.length < names.length; alarms++) {
        counts.push(alice.callsWaiting);
        await take();
        expect(alice.alarms.length).toBe(called.length < names.length ? alarms : alarms - 1);
        ring(alice);
      }
      expect(counts).toEqual([32, 32, 16]);
      expect(called).toEqual(names);
      await alice.until(() => alice.answers.length === names.length);
      expect(new Set(alice.answers)).toEqual(new Set(["hello stored"]));
    },
    PATIENT,
    32,
  );
});

test("[M12] a call that the platform refuses is made by the alarm; refused there too, it is queued and backs off", async () => {
  await withOutbox(
    fresh("alice"),
    async (alice) => {
      alice.send("bob", "1");
      const first = await alice.nextCall();
      first.fail(DEPTH_LIMIT);
      await alice.until(() => alice.alarms.length === 1);
      expect([alice.answers, alice.callsWaiting]).toEqual([[], 0]);
      ring(alice);
      const second = await alice.nextCall();
      second.fail(DEPTH_LIMIT);
      await alice.until(() => alice.answers.length === 1);
      expect([alice.answers, alice.callsWaiting, alice.alarms.length]).toEqual([["1 queued"], 0, 2]);
      ring(alice);
      (await alice.nextCall()).reply({});
      await alice.until(() => alice.outbox.oldestUnsettled === null);
      expect(alice.alarms.at(-1)).toBe(null);
    },
    PATIENT,
  );
});

test("[S5] a message whose call begins too late is answered queued, like one whose call is slow", async () => {
  await withOutbox(
    fresh("alice"),
    async (alice) => {
      alice.budget.begin(MAX_DEPTH);
      alice.send("bob", "1");
      await alice.until(() => alice.answers.length === 1);
      expect(alice.answers).toEqual(["1 queued"]);
      ring(alice);
      (await alice.nextCall()).reply({});
      await alice.until(() => alice.outbox.oldestUnsettled === null);
      expect(alice.answers).toEqual(["1 queued"]);
    },
    { slowMs: 2, shortestMs: 60_000, longestMs: 60_000 },
  );
});

test("[M13] at most 512 calls are under way, and the next begins when one ends", async () => {
  await withOutbox(
    fresh("alice"),
    async (alice) => {
      for (let n = 0; n < MAX_CALLS + 2; n++) alice.send(`user-${n}`, "hello");
      expect(alice.callsWaiting).toBe(MAX_CALLS);
      (await alice.nextCall()).reply({});
      await alice.until(() => alice.callsWaiting === MAX_CALLS);
      (await alice.nextCall()).fail();
      await alice.until(() => alice.callsWaiting === MAX_CALLS);
    },
    PATIENT,
  );
});

test("[M13] slow receivers delay no other receiver, however many they are", async () => {
  await withOutbox(
    fresh("alice"),
    async (alice) => {
      const count = MAX_CALLS + 10;
      for (let n = 0; n < count; n++) alice.send(`user-${n}`, "hello");
      await alice.until(() => alice.callsWaiting === count);
      expect(alice.answers.length).toBeGreaterThanOrEqual(MAX_CALLS);
    },
    { slowMs: 2, shortestMs: 60_000, longestMs: 60_000 },
  );
});

test("[M13] the units that calls under way have read from disk are bounded too", { timeout: 20_000 }, async () => {
  await withOutbox(
    fresh("alice"),
    async (alice, again) => {
      const body = JSON.stringify("x".repeat(60_000));
      alice.groupCommit.runNow(() => {
        for (let receiver = 0; receiver < 12; receiver++)
          for (let n = 0; n < 20; n++) alice.add(`user-${receiver}`, body);
      });
      const next = again(PATIENT);
      next.groupCommit.runNow(() => undefined);
      // About 1,000,000 units each, and 8,000,000 in all.
      expect(next.callsWaiting).toBe(9);
      (await next.nextCall()).reply({});
      await next.until(() => next.callsWaiting === 9);
    },
    PATIENT,
  );
});
