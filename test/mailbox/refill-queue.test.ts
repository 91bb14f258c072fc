// More unsettled messages for one receiver than are kept in memory: the rest is read from the log later, in order, each
// once.
import { expect, test } from "vitest";
import { UNSETTLED_IN_MEMORY } from "../../src/mailbox/log/recover.ts";
import { fresh } from "../support/devices.ts";
import { type OutboxFixture, withOutbox } from "../support/outbox-fixture.ts";

const MANY = UNSETTLED_IN_MEMORY * 4;

/** Accepts `count` messages for bob, who can't be reached. */
async function queue(alice: OutboxFixture, count = MANY): Promise<number[]> {
  const first = alice.send("bob", "0");
  const call = await alice.nextCall();
  await alice.whenEnqueued(() => call.fail());
  await alice.until(() => alice.answers.length === 1);
  return [first, ...Array.from({ length: count - 1 }, (_, i) => alice.send("bob", `${i + 1}`))];
}

/** Replies to each call until all is settled; returns the origins that the calls carried. */
async function drain(alice: OutboxFixture): Promise<number[]> {
  const got: number[] = [];
  while (alice.outbox.oldestUnsettled !== null) {
    const call = await alice.nextCall();
    for (const { origin } of call.delivery.envelopes) got.push(origin);
    await alice.whenEnqueued(() => call.reply({}));
    await alice.until(() => alice.outbox.oldestUnsettled === null || alice.callsWaiting > 0);
  }
  return got;
}

test("a queue beyond memory is delivered in order and completely, also after a crash", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
    const seqs = await queue(alice);
    expect(alice.answers).toEqual(seqs.map((_, i) => `${i} queued`));
    expect(alice.outbox.unsettledTo("bob")).toBe(MANY);
    const next = again();
    expect(next.outbox.unsettledTo("bob")).toBe(MANY);
    const unsettled = next.log.takeUnsettled();
    expect(unsettled.size).toBe(0);
    next.groupCommit.runNow(() => undefined);
    // A message that is sent meanwhile waits behind the others.
    const last = next.send("bob", "last");
    expect(next.answers).toEqual(["last queued"]);
    expect(await drain(next)).toEqual([...seqs, last]);
    expect(next.log.peers.get("bob")).toMatchObject({ stored: last, storedUpTo: last });
    expect(again().outbox.oldestUnsettled).toBe(null);
  });
});

test("[S2] a repeat of an unsettled message that is in the log alone is answered queued", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    const seqs = await queue(alice);
    const entry = alice.log.entries.get(seqs.at(-1) ?? 0);
    const answers: string[] = [];
    if (entry !== null) alice.outbox.answer(entry, (state) => void answers.push(state));
    expect(answers).toEqual(["queued"]);
  });
});

test("[M5] messages queued for an earlier epoch fail, also those in the log alone", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    alice.log.peers.get("bob").epoch = "b0";
    const seqs = await queue(alice);
    alice.groupCommit.runNow(() => alice.outbox.onContactFrom(alice.log.peers.get("bob"), "b1"));
    expect(alice.failed()).toEqual(seqs.map((seq) => [seq, "unknown_receiver"]));
    expect(alice.outbox.oldestUnsettled).toBe(null);
  });
});

test("[M5] a receiver that was restored to its beginning is sent everything again, in order", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    const seqs = await queue(alice);
    alice.groupCommit.runNow(() => alice.outbox.onContactFrom(alice.log.peers.get("bob"), "b1"));
    expect(await drain(alice)).toEqual(seqs);
    const more = alice.send("bob", "more");
    (await alice.nextCall()).reply({ verdict: "behind", high: 0 });
    await alice.until(() => alice.callsWaiting > 0);
    expect(alice.outbox.unsettledTo("bob")).toBe(MANY + 1);
    expect(await drain(alice)).toEqual([...seqs, more]);
  });
});

