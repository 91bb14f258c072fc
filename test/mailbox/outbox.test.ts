// What one receiver is owed, where that is more than is kept in memory: read from the log when its turn comes, in order, each once.
import { expect, test } from "vitest";
import { UNSETTLED_IN_MEMORY } from "../../src/mailbox/log/recover.ts";
import { fresh } from "../support/devices.ts";
import { type Rig, rig } from "../support/rig.ts";

const MANY = UNSETTLED_IN_MEMORY * 4;

/** Accepts so many messages for bob, whom nobody reaches. */
async function queue(alice: Rig, count = MANY): Promise<number[]> {
  const first = alice.send("bob", "0");
  const call = await alice.call();
  await alice.joined(() => call.fail());
  await alice.until(() => alice.answers.length === 1);
  return [first, ...Array.from({ length: count - 1 }, (_, i) => alice.send("bob", `${i + 1}`))];
}

/** Answers each call until nothing is owed; returns all that they carried. */
async function drain(alice: Rig): Promise<number[]> {
  const got: number[] = [];
  while (alice.lanes.oldestUnsettled !== null) {
    const call = await alice.call();
    for (const { origin } of call.delivery.envelopes) got.push(origin);
    await alice.joined(() => call.answer({}));
    await alice.until(() => alice.lanes.oldestUnsettled === null || alice.waiting > 0);
  }
  return got;
}

test("of very many that are owed the first are in memory, and all leave in order, also after a crash", async () => {
  await rig(fresh("alice"), async (alice, again) => {
    const seqs = await queue(alice);
    expect(alice.answers).toEqual(seqs.map((_, i) => `${i} queued`));
    expect(alice.lanes.unsettledTo("bob")).toBe(MANY);
    const next = again();
    expect(next.lanes.unsettledTo("bob")).toBe(MANY);
    const owed = next.log.takeUnsettled();
    expect(owed.size).toBe(0);
    next.turn.runNow(() => undefined);
    // One that is sent meanwhile waits behind the others.
    const last = next.send("bob", "last");
    expect(next.answers).toEqual(["last queued"]);
    expect(await drain(next)).toEqual([...seqs, last]);
    expect(next.log.peers.get("bob")).toMatchObject({ stored: last, reached: last });
    expect(again().lanes.oldestUnsettled).toBe(null);
  });
});

test("[S2] a repeat of one that is owed and in the log alone is answered as queued", async () => {
  await rig(fresh("alice"), async (alice) => {
    const seqs = await queue(alice);
    const entry = alice.log.entries.get(seqs.at(-1) ?? 0);
    const said: string[] = [];
    if (entry !== null) alice.lanes.answer(entry, (state) => void said.push(state));
    expect(said).toEqual(["queued"]);
  });
});

test("[M5] what was queued for a life that has ended fails, also what is in the log alone", async () => {
  await rig(fresh("alice"), async (alice) => {
    alice.log.peers.get("bob").epoch = "b0";
    const seqs = await queue(alice);
    alice.turn.runNow(() => alice.lanes.onContactFrom(alice.log.peers.get("bob"), "b1"));
    expect(alice.failed()).toEqual(seqs.map((seq) => [seq, "unknown_receiver"]));
    expect(alice.lanes.oldestUnsettled).toBe(null);
  });
});

test("[M5] a receiver that was set back far gets everything again, in order", async () => {
  await rig(fresh("alice"), async (alice) => {
    const seqs = await queue(alice);
    alice.turn.runNow(() => alice.lanes.onContactFrom(alice.log.peers.get("bob"), "b1"));
    expect(await drain(alice)).toEqual(seqs);
    const more = alice.send("bob", "more");
    (await alice.call()).answer({ verdict: "behind", high: 0 });
    await alice.until(() => alice.waiting > 0);
    expect(alice.lanes.unsettledTo("bob")).toBe(MANY + 1);
    expect(await drain(alice)).toEqual([...seqs, more]);
  });
});

test("[M5] an author that was set back while its clock is behind goes on above what the receiver has, and sends again", async () => {
  await rig(fresh("alice"), async (alice, again) => {
    const one = alice.send("bob", "one");
    const high = one + 1_000_000_000;
    const call = await alice.call();
    const two = alice.send("bob", "two");
    // Dropped there, as something that came long ago.
    await alice.joined(() => call.answer({ high }));
    const next = await alice.call();
    const bodies = next.delivery.envelopes.map(({ body }) => body);
    expect(bodies).toEqual(["one", "two"]);
    expect(next.delivery.envelopes.every(({ origin }) => origin > high)).toBe(true);
    next.answer({});
    await alice.until(() => alice.lanes.oldestUnsettled === null);
    expect(alice.answers).toEqual(["one stored", "two stored"]);
    expect(again().lanes.oldestUnsettled).toBe(null);
    expect(two).toBeLessThan(high);
    // It is not sent again for ever to one that names ever higher numbers.
    alice.send("bob", "three");
    for (let n = 1; n <= 2; n++) {
      const odd = await alice.call();
      await alice.joined(() => odd.answer({ high: alice.log.head + 1_000_000_000 }));
    }
    await alice.until(() => alice.lanes.oldestUnsettled === null);
  });
});
