// Messages are delivered in order until the receiver has stored or refused them, and there is an alarm only while one
// is unsettled.
import { expect, test, vi } from "vitest";
import { fresh } from "../support/devices.ts";
import { withOutbox } from "../support/outbox-fixture.ts";

const origins = (delivery: { envelopes: readonly { origin: number }[] }) => delivery.envelopes.map((e) => e.origin);

test("[M1] one call to a receiver is under way, and messages accepted meanwhile leave with the next call", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    const one = alice.send("bob", "1");
    const first = await alice.nextCall();
    const [two, three] = [alice.send("bob", "2"), alice.send("bob", "3")];
    expect(origins(first.delivery)).toEqual([one]);
    expect(alice.callsWaiting).toBe(0);
    first.reply({});
    const second = await alice.nextCall();
    expect(origins(second.delivery)).toEqual([two, three]);
    expect(second.delivery).toMatchObject({ after: one, toEpoch: "b1" });
    second.reply({});
    await alice.until(() => alice.answers.length === 3);
    expect(alice.answers).toEqual(["1 stored", "2 stored", "3 stored"]);
    expect(alice.log.peers.get("bob")).toMatchObject({ stored: three, storedUpTo: three });
    expect(alice.alarms).toEqual([]);
  });
});

test("a receiver that does not reply delays no other receiver", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    alice.send("bob", "1");
    const toBob = await alice.nextCall();
    alice.send("carol", "2");
    (await alice.nextCall()).reply({});
    await alice.until(() => alice.answers.length === 1);
    expect(alice.answers).toEqual(["2 stored"]);
    expect(toBob.delivery.to).toBe("bob");
  });
});

test("[S5][M6] a failed call answers queued and sets the alarm, and the next try delivers everything in order", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    const one = alice.send("bob", "1");
    (await alice.nextCall()).fail();
    await alice.until(() => alice.answers.length === 1);
    expect(alice.answers).toEqual(["1 queued"]);
    expect(alice.alarms).toEqual([expect.any(Number)]);
    const two = alice.send("bob", "2");
    expect(alice.answers).toEqual(["1 queued", "2 queued"]);
    expect(alice.callsWaiting).toBe(0);
    alice.outbox.onContactFrom(alice.log.peers.get("bob"), "b1");
    alice.groupCommit.runNow(() => undefined);
    const again = await alice.nextCall();
    expect(origins(again.delivery)).toEqual([one, two]);
    again.reply({});
    await alice.until(() => alice.outbox.oldestUnsettled === null);
    expect(alice.alarms.at(-1)).toBe(null);
    expect(alice.log.peers.get("bob").stored).toBe(two);
    expect(alice.answers.length).toBe(2);
  });
});

test("[M6] the alarm starts the calls that are due, and is set again while they fail", async () => {
  const times = { slowMs: 60_000, shortestMs: 0, longestMs: 0 };
  await withOutbox(
    fresh("alice"),
    async (alice) => {
      alice.send("bob", "1");
      for (let tries = 1; tries <= 3; tries++) {
        const call = await alice.nextCall();
        await alice.whenEnqueued(() => call.fail());
        alice.groupCommit.runNow(() => alice.onAlarm());
      }
      (await alice.nextCall()).reply({});
      await alice.until(() => alice.outbox.oldestUnsettled === null);
      expect(alice.alarms.at(-1)).toBe(null);
    },
    times,
  );
});

test("[S5] a slow call answers queued too, and its late reply settles the message", async () => {
  await withOutbox(
    fresh("alice"),
    async (alice) => {
      const one = alice.send("bob", "1");
      const call = await alice.nextCall();
      await alice.until(() => alice.answers.length === 1);
      expect(alice.answers).toEqual(["1 queued"]);
      expect(alice.alarms.length).toBe(1);
      call.reply({});
      await alice.until(() => alice.outbox.oldestUnsettled === null);
      expect(alice.log.peers.get("bob").stored).toBe(one);
      expect(alice.alarms.at(-1)).toBe(null);
      expect(alice.answers.length).toBe(1);
    },
    { slowMs: 1, shortestMs: 60_000, longestMs: 60_000 },
  );
});

