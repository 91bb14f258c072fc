// Two mailboxes that keep calling each other, in both directions at once: what the platform counts as a chain of calls stays short,
// because work that is too deep goes on from an alarm. test/support/platform.ts refuses what Cloudflare refuses.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CallBudget, MAX_DEPTH } from "../../src/durable/call-budget.ts";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import type { Delivery } from "../../src/protocol/envelope.ts";
import { unpack } from "../../src/protocol/packed-delivery.ts";
import { fresh, open } from "../support/devices.ts";
import type { Device } from "../support/line.ts";
import { forget, seen } from "../support/platform.ts";
import { Random } from "./random.ts";

const TURNS = 1_000;

beforeEach(forget);
afterEach(() => void vi.restoreAllMocks());

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

/** Whose mailboxes these are, and one device each. */
async function pair() {
  const [a, b] = [fresh("bot"), fresh("bot")];
  return { a, b, alice: await open(a), bob: await open(b) };
}

/** Answers each message with one, at once, until `TURNS` have come; resolves with what came. */
async function answer(device: Device, to: string, random: Random, underWay: number): Promise<unknown[]> {
  const came: unknown[] = [];
  let id = 0;
  const say = () => device.send({ type: "send", id: ++id, to, body: id });
  for (let n = 0; n < underWay; n++) say();
  while (came.length < TURNS) {
    const { seq, from, body } = await device.until("message");
    device.ack(seq);
    if (from !== to) continue;
    came.push(body);
    if (random.chance(0.3)) device.send({ type: "read", peer: to, seq });
    if (id < TURNS) say();
  }
  return came;
}

test.each([1, 2])(
  "seed %i: two bots that answer each other for a thousand turns are never refused",
  { timeout: 60_000 },
  async (seed) => {
    const { a, b, alice, bob } = await pair();
    const random = new Random(seed);
    const underWay = 1 + random.below(32);
    const came = [answer(alice, b, random, underWay), answer(bob, a, random, underWay)];
    expect(await Promise.all(came)).toEqual([numbers(TURNS), numbers(TURNS)]);
    expect(seen.refused).toBe(0);
    expect(seen.depth).toBeLessThanOrEqual(MAX_DEPTH);
  },
);

/** Each call brings one message: so nothing but calls comes for long, in both directions, and each is made when the other's has come. */
function oneByOne(random: Random): void {
  const { deliver } = Mailbox.prototype;
  vi.spyOn(Mailbox.prototype, "deliver").mockImplementation(async function (this: Mailbox, said) {
    const delivery: Delivery = unpack(said);
    const envelopes = delivery.envelopes.slice(0, 1);
    if (random.chance(0.3)) await scheduler.wait(random.below(3));
    const reply = await deliver.call(this, { ...delivery, envelopes });
    const rest = reply.verdict === "taken" && delivery.envelopes.length > 1;
    // As if the rest had got lost.
    return rest ? { ...reply, verdict: "behind" } : reply;
  });
}

async function callEachOther(random: Random, count: number): Promise<void> {
  oneByOne(random);
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
  "[M12] seed %i: mailboxes that keep calling each other go on from an alarm before they are too deep",
  { timeout: 60_000 },
  async (seed) => {
    await callEachOther(new Random(seed), 150);
    expect(seen.refused).toBe(0);
    expect(seen.depth).toBe(MAX_DEPTH);
  },
);

test("without a bound their chain grows until the platform refuses it", { timeout: 60_000 }, async () => {
  vi.spyOn(CallBudget.prototype, "take").mockReturnValue(true);
  await callEachOther(new Random(1), 150);
  expect(seen.refused).toBeGreaterThan(0);
});
