// The token bucket, with a fake clock.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TokenBucket } from "../../src/protocol/token-bucket.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

test("a bucket gives a burst, then tokens at its rate, and returns the ms until the next one", () => {
  const bucket = new TokenBucket(3, 2);
  expect([bucket.take(), bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 0, 500]);
  pass(499);
  expect(bucket.take()).toBe(1);
  pass(1);
  expect([bucket.take(), bucket.take()]).toEqual([0, 500]);
  pass(3_600_000);
  expect([bucket.take(3), bucket.take()]).toEqual([0, 500]);
});

test("a debt is paid back first, and is never more than one burst", () => {
  const bucket = new TokenBucket(10, 10);
  bucket.charge(1_000);
  expect(bucket.tokens).toBe(-10);
  expect(bucket.take()).toBe(1_100);
  pass(2_000);
  expect(bucket.tokens).toBe(10);
});

test("a clock that goes backwards neither adds nor removes tokens", () => {
  const bucket = new TokenBucket(2, 1);
  bucket.take(2);
  pass(-60_000);
  expect(bucket.take()).toBe(1_000);
  pass(1_000);
  expect(bucket.take()).toBe(0);
});

test("a price above the burst needs only a full bucket", () => {
  const bucket = new TokenBucket(2, 1);
  bucket.take();
  expect(bucket.take(5)).toBe(1_000);
});