test("unsettled messages are restored from the log after a crash", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
    const one = alice.send("bob", "1");
    (await alice.nextCall()).reply({});
    await alice.until(() => alice.outbox.oldestUnsettled === null);
    const two = alice.send("bob", "2");
    const three = alice.send("carol", "3");
    const next = again();
    expect(next.outbox.oldestUnsettled).toBe(two);
    next.groupCommit.runNow(() => undefined);
    const [toBob, toCarol] = [await next.nextCall(), await next.nextCall()];
    expect(toBob.delivery).toMatchObject({ after: one, envelopes: [{ origin: two, body: "2" }] });
    expect(toCarol.delivery).toMatchObject({ after: 0, envelopes: [{ origin: three, body: "3" }] });
    expect(next.alarms).toEqual([expect.any(Number)]);
  });
});

test("[S6][L7] a refused message is a failed entry, and the messages after it are stored", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
    const [one, two] = [alice.send("bob", "1"), alice.send("bob", "2")];
    const first = await alice.nextCall();
    first.reply({ refused: [{ origin: one, code: "declined" }] });
    (await alice.nextCall()).reply({});
    await alice.until(() => alice.outbox.oldestUnsettled === null);
    expect(alice.failed()).toEqual([[one, "declined"]]);
    expect(alice.answers).toEqual(["1 queued", "2 stored"]);
    expect(alice.log.peers.get("bob").stored).toBe(two);
    await alice.until(() => alice.log.peers.get("bob").markSeq > 0);
    expect(again().outbox.oldestUnsettled).toBe(null);
  });
});

test("[M5] a receiver that was restored is sent again what it lost, except what it had refused", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    const seqs = ["1", "2", "3"].map((body) => alice.send("bob", body));
    (await alice.nextCall()).reply({});
    (await alice.nextCall()).reply({ refused: [{ origin: seqs[1] ?? 0, code: "declined" }] });
    await alice.until(() => alice.outbox.oldestUnsettled === null);
    const four = alice.send("bob", "4");
    (await alice.nextCall()).reply({ verdict: "behind", high: 0 });
    const again = await alice.nextCall();
    expect(again.delivery.after).toBe(0);
    expect(again.delivery.envelopes.map((e) => e.body)).toEqual(["1", "3", "4"]);
    again.reply({});
    await alice.until(() => alice.outbox.oldestUnsettled === null);
    expect(alice.log.peers.get("bob")).toMatchObject({ stored: four, storedUpTo: four });
  });
});

test("[M5] messages queued for an earlier epoch of the receiver fail", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    alice.send("bob", "1");
    (await alice.nextCall()).reply({});
    await alice.until(() => alice.outbox.oldestUnsettled === null);
    const two = alice.send("bob", "2");
    (await alice.nextCall()).reply({ verdict: "other", epoch: "b2", high: 0 });
    await alice.until(() => alice.outbox.oldestUnsettled === null);
    expect(alice.failed()).toEqual([[two, "unknown_receiver"]]);
    alice.send("bob", "3");
    expect((await alice.nextCall()).delivery).toMatchObject({ toEpoch: "b2", after: 0 });
  });
});

test("[M9] a reply of an epoch that ended during the call changes nothing in the next epoch", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    alice.send("bob", "1");
    (await alice.nextCall()).reply({});
    await alice.until(() => alice.outbox.oldestUnsettled === null);
    const two = alice.send("bob", "2");
    const late = await alice.nextCall();
    alice.groupCommit.runNow(() => alice.outbox.onContactFrom(alice.log.peers.get("bob"), "b2"));
    const three = alice.send("bob", "3");
    late.reply({});
    const next = await alice.nextCall();
    expect(next.delivery).toMatchObject({ toEpoch: "b2", after: 0, envelopes: [{ origin: three }] });
    expect(alice.failed()).toEqual([[two, "unknown_receiver"]]);
  });
});

