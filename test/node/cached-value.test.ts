// A cached value: concurrent requests share one computation; a failed computation, or one that timed out, is repeated.
import { expect, test, vi } from "vitest";
import { CachedValue } from "../../src/protocol/cached-value.ts";

const background = (work: Promise<unknown>) => void work;

test("1,000 concurrent requests share one computation, and later ones use its value until it expires", async () => {
  vi.useFakeTimers();
  const compute = vi.fn(() => Promise.resolve(7));
  const shared = new CachedValue<number>(() => 5_000, 10_000);
  const all = await Promise.all(Array.from({ length: 1_000 }, () => shared.get(compute, background)));
  expect(new Set(all)).toEqual(new Set([7]));
  vi.advanceTimersByTime(4_999);
  await shared.get(compute, background);
  expect(compute).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  await shared.get(compute, background);
  expect(compute).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});

test("all waiting requests receive an error, and it is not cached", async () => {
  const shared = new CachedValue<number>(() => 5_000, 10_000);
  const fails = () => Promise.reject(new Error("no"));
  const both = await Promise.allSettled([shared.get(fails, background), shared.get(fails, background)]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await shared.get(() => Promise.resolve(1), background)).toBe(1);
});

test("a new computation begins after one that did not end in time", async () => {
  vi.useFakeTimers();
  const shared = new CachedValue<number>(() => 5_000, 10_000);
  const first = expect(shared.get(() => new Promise<never>(() => undefined), background)).rejects.toThrow(/10000 ms/);
  await vi.advanceTimersByTimeAsync(10_000);
  await first;
  expect(await shared.get(() => Promise.resolve(1), background)).toBe(1);
  vi.useRealTimers();
});
