// The limit of attempts of one address in a minute: exact with concurrent reservations, which harmless attempts
// release, and bounded in memory without forgetting addresses at their limit.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { AddressLimit, isReserved, MINUTE_MS, type Reservation } from "../../src/identity/address-limit.ts";

const household = (name: string) => ({ household: name, site: null });
const NOW = 1_800_000_000_000;

function reserved(limit: AddressLimit, name: string, most = 3, now = NOW): Reservation {
  const outcome = limit.reserve(household(name), most, now);
  if (!isReserved(outcome)) throw new Error("nothing was reserved");
  return outcome;
}

test("concurrent reservations never exceed the limit, and a released one is available again", () => {
  const action = fc.constantFrom("reserve", "release", "commit");
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), fc.integer({ min: 1, max: 10 }), (actions, most) => {
      const limit = new AddressLimit();
      const held: Reservation[] = [];
      let kept = 0;
      for (const one of actions) {
        if (one === "reserve") {
          const outcome = limit.reserve(household("a"), most, NOW);
          expect(isReserved(outcome)).toBe(held.length + kept < most);
          if (isReserved(outcome)) held.push(outcome);
          else expect(outcome.isBusy).toBe(kept < most);
          continue;
        }
        const first = held.shift();
        first?.[one]();
        // A second release has no effect.
        first?.release();
        if (first !== undefined && one === "commit") kept++;
      }
    }),
  );
});

test("after a minute the whole limit is available, and a late release does not change the new minute", () => {
  const limit = new AddressLimit();
  const late = reserved(limit, "a");
  for (const _ of [1, 2]) reserved(limit, "a").commit();
  expect(limit.reserve(household("a"), 3, NOW + MINUTE_MS - 1)).toMatchObject({ isBusy: true });
  for (const _ of [1, 2, 3]) reserved(limit, "a", 3, NOW + MINUTE_MS).commit();
  late.release();
  expect(limit.reserve(household("a"), 3, NOW + MINUTE_MS)).toEqual({ isBusy: false, retryAfter: MINUTE_MS });
});

test("a site has eight times the limit of a household", () => {
  const limit = new AddressLimit();
  let count = 0;
  for (let n = 0; n < 1_000; n++) {
    const outcome = limit.reserve({ household: `h${n}`, site: "s" }, 3, NOW);
    if (!isReserved(outcome)) continue;
    outcome.commit();
    count++;
  }
  expect(count).toBe(24);
  expect(isReserved(limit.reserve({ household: "h", site: "other" }, 3, NOW))).toBe(true);
});

test("50,000 other addresses evict no address at its limit, and memory stays bounded", () => {
  const limit = new AddressLimit();
  for (const _ of [1, 2, 3]) reserved(limit, "guesser").commit();
  for (let n = 0; n < 50_000; n++) reserved(limit, `other-${n}`).commit();
  expect(isReserved(limit.reserve(household("guesser"), 3, NOW))).toBe(false);
  expect(limit.size).toBeLessThanOrEqual(20_000);
  // Among addresses at their limit, the oldest one is evicted by 20,000 others.
  for (let n = 0; n < 20_000; n++) for (const _ of [1, 2, 3]) reserved(limit, `botnet-${n}`).commit();
  expect(limit.size).toBeLessThanOrEqual(20_000);
});

test("a release for an evicted address has no effect", () => {
  const limit = new AddressLimit();
  const first = reserved(limit, "first");
  for (let n = 0; n < 10_000; n++) reserved(limit, `other-${n}`).commit();
  first.release();
  for (const _ of [1, 2, 3]) reserved(limit, "first").commit();
  expect(isReserved(limit.reserve(household("first"), 3, NOW))).toBe(false);
});

test("a count from elsewhere can exhaust an address", () => {
  const limit = new AddressLimit();
  reserved(limit, "a").exhaust();
  expect(limit.reserve(household("a"), 3, NOW)).toMatchObject({ isBusy: false });
});
