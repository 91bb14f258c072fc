// Calls that the current event may not make: nothing is wrong with the receiver, so nobody hears `queued`; the alarm goes on at once.
import { expect, test } from "vitest";
import { MAX_DEPTH, DEPTH_OF_EVENT } from "../../src/durable/call-budget.ts";
import { fresh } from "../support/devices.ts";
import { type Rig, rig } from "../support/rig.ts";

const DEPTH_LIMIT = "Subrequest depth limit exceeded. This request recursed through Workers too many times.";
const UNDER_WAY = 512;
/** Tries again at once, and waits for long. */
const PATIENT = { slowMs: 60_000, shortestMs: 0, longestMs: 0 };

/** The alarm rings: an event of its own. */
function ring(alice: Rig): void {
  alice.turn.runNow(() => {
    alice.budget.begin(DEPTH_OF_EVENT);
    alice.onAlarm();
  });
}

const seqsOf = (delivery: { envelopes: readonly { origin: number }[] }) => delivery.envelopes.map((e) => e.origin);

test("[M12] what is too deep is called from the alarm, which is set once and at once, and is not queued", async () => {
  await rig(fresh("alice"), async (alice) => {
    const before = Date.now();
    alice.budget.begin(MAX_DEPTH);
    const [one, two] = [alice.send("bob", "1"), alice.send("bob", "2")];
    alice.send("carol", "3");
    expect(alice.waiting).toBe(0);
    expect(alice.alarms).toEqual([expect.any(Number)]);
    expect(alice.alarms[0]).toBeGreaterThanOrEqual(before);
    expect(alice.alarms[0]).toBeLessThanOrEqual(Date.now());
    ring(alice);
    const toBob = await alice.call();
    expect(seqsOf(toBob.delivery)).toEqual([one, two]);
    toBob.answer({});
    (await alice.call()).answer({});
    await alice.until(() => alice.answers.length === 3);
    expect(alice.answers).toEqual(["1 stored", "2 stored", "3 stored"]);
  });
});

test("[M12] receipts without a message wait for the alarm too", async () => {
  await rig(fresh("alice"), async (alice) => {
    alice.turn.runNow(() => alice.lanes.sendReceipts("bob", { read: 7 }));
    alice.budget.begin(MAX_DEPTH);
    await alice.until(() => alice.alarms.length > 0);
    expect(alice.waiting).toBe(0);
    ring(alice);
    expect((await alice.call()).delivery).toMatchObject({ to: "bob", read: 7, envelopes: [] });
  });
});

test("[M13] an event calls as many receivers as it may, and each alarm as many again", async () => {
  await rig(
    fresh("alice"),
    async (alice) => {
      const called: string[] = [];
      const take = async () => {
        while (alice.waiting > 0) {
          const call = await alice.call();
          called.push(call.delivery.to);
          call.answer({});
        }
      };
      const names = Array.from({ length: 80 }, (_, n) => `user-${n}`);
      alice.turn.runNow(() => {
        for (const name of names) alice.owe(name, "hello");
      });
      const counts = [];
      for (let alarms = 1; called.length < names.length; alarms++) {
        counts.push(alice.waiting);
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

test("[M12] what the platform refuses goes on from the alarm; refused there too, it is queued and backs off", async () => {
  await rig(
    fresh("alice"),
    async (alice) => {
      alice.send("bob", "1");
      const first = await alice.call();
      first.fail(DEPTH_LIMIT);
      await alice.until(() => alice.alarms.length === 1);
      expect([alice.answers, alice.waiting]).toEqual([[], 0]);
      ring(alice);
      const second = await alice.call();
      second.fail(DEPTH_LIMIT);
      await alice.until(() => alice.answers.length === 1);
      expect([alice.answers, alice.waiting, alice.alarms.length]).toEqual([["1 queued"], 0, 2]);
      ring(alice);
      (await alice.call()).answer({});
      await alice.until(() => alice.lanes.oldestUnsettled === null);
      expect(alice.alarms.at(-1)).toBe(null);
    },
    PATIENT,
  );
});

test("[S5] who waits for a call to begin for as long as for an answer hears queued", async () => {
  await rig(
    fresh("alice"),
    async (alice) => {
      alice.budget.begin(MAX_DEPTH);
      alice.send("bob", "1");
      await alice.until(() => alice.answers.length === 1);
      expect(alice.answers).toEqual(["1 queued"]);
      ring(alice);
      (await alice.call()).answer({});
      await alice.until(() => alice.lanes.oldestUnsettled === null);
      expect(alice.answers).toEqual(["1 queued"]);
    },
    { slowMs: 2, shortestMs: 60_000, longestMs: 60_000 },
  );
});

test("[M13] calls under way are bounded, and the next begins when one ends", async () => {
  await rig(
    fresh("alice"),
    async (alice) => {
      for (let n = 0; n < UNDER_WAY + 2; n++) alice.send(`user-${n}`, "hello");
      expect(alice.waiting).toBe(UNDER_WAY);
      (await alice.call()).answer({});
      await alice.until(() => alice.waiting === UNDER_WAY);
      (await alice.call()).fail();
      await alice.until(() => alice.waiting === UNDER_WAY);
    },
    PATIENT,
  );
});

test("[M13] slow receivers hold up nobody else, however many they are", async () => {
  await rig(
    fresh("alice"),
    async (alice) => {
      const count = UNDER_WAY + 10;
      for (let n = 0; n < count; n++) alice.send(`user-${n}`, "hello");
      await alice.until(() => alice.waiting === count);
      expect(alice.answers.length).toBeGreaterThanOrEqual(UNDER_WAY);
    },
    { slowMs: 2, shortestMs: 60_000, longestMs: 60_000 },
  );
});

test("[M13] what calls under way have read from disk is bounded too", { timeout: 20_000 }, async () => {
  await rig(
    fresh("alice"),
    async (alice, again) => {
      const body = JSON.stringify("x".repeat(60_000));
      alice.turn.runNow(() => {
        for (let lane = 0; lane < 12; lane++) for (let n = 0; n < 20; n++) alice.owe(`user-${lane}`, body);
      });
      const next = again(PATIENT);
      next.turn.runNow(() => undefined);
      // About a million units each, and eight millions in all.
      expect(next.waiting).toBe(9);
      (await next.call()).answer({});
      await next.until(() => next.waiting === 9);
    },
    PATIENT,
  );
});
