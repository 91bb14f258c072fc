// Events with many calls: a message to many receivers, receipts to many authors, presence for many correspondents. The
// platform (test/support/platform-limits.ts) refuses the 51st call of an event. Here no call is refused, and every receiver is
// reached.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CallBudget } from "../../src/durable/call-budget.ts";
import { fetchWorker } from "../support/accounts.ts";
import { fresh, open } from "../support/devices.ts";
import { resetObserved, PLATFORM_LIMITS, observed } from "../support/platform-limits.ts";

const MANY = 90;

beforeEach(resetObserved);
afterEach(() => void vi.restoreAllMocks());

const namesOf = (count: number) => Array.from({ length: count }, () => fresh("one"));

/** Sends one message to each, in one request; the states in which they were accepted. */
async function sendToAll(from: string, names: readonly string[]): Promise<unknown[]> {
  const body = JSON.stringify(names.map((to) => ({ to, body: "hello" })));
  const response = await fetchWorker(`/api/messages?user=${from}`, { method: "POST", body });
  return (await response.json<{ readonly state: unknown }[]>()).map(({ state }) => state);
}

/** A user with `count` correspondents, all of them connected. */
async function popular(count: number) {
  const user = fresh("popular");
  const devices = [];
  for (const name of namesOf(count)) devices.push(await open(name));
  await sendToAll(
    user,
    devices.map(({ welcome }) => welcome.user),
  );
  for (const device of devices) device.ack((await device.until("message"))["seq"]);
  return { user, devices };
}

test(
  "[M13] a request to 90 receivers is stored by all of them, in as many events as it takes",
  { timeout: 60_000 },
  async () => {
    const states = await sendToAll(fresh("shop"), namesOf(MANY));
    expect(states.length).toBe(MANY);
    // On a busy machine some calls may take 2 s, and are answered queued.
    expect(new Set(states)).toContain("stored");
    expect(observed).toMatchObject({ refused: 0 });
    expect(observed.calls).toBeLessThanOrEqual(PLATFORM_LIMITS.calls);
  },
);

test("without the call budget the platform refuses calls of such a request", { timeout: 60_000 }, async () => {
  vi.spyOn(CallBudget.prototype, "take").mockReturnValue(true);
  await sendToAll(fresh("shop"), namesOf(MANY));
  expect(observed.refused).toBeGreaterThan(0);
});

test(
  "[M13][G4] a user who connects is announced to 52 correspondents, and may watch as many",
  { timeout: 60_000 },
  async () => {
    const { user, devices } = await popular(52);
    for (const device of devices) device.send({ type: "watch", peers: [user] });
    for (const device of devices) expect(await device.until("presence")).toMatchObject({ user, online: false });
    resetObserved();
    const phone = await open(user);
    for (const device of devices) expect(await device.until("presence")).toMatchObject({ user, online: true });
    phone.send({ type: "watch", peers: devices.map(({ welcome }) => welcome.user) });
    const present = await phone.take("presence", devices.length);
    expect(new Set(present.map((frame) => frame["user"])).size).toBe(devices.length);
    expect(observed).toMatchObject({ refused: 0 });
  },
);

test("[M13][E5] one ack after an absence sends a receipt to every author", { timeout: 60_000 }, async () => {
  const reader = await open(fresh("reader"));
  reader.socket.close();
  await reader.socket.untilClosed();
  const authors = [];
  for (const name of namesOf(52)) authors.push(await open(name));
  for (const author of authors) {
    author.send({ type: "send", id: 1, to: reader.welcome.user, body: "are you there?" });
    await author.until("accepted");
  }
  resetObserved();
  const back = await open(reader.welcome.user);
  const all = await back.take("message", authors.length);
  back.ack(all.at(-1)?.["seq"]);
  for (const author of authors) expect(await author.mark("delivered")).toMatchObject({ peer: reader.welcome.user });
  expect(observed).toMatchObject({ refused: 0 });
});
