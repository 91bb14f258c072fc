// Shows that the chaos sees what it is for: five faults on purpose, each of which it has to catch within a few seeds.
import { afterEach, expect, test, vi } from "vitest";
import { Log } from "../../src/mailbox/log/log.ts";
import { Sockets } from "../../src/mailbox/connections/sockets.ts";
import type { Delivery } from "../../src/protocol/envelope.ts";
import { play } from "./world.ts";

const SEEDS = 40;

afterEach(() => void vi.restoreAllMocks());

/** The first complaint about a history, over the seeds. */
async function complaint(tamper?: (delivery: Delivery) => Delivery): Promise<string | undefined> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const [first] = await play(seed, tamper);
    if (first !== undefined) return first;
  }
  return undefined;
}

test("a receiver that skips the dedupe shows something twice", { timeout: 60_000 }, async () => {
  let call = 0;
  const skip = (delivery: Delivery): Delivery => {
    call++;
    // Another number every time, so that nothing is known from before.
    const envelopes = delivery.envelopes.map((envelope) => ({
      ...envelope,
      origin: envelope.origin + call * 1_000_000,
    }));
    return { ...delivery, after: 0, envelopes };
  };
  expect(await complaint(skip)).toMatch(/twice/);
});

test("an accepted that is told before anything is written loses something", { timeout: 60_000 }, async () => {
  const append = Log.prototype.append;
  let count = 0;
  vi.spyOn(Log.prototype, "append").mockImplementation(function (this: Log, entry) {
    if (entry.kind !== "self" || ++count % 5 > 0) return append.call(this, entry);
    return { ...entry, seq: this.head, failed: null };
  });
  expect(await complaint()).toMatch(/never shown|out_of_order/);
});

test("a pump that does not mind the window is seen", { timeout: 60_000 }, async () => {
  const flush = Sockets.prototype.flush;
  vi.spyOn(Sockets.prototype, "flush").mockImplementation(function (this: Sockets) {
    flush.call(this);
    for (const session of this.all()) if (session.kind !== "plain") session.unacked = [];
  });
  expect(await complaint()).toMatch(/unacknowledged/);
});

test("a lane without an order is seen", { timeout: 60_000 }, async () => {
  const shuffle = (delivery: Delivery): Delivery => {
    const bodies = delivery.envelopes.map(({ body }) => body).toReversed();
    return {
      ...delivery,
      envelopes: delivery.envelopes.map((envelope, i) => ({ ...envelope, body: bodies[i] ?? "" })),
    };
  };
  // A call that is tried again with more in it is shuffled otherwise, and shows something twice.
  expect(await complaint(shuffle)).toMatch(/too late|not shown the same|twice/);
});

test("an outbox that is forgotten in a crash loses something", { timeout: 60_000 }, async () => {
  vi.spyOn(Log.prototype, "takeUnsettled").mockReturnValue(new Map());
  // What was settled before the crash is told with the next mark, which then speaks for the forgotten ones too.
  expect(await complaint()).toMatch(/never shown|was told that/);
});
