// Two mailboxes call each other continuously, in both directions at once. The chain of calls that the platform counts
// stays short, because work that is too deep continues from an alarm. test/support/platform-limits.ts enforces the limits of
// Cloudflare.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CallBudget, MAX_DEPTH } from "../../src/durable/call-budget.ts";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import type { Delivery } from "../../src/protocol/envelope.ts";
import { unpack } from "../../src/protocol/packed-delivery.ts";
import { fresh, open } from "../support/devices.ts";
import type { Device } from "../support/client-socket.ts";
import { resetObserved, observed } from "../support/platform-limits.ts";
import { Random } from "./random.ts";

const MESSAGES = 1_000;

beforeEach(resetObserved);
afterEach(() => void vi.restoreAllMocks());

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

/** Two users with one device each. */
async function pair() {
  const [a, b] = [fresh("bot"), fresh("bot")];
  return { a, b, alice: await open(a), bob: await open(b) };
}

/** Replies to each message at once, until `MESSAGES` have arrived; resolves with their bodies. */
async function replyToEach(device: Device, to: string, random: Random, inFlight: number): Promise<unknown[]> {
  const came: unknown[] = [];
  let id = 0;
  const sendNext = () => device.send({ type: "send", id: ++id, to, body: id });
  for (let n = 0; n < inFlight; n++) sendNext();
  while (came.length < MESSAGES) {
    const { seq, from, body } = await device.until("message");
    device.ack(seq);
    if (from !== to) continue;
    came.push(body);
    if (random.chance(0.3)) device.send({ type: "read", peer: to, seq });
    if (id < MESSAGES) sendNext();
  }
  return came;
}

test.each([1, 2])(
  "seed %i: no call is refused while two bots exchange 1,000 messages each way",
  { timeout: 60_000 },
  async (seed) => {
    const { a, b, alice, bob } = await pair();
    const random = new Random(seed);
    const inFlight = 1 + random.below(32);
    const came = [replyToEach(alice, b, random, inFlight), replyToEach(bob, a, random, inFlight)];
    expect(await Promise.all(came)).toEqual([numbers(MESSAGES), numbers(MESSAGES)]);
    expect(observed.refused).toBe(0);
    expect(observed.depth).toBeLessThanOrEqual(MAX_DEPTH);
  },
);

/**
 * Each call delivers one message. So for a long time no events but calls occur, in both directions, and each call is
 * made in reply to another.
 */
function deliverOneByOne(random: Random): void {
  const { deliver } = Mailbox.prototype;
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(async function (this: Mailbox, packed) {
    const delivery: Delivery = unpack(packed);
    const envelopes = delivery.envelopes.slice(0, 1);
    if (random.chance(0.3)) await scheduler.wait(random.below(3));
    const reply = await deliver.call(this, { ...delivery, envelopes });
    const rest = reply.verdict === "taken" && delivery.envelopes.length > 1;
    // As if the rest had been lost.
    return rest ? { ...reply, verdict: "behind" } : reply;
  });
}

async function callEachOther(random: Random, count: number): Promise<void> {
  deliverOneByOne(random);
  const { a, b, alice, bob } = await pair();
  const all = numbers(count);
  alice.send(...all.map((n) => ({ type: "send", id: n, to: b, body: n })));
  bob.send(...all.map((n) => ({ type: "send", id: n, to: a, body: n })));
  for (const device of [alice, bob]) {
    const came: unknown[] = [];
    while (came.length < count) {
      const { from, body } = await device.until("message");
      if (from === (device === alice ? b : a)) came.push(body);
    }
    expect(came).toEqual(all);
  }
}

test.each([1, 2])(
  "[M12] seed %i: mailboxes that call each other continuously continue from an alarm at the depth limit",
  { timeout: 60_000 },
  async (seed) => {
    await callEachOther(new Random(seed), 150);
    expect(observed.refused).toBe(0);
    expect(observed.depth).toBe(MAX_DEPTH);
  },
);

test(
  "without the call budget the chain of calls grows until the platform refuses a call",
  { timeout: 60_000 },
  async () => {
    vi.spyOn(CallBudget.prototype, "take").mockReturnValue(true);
    await callEachOther(new Random(1), 150);
    expect(observed.refused).toBeGreaterThan(0);
  },
);
