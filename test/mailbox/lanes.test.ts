// What a mailbox owes to others: in order, until it is stored or finally failed, and an alarm only while something is owed.
import { expect, test, vi } from "vitest";
import { fresh } from "../support/devices.ts";
import { rig } from "../support/rig.ts";

const origins = (delivery: { envelopes: readonly { origin: number }[] }) => delivery.envelopes.map((e) => e.origin);

test("[M1] one call is under way in a lane, and what comes meanwhile goes with the next", async () => {
  await rig(fresh("alice"), async (alice) => {
    const one = alice.send("bob", "1");
    const first = await alice.call();
    const [two, three] = [alice.send("bob", "2"), alice.send("bob", "3")];
    expect(origins(first.delivery)).toEqual([one]);
    expect(alice.waiting).toBe(0);
    first.answer({});
    const second = await alice.call();
    expect(origins(second.delivery)).toEqual([two, three]);
    expect(second.delivery).toMatchObject({ after: one, toEpoch: "b1" });
    second.answer({});
    await alice.until(() => alice.answers.length === 3);
    expect(alice.answers).toEqual(["1 stored", "2 stored", "3 stored"]);
    expect(alice.log.peers.get("bob")).toMatchObject({ stored: three, reached: three });
    expect(alice.alarms).toEqual([]);
  });
});

test("a receiver that is away holds up nobody else's lane", async () => {
  await rig(fresh("alice"), async (alice) => {
    alice.send("bob", "1");
    const toBob = await alice.call();
    alice.send("carol", "2");
    (await alice.call()).answer({});
    await alice.until(() => alice.answers.length === 1);
    expect(alice.answers).toEqual(["2 stored"]);
    expect(toBob.delivery.to).toBe("bob");
  });
});

test("[S5][M6] a first failure answers queued and sets the alarm, and the next try brings everything in order", async () => {
  await rig(fresh("alice"), async (alice) => {
    const one = alice.send("bob", "1");
    (await alice.call()).fail();
    await alice.until(() => alice.answers.length === 1);
    expect(alice.answers).toEqual(["1 queued"]);
    expect(alice.alarms).toEqual([expect.any(Number)]);
    const two = alice.send("bob", "2");
    expect(alice.answers).toEqual(["1 queued", "2 queued"]);
    expect(alice.waiting).toBe(0);
    alice.lanes.onContactFrom(alice.log.peers.get("bob"), "b1");
    alice.turn.runNow(() => undefined);
    const again = await alice.call();
    expect(origins(again.delivery)).toEqual([one, two]);
    again.answer({});
    await alice.until(() => alice.lanes.oldestUnsettled === null);
    expect(alice.alarms.at(-1)).toBe(null);
    expect(alice.log.peers.get("bob").stored).toBe(two);
    expect(alice.answers.length).toBe(2);
  });
});

test("[M6] the alarm starts what is due, and is set again while it fails", async () => {
  const pace = { slowMs: 60_000, shortestMs: 0, longestMs: 0 };
  await rig(
    fresh("alice"),
    async (alice) => {
      alice.send("bob", "1");
      for (let tries = 1; tries <= 3; tries++) {
        const call = await alice.call();
        await alice.joined(() => call.fail());
        alice.turn.runNow(() => alice.onAlarm());
      }
      (await alice.call()).answer({});
      await alice.until(() => alice.lanes.oldestUnsettled === null);
      expect(alice.alarms.at(-1)).toBe(null);
    },
    pace,
  );
});

test("[S5] no answer for a while is queued too, and the answer that comes after all settles it", async () => {
  await rig(
    fresh("alice"),
    async (alice) => {
      const one = alice.send("bob", "1");
      const call = await alice.call();
      await alice.until(() => alice.answers.length === 1);
      expect(alice.answers).toEqual(["1 queued"]);
      expect(alice.alarms.length).toBe(1);
      call.answer({});
      await alice.until(() => alice.lanes.oldestUnsettled === null);
      expect(alice.log.peers.get("bob").stored).toBe(one);
      expect(alice.alarms.at(-1)).toBe(null);
      expect(alice.answers.length).toBe(1);
    },
    { slowMs: 1, shortestMs: 60_000, longestMs: 60_000 },
  );
});

