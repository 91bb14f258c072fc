// How long a call may take: when it counts as slow, and when it is given up.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CallTimeout } from "../../src/durable/delivery/call-timeout.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A call that the test settles, and what was seen of it. */
function call() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const slow = vi.fn();
  const seen = { slow, settled: vi.fn() };
  return { promise, resolve, reject, seen };
}

function begin(timeout: CallTimeout, units = 0) {
  const one = call();
  timeout.run(one.promise, one.seen.slow, units).then(
    (value) => one.seen.settled(value),
    (error: unknown) => one.seen.settled(String(error)),
  );
  return one;
}

test("a call that is answered in time is not slow, and leaves no timer behind", async () => {
  const timeout = new CallTimeout(2_000);
  const [quick, later, failing] = [begin(timeout), begin(timeout), begin(timeout)];
  quick.resolve("quick");
  failing.reject(new Error("no"));
  await vi.advanceTimersByTimeAsync(1_900);
  later.resolve("later");
  await vi.advanceTimersByTimeAsync(0);
  for (const [{ seen }, expected] of [
    [quick, "quick"] as const,
    [later, "later"] as const,
    [failing, "Error: no"] as const,
  ]) {
    expect([seen.slow.mock.calls.length, seen.settled.mock.calls]).toEqual([0, [[expected]]]);
  }
  expect(vi.getTimerCount()).toBe(0);
});

test("[S5] each call is slow after 2 s and given up after 30 s, however many others there are", async () => {
  const timeout = new CallTimeout(2_000);
  const calls = [];
  for (let n = 0; n < 5; n++) {
    calls.push({ began: n * 70, ...begin(timeout) });
    await vi.advanceTimersByTimeAsync(70);
  }
  const after = async (ms: number) => vi.advanceTimersByTimeAsync(ms - Date.now());
  const start = Date.now() - 350;
  for (const { began, seen } of calls) {
    await after(start + began + 1_999);
    expect(seen.slow).not.toHaveBeenCalled();
    await after(start + began + 2_000);
    expect(seen.slow).toHaveBeenCalledTimes(1);
  }
  const [first, second] = calls;
  await after(start + 29_999);
  first?.resolve("late, but in time");
  await after(start + 30_000 + 69);
  expect([first?.seen.settled.mock.calls, second?.seen.settled.mock.calls]).toEqual([[["late, but in time"]], []]);
  await after(start + 30_000 + 70);
  expect(second?.seen.settled.mock.calls).toEqual([["Error: no answer within 30000 ms"]]);
  await after(start + 40_000);
  expect([calls.map(({ seen }) => seen.slow.mock.calls.length), vi.getTimerCount()]).toEqual([[1, 1, 1, 1, 1], 0]);
});

test("[S5] a clock that jumps back by an hour delays no timeout", async () => {
  const { seen } = begin(new CallTimeout(2_000));
  vi.setSystemTime(Date.now() - 3_600_000);
  await vi.advanceTimersByTimeAsync(2_250);
  expect(seen.slow).toHaveBeenCalledTimes(1);
  vi.setSystemTime(Date.now() - 3_600_000);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(seen.settled).toHaveBeenCalledTimes(1);
});

test("[M13] beyond 512 slow calls, or 8,000,000 units in memory, the oldest call is given up", async () => {
  const timeout = new CallTimeout(2_000);
  const many = Array.from({ length: 514 }, () => begin(timeout));
  await vi.advanceTimersByTimeAsync(2_000);
  const gaveUp = ({ seen }: ReturnType<typeof begin>) => seen.settled.mock.calls.length > 0;
  expect(many.map(gaveUp)).toEqual(many.map((_, n) => n < 2));
  expect(many[0]?.seen.settled.mock.calls).toEqual([["Error: too many calls have no answer"]]);
  for (const { resolve } of many) resolve("late");
  await vi.advanceTimersByTimeAsync(0);
  const large = Array.from({ length: 10 }, () => begin(timeout, 1_000_000));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(large.map(gaveUp)).toEqual(large.map((_, n) => n < 2));
});
