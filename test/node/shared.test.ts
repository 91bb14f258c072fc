// A value that many ask for at once is computed once; a computation that failed or was cut off is begun again.
import { expect, test, vi } from "vitest";
import { CachedValue } from "../../src/protocol/cached-value.ts";

const background = (work: Promise<unknown>) => void work;

test("a thousand who ask at once share one computation, and who asks later has its value while it is kept", async () => {
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

test("an error is everybody's who waits, and is not kept", async () => {
  const shared = new CachedValue<number>(() => 5_000, 10_000);
  const fails = () => Promise.reject(new Error("no"));
  const both = await Promise.allSettled([shared.get(fails, background), shared.get(fails, background)]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await shared.get(() => Promise.resolve(1), background)).toBe(1);
});

test("after a computation that does not end another one is begun", async () => {
  vi.useFakeTimers();
  const shared = new CachedValue<number>(() => 5_000, 10_000);
  const first = expect(shared.get(() => new Promise<never>(() => undefined), background)).rejects.toThrow(/10000 ms/);
  await vi.advanceTimersByTimeAsync(10_000);
  await first;
  expect(await shared.get(() => Promise.resolve(1), background)).toBe(1);
  vi.useRealTimers();
});