test("what is owed is known again after a crash, from the log alone", async () => {
  await rig(fresh("alice"), async (alice, again) => {
    const one = alice.send("bob", "1");
    (await alice.call()).answer({});
    await alice.until(() => alice.lanes.oldestUnsettled === null);
    const two = alice.send("bob", "2");
    const three = alice.send("carol", "3");
    const next = again();
    expect(next.lanes.oldestUnsettled).toBe(two);
    next.turn.runNow(() => undefined);
    const [toBob, toCarol] = [await next.call(), await next.call()];
    expect(toBob.delivery).toMatchObject({ after: one, envelopes: [{ origin: two, body: "2" }] });
    expect(toCarol.delivery).toMatchObject({ after: 0, envelopes: [{ origin: three, body: "3" }] });
    expect(next.alarms).toEqual([expect.any(Number)]);
  });
});

test("[S6][L7] a final no is a failed entry, and what came after it is stored", async () => {
  await rig(fresh("alice"), async (alice, again) => {
    const [one, two] = [alice.send("bob", "1"), alice.send("bob", "2")];
    const first = await alice.call();
    first.answer({ refused: [{ origin: one, code: "declined" }] });
    (await alice.call()).answer({});
    await alice.until(() => alice.lanes.oldestUnsettled === null);
    expect(alice.failed()).toEqual([[one, "declined"]]);
    expect(alice.answers).toEqual(["1 queued", "2 stored"]);
    expect(alice.log.peers.get("bob").stored).toBe(two);
    await alice.until(() => alice.log.peers.get("bob").mark > 0);
    expect(again().lanes.oldestUnsettled).toBe(null);
  });
});

test("[M5] a receiver that was set back gets again what it lost, but for what it had refused", async () => {
  await rig(fresh("alice"), async (alice) => {
    const seqs = ["1", "2", "3"].map((body) => alice.send("bob", body));
    (await alice.call()).answer({});
    (await alice.call()).answer({ refused: [{ origin: seqs[1] ?? 0, code: "declined" }] });
    await alice.until(() => alice.lanes.oldestUnsettled === null);
    const four = alice.send("bob", "4");
    (await alice.call()).answer({ verdict: "behind", high: 0 });
    const again = await alice.call();
    expect(again.delivery.after).toBe(0);
    expect(again.delivery.envelopes.map((e) => e.body)).toEqual(["1", "3", "4"]);
    again.answer({});
    await alice.until(() => alice.lanes.oldestUnsettled === null);
    expect(alice.log.peers.get("bob")).toMatchObject({ stored: four, reached: four });
  });
});

test("[M5] what was queued for a life of the receiver that has ended fails", async () => {
  await rig(fresh("alice"), async (alice) => {
    alice.send("bob", "1");
    (await alice.call()).answer({});
    await alice.until(() => alice.lanes.oldestUnsettled === null);
    const two = alice.send("bob", "2");
    (await alice.call()).answer({ verdict: "other", epoch: "b2", high: 0 });
    await alice.until(() => alice.lanes.oldestUnsettled === null);
    expect(alice.failed()).toEqual([[two, "unknown_receiver"]]);
    alice.send("bob", "3");
    expect((await alice.call()).delivery).toMatchObject({ toEpoch: "b2", after: 0 });
  });
});

test("[M9] an answer of a life that ended during the call changes nothing of the next life", async () => {
  await rig(fresh("alice"), async (alice) => {
    alice.send("bob", "1");
    (await alice.call()).answer({});
    await alice.until(() => alice.lanes.oldestUnsettled === null);
    const two = alice.send("bob", "2");
    const late = await alice.call();
    alice.turn.runNow(() => alice.lanes.onContactFrom(alice.log.peers.get("bob"), "b2"));
    const three = alice.send("bob", "3");
    late.answer({});
    const next = await alice.call();
    expect(next.delivery).toMatchObject({ toEpoch: "b2", after: 0, envelopes: [{ origin: three }] });
    expect(alice.failed()).toEqual([[two, "unknown_receiver"]]);
  });
});