test("[M1] a long queue is delivered in several calls, in order, with the bodies that are only on disk", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    const first = alice.send("bob", JSON.stringify("0"));
    (await alice.nextCall()).fail();
    await alice.until(() => alice.alarms.length === 1);
    const body = JSON.stringify("x".repeat(60_000));
    const sent = [first, ...Array.from({ length: 99 }, () => alice.send("bob", body))];
    alice.groupCommit.runNow(() => alice.outbox.onContactFrom(alice.log.peers.get("bob"), "b1"));
    const got: number[] = [];
    let calls = 0;
    while (got.length < sent.length) {
      const call = await alice.nextCall();
      calls++;
      got.push(...origins(call.delivery));
      expect(call.delivery.envelopes.every((e) => e.body === body || e.origin === first)).toBe(true);
      call.reply({});
    }
    expect(got).toEqual(sent);
    expect(calls).toBeGreaterThan(5);
  });
});

test("[M7][V4] an unknown verdict settles nothing: the message is queued, and tried again", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    alice.send("bob", "1");
    (await alice.nextCall()).reply({ verdict: "busy" as never, high: 0 });
    await alice.until(() => alice.answers.length > 0);
    expect(alice.answers).toEqual(["1 queued"]);
    expect(alice.log.peers.get("bob").stored).toBe(0);
    expect(alice.alarms.length).toBe(1);
  });
});

test("[M5] messages that a restored receiver lost are still unsettled after the sender's crash", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
    const sent: number[] = [];
    for (let n = 1; n <= 600; n++) {
      sent.push(alice.send("bob", String(n)));
      (await alice.nextCall()).reply({});
      await alice.until(() => alice.outbox.oldestUnsettled === null);
    }
    sent.push(alice.send("bob", "601"));
    (await alice.nextCall()).reply({ verdict: "behind", high: sent[9] ?? 0 });
    await alice.nextCall();
    const next = again();
    next.groupCommit.runNow(() => undefined);
    const call = await next.nextCall();
    expect(call.delivery.after).toBe(sent[9]);
    expect(origins(call.delivery)).toEqual(sent.slice(10));
  });
});

test("[M9] messages stored by an earlier epoch of the receiver are never sent to the next one", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
    alice.send("bob", "for the first bob");
    (await alice.nextCall()).reply({});
    await alice.until(() => alice.outbox.oldestUnsettled === null);
    alice.groupCommit.runNow(() => alice.outbox.onContactFrom(alice.log.peers.get("bob"), "b2"));
    const next = again();
    expect(next.outbox.oldestUnsettled).toBe(null);
    const two = next.send("bob", "for the second");
    (await next.nextCall()).reply({ verdict: "behind", epoch: "b2", high: 0 });
    expect(origins((await next.nextCall()).delivery)).toEqual([two]);
  });
});

test("a call reads one body from disk more than it carries, at most", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
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
    next.groupCommit.runNow(() => undefined);
    const call = await next.nextCall();
    expect(read).toBe(call.delivery.envelopes.length + 1);
  });
});

test("a call whose bodies can't be read is tried again", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
    const one = alice.send("bob", "1");
    // The second delay is longer than the first, so that the alarm is set again.
    const random = vi.spyOn(Math, "random").mockReturnValueOnce(0.1).mockReturnValue(0.9);
    const next = again();
    const of = next.log.entries.of.bind(next.log.entries);
    next.log.entries.of = () => {
      throw new Error("disk I/O error");
    };
    next.groupCommit.runNow(() => undefined);
    await next.until(() => next.alarms.length > 1);
    random.mockRestore();
    next.log.entries.of = of;
    next.outbox.onContactFrom(next.log.peers.get("bob"), "b1");
    next.groupCommit.runNow(() => undefined);
    expect(origins((await next.nextCall()).delivery)).toEqual([one]);
  });
});
