// Proves that the chaos finds faults: five planted faults, each of which it has to find within 40 seeds.
import { afterEach, expect, test, vi } from "vitest";
import { Log } from "../../src/mailbox/log/log.ts";
import { Sockets } from "../../src/mailbox/connections/sockets.ts";
import type { Delivery } from "../../src/protocol/envelope.ts";
import { play } from "./world.ts";

const SEEDS = 40;

afterEach(() => void vi.restoreAllMocks());

/** The first complaint about a history of these seeds. */
async function complaint(tamper?: (delivery: Delivery) => Delivery): Promise<string | undefined> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const [first] = await play(seed, tamper);
    if (first !== undefined) return first;
  }
  return undefined;
}

test("the chaos finds a receiver that does not deduplicate", { timeout: 60_000 }, async () => {
  let call = 0;
  const skip = (delivery: Delivery): Delivery => {
    call++;
    // Another origin in every call, so that no message is known from before.
    const envelopes = delivery.envelopes.map((envelope) => ({
      ...envelope,
      origin: envelope.origin + call * 1_000_000,
    }));
    return { ...delivery, after: 0, envelopes };
  };
  expect(await complaint(skip)).toMatch(/twice/);
});

test("the chaos finds messages that are accepted without being written", { timeout: 60_000 }, async () => {
  const append = Log.prototype.append;
  let count = 0;
  vi.spyOn(Log.prototype, "append").mockImplementation(function (this: Log, entry) {
    if (entry.kind !== "self" || ++count % 5 > 0) return append.call(this, entry);
    return { ...entry, seq: this.head, failed: null };
  });
  expect(await complaint()).toMatch(/never shown|out_of_order/);
});

test("the chaos finds a pump that ignores the window", { timeout: 60_000 }, async () => {
  const flush = Sockets.prototype.flush;
  vi.spyOn(Sockets.prototype, "flush").mockImplementation(function (this: Sockets) {
    flush.call(this);
    for (const session of this.all()) if (session.kind !== "plain") session.unacked = [];
  });
  expect(await complaint()).toMatch(/unacknowledged/);
});

test("the chaos finds a peer queue that reorders messages", { timeout: 60_000 }, async () => {
  const shuffle = (delivery: Delivery): Delivery => {
    const bodies = delivery.envelopes.map(({ body }) => body).toReversed();
    return {
      ...delivery,
      envelopes: delivery.envelopes.map((envelope, i) => ({ ...envelope, body: bodies[i] ?? "" })),
    };
  };
  // A retry with more messages is reversed differently, and shows a message twice.
  expect(await complaint(shuffle)).toMatch(/too late|not shown the same|twice/);
});

test("the chaos finds an outbox that a crash loses", { timeout: 60_000 }, async () => {
  vi.spyOn(Log.prototype, "takeUnsettled").mockReturnValue(new Map());
  // The next mark covers the messages that were settled before the crash, and with them the lost ones.
  expect(await complaint()).toMatch(/never shown|received a mark that/);
});