test("[M1] a long queue goes in several calls, in order, with the bodies that are only on disk", async () => {
  await rig(fresh("alice"), async (alice) => {
    const first = alice.send("bob", JSON.stringify("0"));
    (await alice.call()).fail();
    await alice.until(() => alice.alarms.length === 1);
    const body = JSON.stringify("x".repeat(60_000));
    const sent = [first, ...Array.from({ length: 99 }, () => alice.send("bob", body))];
    alice.turn.runNow(() => alice.lanes.onContactFrom(alice.log.peers.get("bob"), "b1"));
    const got: number[] = [];
    let calls = 0;
    while (got.length < sent.length) {
      const call = await alice.call();
      calls++;
      got.push(...origins(call.delivery));
      expect(call.delivery.envelopes.every((e) => e.body === body || e.origin === first)).toBe(true);
      call.answer({});
    }
    expect(got).toEqual(sent);
    expect(calls).toBeGreaterThan(5);
  });
});

test("[M7][V4] a verdict that is not known stores nothing: it is queued, and tried again", async () => {
  await rig(fresh("alice"), async (alice) => {
    alice.send("bob", "1");
    (await alice.call()).answer({ verdict: "busy" as never, high: 0 });
    await alice.until(() => alice.answers.length > 0);
    expect(alice.answers).toEqual(["1 queued"]);
    expect(alice.log.peers.get("bob").stored).toBe(0);
    expect(alice.alarms.length).toBe(1);
  });
});

test("[M5] what a receiver that was set back lost is still owed after the sender's crash", async () => {
  await rig(fresh("alice"), async (alice, again) => {
    const sent: number[] = [];
    for (let n = 1; n <= 600; n++) {
      sent.push(alice.send("bob", String(n)));
      (await alice.call()).answer({});
      await alice.until(() => alice.lanes.oldestUnsettled === null);
    }
    sent.push(alice.send("bob", "601"));
    (await alice.call()).answer({ verdict: "behind", high: sent[9] ?? 0 });
    await alice.call();
    const next = again();
    next.turn.runNow(() => undefined);
    const call = await next.call();
    expect(call.delivery.after).toBe(sent[9]);
    expect(origins(call.delivery)).toEqual(sent.slice(10));
  });
});

test("[M9] what an ended life of the receiver had stored is never sent to the next one", async () => {
  await rig(fresh("alice"), async (alice, again) => {
    alice.send("bob", "for the first bob");
    (await alice.call()).answer({});
    await alice.until(() => alice.lanes.oldestUnsettled === null);
    alice.turn.runNow(() => alice.lanes.onContactFrom(alice.log.peers.get("bob"), "b2"));
    const next = again();
    expect(next.lanes.oldestUnsettled).toBe(null);
    const two = next.send("bob", "for the second");
    (await next.call()).answer({ verdict: "behind", epoch: "b2", high: 0 });
    expect(origins((await next.call()).delivery)).toEqual([two]);
  });
});

test("no more bodies are read than a call takes", async () => {
  await rig(fresh("alice"), async (alice, again) => {
    const body = JSON.stringify("x".repeat(60_000));
    for (let n = 0; n < 200; n++) alice.send("bob", body);
    const next = again();
    let read = 0;
    const of = next.log.entries.of.bind(next.log.entries);
    next.log.entries.of = function* counted(seqs) {
      for (const row of of(seqs)) {
        read++;
        yield row;
      }
    };
    next.turn.runNow(() => undefined);
    const call = await next.call();
    expect(read).toBe(call.delivery.envelopes.length + 1);
  });
});

test("a call that can't be put together is tried again", async () => {
  await rig(fresh("alice"), async (alice, again) => {
    const one = alice.send("bob", "1");
    // The second pause is longer than the first, so that the alarm is set anew.
    const random = vi.spyOn(Math, "random").mockReturnValueOnce(0.1).mockReturnValue(0.9);
    const next = again();
    const of = next.log.entries.of.bind(next.log.entries);
    next.log.entries.of = () => {
      throw new Error("disk I/O error");
    };
    next.turn.runNow(() => undefined);
    await next.until(() => next.alarms.length > 1);
    random.mockRestore();
    next.log.entries.of = of;
    next.lanes.onContactFrom(next.log.peers.get("bob"), "b1");
    next.turn.runNow(() => undefined);
    expect(origins((await next.call()).delivery)).toEqual([one]);
  });
});
