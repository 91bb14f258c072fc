// Which work is a transaction at once, which waits for neighbours, and which joins the transaction of other work.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GroupCommit } from "../../src/durable/group-commit.ts";

// However slow the machine is: all of a test happens in the same millisecond, except what a timer does.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

/** Lets the promise callbacks of a commit run. */
const settled = async () => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

/** A group commit that records what happens: work by its name, "flush" and "reply". Every transaction writes. */
function recorder() {
  const seen: string[] = [];
  let wake: () => void = () => undefined;
  const commit = new GroupCommit({
    flushWrites: () => void seen.push("flush"),
    takeWrote: () => true,
    flushReplies: () => (seen.push("reply"), wake()),
    whenDurable: () => Promise.resolve(),
    onError: () => undefined,
  });
  const until = async (count: number) => {
    while (seen.filter((what) => what === "reply").length < count) await new Promise<void>((done) => (wake = done));
  };
  return { commit, seen, until, work: (name: string) => () => void seen.push(name) };
}

test("work after a quiet time is a transaction at once", () => {
  const { commit, seen, work } = recorder();
  commit.enqueue(work("a"));
  expect(seen).toEqual(["a", "flush", "reply"]);
});

test("work right after a transaction waits for neighbours, and they are one transaction", async () => {
  const { commit, seen, until, work } = recorder();
  commit.runNow(work("a"));
  for (const name of ["b", "c"]) commit.enqueue(work(name));
  expect(seen).toEqual(["a", "flush", "reply"]);
  await until(2);
  expect(seen.slice(3)).toEqual(["b", "c", "flush", "reply"]);
});

test("queued work beyond 1,000,000 units is a transaction at once", () => {
  const { commit, seen, work } = recorder();
  commit.runNow(work("a"));
  commit.enqueue(work("b"), 600_000);
  expect(seen.length).toBe(3);
  commit.enqueue(work("c"), 600_000);
  expect(seen.slice(3)).toEqual(["b", "c", "flush", "reply"]);
});

test("runSoon within 20 ms of a transaction joins the next one, also one for other work", async () => {
  const { commit, seen, work } = recorder();
  commit.runNow(work("a"));
  const receipt = commit.runSoon(() => (seen.push("receipt"), "received"));
  expect(seen).toEqual(["a", "flush", "reply"]);
  commit.runNow(work("b"));
  expect(seen.slice(3)).toEqual(["receipt", "b", "flush", "reply"]);
  expect(await receipt).toBe("received");
});

test("runSoon waits for 20 ms at most, and not at all after a quiet time", async () => {
  const { commit, seen, until, work } = recorder();
  void commit.runSoon(work("first"));
  expect(seen).toEqual(["first", "flush", "reply"]);
  void commit.runSoon(work("second"));
  expect(seen.length).toBe(3);
  await until(2);
  expect(seen.slice(3)).toEqual(["second", "flush", "reply"]);
});

test("work queued during a call is one transaction when the call has ended", async () => {
  const { commit, seen, work } = recorder();
  commit.enqueueAfterCall(work("a"), 10);
  commit.enqueueAfterCall(work("b"), 10);
  expect(seen).toEqual([]);
  commit.releaseDeferred();
  expect(seen).toEqual(["a", "b", "flush", "reply"]);
  // There were two, so the next work waits for neighbours, although the commit is done and 10 ms have passed.
  await settled();
  vi.advanceTimersByTime(10);
  commit.enqueue(work("c"));
  expect(seen.length).toBe(4);
});

test("work that is enqueued during a call comes after the work that was deferred before it", async () => {
  const { commit, seen, until, work } = recorder();
  commit.runNow(work("first"));
  commit.enqueueAfterCall(work("a"), 10);
  commit.enqueue(work("b"));
  commit.enqueueAfterCall(work("c"), 10);
  commit.releaseDeferred();
  await until(2);
  expect(seen.slice(3)).toEqual(["a", "b", "c", "flush", "reply"]);
});

test("work deferred during a call waits for 20 ms at most, and not at all beyond 8,000 units", async () => {
  const { commit, seen, until, work } = recorder();
  commit.enqueueAfterCall(work("a"), 10);
  await until(1);
  expect(seen).toEqual(["a", "flush", "reply"]);
  commit.enqueueAfterCall(work("b"), 10);
  commit.enqueueAfterCall(work("c"), 9_000);
  commit.enqueueAfterCall(work("d"), 10);
  await until(2);
  expect(seen.slice(3)).toEqual(["b", "c", "d", "flush", "reply"]);
});

test("read-only work is replied to without a flush of writes", () => {
  const { commit, seen, work } = recorder();
  commit.runReadOnly(work("answer"));
  expect(seen).toEqual(["answer", "reply"]);
});

test("after close no work is done, and promises of work are rejected", async () => {
  const { commit, seen, work } = recorder();
  commit.close();
  commit.enqueue(work("a"));
  commit.runReadOnly(work("b"));
  await expect(commit.run(work("c"))).rejects.toThrow("ended");
  await expect(commit.runSoon(work("d"))).rejects.toThrow("ended");
  expect(seen).toEqual([]);
});