test("[M5][M16] an author that was restored while its clock is behind renumbers what the receiver does not have", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    const one = alice.send("bob", "one");
    const high = one + 1_000_000_000;
    const call = await alice.nextCall();
    expect(call.delivery.compare).toBe(undefined);
    const two = alice.send("bob", "two");
    // Dropped there, as a duplicate.
    await alice.whenEnqueued(() => call.reply({ high }));
    const asked = await alice.nextCall();
    expect(asked.delivery).toMatchObject({ compare: true, envelopes: [{ origin: one }, { origin: two }] });
    await alice.whenEnqueued(() => asked.reply({ high, missing: one }));
    const next = await alice.nextCall();
    const bodies = next.delivery.envelopes.map(({ body }) => body);
    expect(bodies).toEqual(["one", "two"]);
    expect(next.delivery.envelopes.every(({ origin }) => origin > high)).toBe(true);
    next.reply({});
    await alice.until(() => alice.outbox.oldestUnsettled === null);
    expect(alice.answers).toEqual(["one stored", "two stored"]);
    expect(two).toBeLessThan(high);
    // A receiver that names ever higher numbers is not sent the message again without an end.
    alice.send("bob", "three");
    for (let n = 1; n <= 3; n++) {
      const odd = await alice.nextCall();
      const wrong = alice.log.head + 1_000_000_000;
      await alice.whenEnqueued(() => odd.reply({ high: wrong, missing: odd.delivery.envelopes[0]?.origin ?? 0 }));
    }
    await alice.until(() => alice.outbox.oldestUnsettled === null);
  });
});

test("[M16] an author that was restored renumbers nothing that the receiver has, and what follows it keeps its order", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
    const [one, two, three] = [alice.send("bob", "one"), alice.send("bob", "two"), alice.send("bob", "three")];
    // The copy does not know yet that the receiver has them.
    const restored = again();
    restored.groupCommit.runNow(() => undefined);
    const high = three + 1_000_000_000;
    const { delivery, reply } = await restored.nextCall();
    expect(delivery).toMatchObject({ compare: true, envelopes: [{ origin: one }, { origin: two }, { origin: three }] });
    await restored.whenEnqueued(() => reply({ high, missing: three }));
    const next = await restored.nextCall();
    expect(next.delivery.envelopes.map(({ body }) => body)).toEqual(["three"]);
    expect(next.delivery.compare).toBe(undefined);
    expect(restored.log.peers.get("bob").storedUpTo).toBe(two);
    next.reply({});
    await restored.until(() => restored.outbox.oldestUnsettled === null);
    // None is missing: all of them are stored, though the receiver has higher numbers.
    const four = restored.send("bob", "four");
    const last = await restored.nextCall();
    await restored.whenEnqueued(() => last.reply({ high: four + 1_000_000_000 }));
    (await restored.nextCall()).reply({ high: four + 1_000_000_000, missing: 0 });
    await restored.until(() => restored.outbox.oldestUnsettled === null);
    expect([...restored.log.entries.after(0)].map(({ body }) => body)).toEqual([
      "one",
      "two",
      "three",
      "three",
      "four",
    ]);
  });
});

test("[M16] a receiver with older code does not compare: all is renumbered", async () => {
  await withOutbox(fresh("alice"), async (alice) => {
    const high = alice.send("bob", "one") + 1_000_000_000;
    for (let call = 1; call <= 2; call++) {
      const { reply } = await alice.nextCall();
      await alice.whenEnqueued(() => reply({ high }));
    }
    const { delivery } = await alice.nextCall();
    expect(delivery.envelopes.map(({ origin, body }) => [origin > high, body])).toEqual([[true, "one"]]);
  });
});

test("[M5] renumbered messages are written before they are delivered again, so that a crash does not renumber them twice", async () => {
  await withOutbox(fresh("alice"), async (alice, again) => {
    alice.send("bob", "zero");
    (await alice.nextCall()).reply({});
    await alice.until(() => alice.outbox.oldestUnsettled === null);
    const one = alice.send("bob", "one");
    const high = one + 1_000_000_000;
    (await alice.nextCall()).reply({ high });
    (await alice.nextCall()).reply({ high, missing: one });
    const { delivery } = await alice.nextCall();
    const origins = delivery.envelopes.map(({ origin }) => origin);
    expect(origins.length).toBe(1);
    expect(origins.map((origin) => again().log.entries.get(origin)?.body)).toEqual(["one"]);
  });
});
