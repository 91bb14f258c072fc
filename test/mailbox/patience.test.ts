// How long a call may take: most have no timer, and those that take long are noticed all the same, each at its own time.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CallTimeout } from "../../src/durable/delivery/call-timeout.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A call that is answered when somebody says so. */
function call() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const slow = vi.fn();
  const heard = { slow, settled: vi.fn() };
  return { promise, resolve, reject, heard };
}

function begin(patience: CallTimeout, units = 0) {
  const one = call();
  patience.run(one.promise, one.heard.slow, units).then(
    (value) => one.heard.settled(value),
    (error: unknown) => one.heard.settled(String(error)),
  );
  return one;
}

test("what is answered in time is nothing but answered, and leaves no timer behind", async () => {
  const patience = new CallTimeout(2_000);
  const [quick, later, failing] = [begin(patience), begin(patience), begin(patience)];
  quick.resolve("quick");
  failing.reject(new Error("no"));
  await vi.advanceTimersByTimeAsync(1_900);
  later.resolve("later");
  await vi.advanceTimersByTimeAsync(0);
  for (const [{ heard }, said] of [
    [quick, "quick"] as const,
    [later, "later"] as const,
    [failing, "Error: no"] as const,
  ]) {
    expect([heard.slow.mock.calls.length, heard.settled.mock.calls]).toEqual([0, [[said]]]);
  }
  expect(vi.getTimerCount()).toBe(0);
});

test("[S5] each call is slow after so long, however many others there are, and is given up after 30 s", async () => {
  const patience = new CallTimeout(2_000);
  const calls = [];
  for (let n = 0; n < 5; n++) {
    calls.push({ began: n * 70, ...begin(patience) });
    await vi.advanceTimersByTimeAsync(70);
  }
  const after = async (ms: number) => vi.advanceTimersByTimeAsync(ms - Date.now());
  const start = Date.now() - 350;
  for (const { began, heard } of calls) {
    await after(start + began + 1_999);
    expect(heard.slow).not.toHaveBeenCalled();
    await after(start + began + 2_000);
    expect(heard.slow).toHaveBeenCalledTimes(1);
  }
  const [first, second] = calls;
  await after(start + 29_999);
  first?.resolve("late, but in time");
  await after(start + 30_000 + 69);
  expect([first?.heard.settled.mock.calls, second?.heard.settled.mock.calls]).toEqual([[["late, but in time"]], []]);
  await after(start + 30_000 + 70);
  expect(second?.heard.settled.mock.calls).toEqual([["Error: no answer within 30000 ms"]]);
  await after(start + 40_000);
  expect([calls.map(({ heard }) => heard.slow.mock.calls.length), vi.getTimerCount()]).toEqual([[1, 1, 1, 1, 1], 0]);
});

test("[S5] a clock that is set back by an hour does not make a call wait for an hour", async () => {
  const { heard } = begin(new CallTimeout(2_000));
  vi.setSystemTime(Date.now() - 3_600_000);
  await vi.advanceTimersByTimeAsync(2_250);
  expect(heard.slow).toHaveBeenCalledTimes(1);
  vi.setSystemTime(Date.now() - 3_600_000);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(heard.settled).toHaveBeenCalledTimes(1);
});

test("[M13] of more slow calls than are waited for, the oldest is given up, and so it is of those that keep much", async () => {
  const patience = new CallTimeout(2_000);
  const many = Array.from({ length: 514 }, () => begin(patience));
  await vi.advanceTimersByTimeAsync(2_000);
  const gaveUp = ({ heard }: ReturnType<typeof begin>) => heard.settled.mock.calls.length > 0;
  expect(many.map(gaveUp)).toEqual(many.map((_, n) => n < 2));
  expect(many[0]?.heard.settled.mock.calls).toEqual([["Error: too many calls have no answer"]]);
  for (const { resolve } of many) resolve("late");
  await vi.advanceTimersByTimeAsync(0);
  const large = Array.from({ length: 10 }, () => begin(patience, 1_000_000));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(large.map(gaveUp)).toEqual(large.map((_, n) => n < 2));
});
