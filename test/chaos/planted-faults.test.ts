// Proves that the chaos finds faults: planted faults, each of which it has to find within 40 seeds.
import { afterEach, expect, test, vi } from "vitest";
import { EntryRows } from "../../src/durable/log/entry-rows.ts";
import { RunColumns } from "../../src/durable/log/run-columns.ts";
import { Sockets } from "../../src/mailbox/connections/sockets.ts";
import { Log } from "../../src/mailbox/log/log.ts";
import { ConversationIndex } from "../../src/mailbox/log/peers/conversation-index.ts";
import { EarlyMarks } from "../../src/mailbox/log/peers/early-marks.ts";
import { PeerRows } from "../../src/mailbox/log/peers/peer-rows.ts";
import type { Delivery } from "../../src/protocol/envelope.ts";
import { ChaosDevice } from "./chaos-device.ts";
import { play } from "./world.ts";

const SEEDS = 40;
/** Nothing that is broken here is kept later. */
const SETTLE_MS = 2_000;

afterEach(() => void vi.restoreAllMocks());

/** The first complaint about a history of these seeds. */
async function complaint(tamper?: (delivery: Delivery) => Delivery): Promise<string | undefined> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const [first] = await play(seed, { ...(tamper && { tamper }), settleMs: SETTLE_MS });
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
  expect(await complaint()).toMatch(/never shown|received a mark that|knows stored/);
});

test("the chaos finds a receipt that claims too much", { timeout: 60_000 }, async () => {
  const readAll = (delivery: Delivery): Delivery => {
    return delivery.delivered === undefined ? delivery : { ...delivery, read: delivery.delivered };
  };
  expect(await complaint(readAll)).toMatch(/received a mark that .* read, and it was not/);
});

test("the chaos finds early marks that are lost in hibernation", { timeout: 60_000 }, async () => {
  vi.spyOn(Sockets.prototype, "hold").mockReturnValue(undefined);
  expect(await complaint()).toMatch(/knows (delivered|read|mine|unread)|decreased/);
});

test("the chaos finds notes that a wake does not apply", { timeout: 60_000 }, async () => {
  vi.spyOn(EntryRows.prototype, "notesAfter").mockReturnValue([]);
  expect(await complaint()).toMatch(/a gap|knows |decreased|received a mark that/);
});

test("the chaos finds marks with a seq that are not durable", { timeout: 60_000 }, async () => {
  const { takeNotes } = PeerRows.prototype;
  vi.spyOn(PeerRows.prototype, "takeNotes").mockImplementation(function (this: PeerRows) {
    takeNotes.call(this);
    return [];
  });
  expect(await complaint()).toMatch(/a gap|knows |decreased/);
});

test("the chaos finds devices that do not say again what was read", { timeout: 60_000 }, async () => {
  vi.spyOn(ChaosDevice.prototype, "repeatReads").mockReturnValue(undefined);
  // What nobody says again is lost for the authors too.
  expect(await complaint()).toMatch(/knows (mine|unread|read)/);
});

test("the chaos finds a mailbox that does not ask for lost receipts", { timeout: 60_000 }, async () => {
  vi.spyOn(EarlyMarks.prototype, "hasLost", "get").mockReturnValue(false);
  expect(await complaint()).toMatch(/knows (delivered|read) /);
});

test("the chaos finds devices that are not sent the early marks", { timeout: 60_000 }, async () => {
  vi.spyOn(EarlyMarks.prototype, "after").mockReturnValue([]);
  expect(await complaint()).toMatch(/(phone|laptop|tablet|new-early) of .* knows /);
});

test("the chaos finds a wrong number of unread messages", { timeout: 60_000 }, async () => {
  const { unread } = ConversationIndex.prototype;
  vi.spyOn(ConversationIndex.prototype, "unread").mockImplementation(function (this: ConversationIndex, peer, seq) {
    return unread.call(this, peer, seq) + 1;
  });
  expect(await complaint()).toMatch(/mailbox of .* knows unread/);
});

test("the chaos finds a receiver that takes a relation to another message", { timeout: 60_000 }, async () => {
  vi.spyOn(ConversationIndex.prototype, "seqOfOrigin").mockImplementation(({ lastSeq }) => lastSeq);
  expect(await complaint()).toMatch(/has .* as .* of .*; it is /);
});

test("the chaos finds relations that are lost on their way", { timeout: 60_000 }, async () => {
  const forget = (delivery: Delivery): Delivery => ({
    ...delivery,
    envelopes: delivery.envelopes.map(({ origin, at, body }) => ({ origin, at, body })),
  });
  expect(await complaint(forget)).toMatch(/has .* as .* of .*; it is |knows unread/);
});

test("the chaos finds edits that are counted as unread after a wake", { timeout: 60_000 }, async () => {
  vi.spyOn(RunColumns.prototype, "isShown", "get").mockReturnValue("1");
  expect(await complaint()).toMatch(/knows unread/);
});
