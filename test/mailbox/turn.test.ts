// Groups: what is sealed at once, what waits for neighbours, and what goes along with another's.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GroupCommit } from "../../src/durable/group-commit.ts";

// Whatever the machine does meanwhile: everything in a test happens in the same millisecond, but what a timer does.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

/** What follows on a commit has followed. */
const settled = async () => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

/** A turn that notes what happens: works by their name, "seal" and "tell"; every group writes. */
function noted() {
  const seen: string[] = [];
  let heard: () => void = () => undefined;
  const turn = new GroupCommit({
    flushWrites: () => void seen.push("seal"),
    takeWrote: () => true,
    flushReplies: () => (seen.push("tell"), heard()),
    whenDurable: () => Promise.resolve(),
    onError: () => undefined,
  });
  const until = async (count: number) => {
    while (seen.filter((what) => what === "tell").length < count) await new Promise<void>((done) => (heard = done));
  };
  return { turn, seen, until, work: (name: string) => () => void seen.push(name) };
}

test("where nothing came for a while a group is sealed at once", () => {
  const { turn, seen, work } = noted();
  turn.enqueue(work("a"));
  expect(seen).toEqual(["a", "seal", "tell"]);
});

test("what follows closely waits for its neighbours, and they are one group", async () => {
  const { turn, seen, until, work } = noted();
  turn.runNow(work("a"));
  for (const name of ["b", "c"]) turn.enqueue(work(name));
  expect(seen).toEqual(["a", "seal", "tell"]);
  await until(2);
  expect(seen.slice(3)).toEqual(["b", "c", "seal", "tell"]);
});

test("a flood is done as it comes: what waits takes no more than so much memory", () => {
  const { turn, seen, work } = noted();
  turn.runNow(work("a"));
  turn.enqueue(work("b"), 600_000);
  expect(seen.length).toBe(3);
  turn.enqueue(work("c"), 600_000);
  expect(seen.slice(3)).toEqual(["b", "c", "seal", "tell"]);
});

test("what can wait a moment goes along with the next group, whatever that is for", async () => {
  const { turn, seen, work } = noted();
  turn.runNow(work("a"));
  const receipt = turn.runSoon(() => (seen.push("receipt"), "heard"));
  expect(seen).toEqual(["a", "seal", "tell"]);
  turn.runNow(work("b"));
  expect(seen.slice(3)).toEqual(["receipt", "b", "seal", "tell"]);
  expect(await receipt).toBe("heard");
});

test("what can wait a moment waits no longer, and not at all where nobody is busy", async () => {
  const { turn, seen, until, work } = noted();
  void turn.runSoon(work("first"));
  expect(seen).toEqual(["first", "seal", "tell"]);
  void turn.runSoon(work("second"));
  expect(seen.length).toBe(3);
  await until(2);
  expect(seen.slice(3)).toEqual(["second", "seal", "tell"]);
});

test("what waits behind something else is collected until that is done, and is one group", async () => {
  const { turn, seen, work } = noted();
  turn.enqueueAfterCall(work("a"), 10);
  turn.enqueueAfterCall(work("b"), 10);
  expect(seen).toEqual([]);
  turn.releaseDeferred();
  expect(seen).toEqual(["a", "b", "seal", "tell"]);
  // There were several, so the next one waits for its neighbours, also when all of this is written and some time has passed.
  await settled();
  vi.advanceTimersByTime(10);
  turn.enqueue(work("c"));
  expect(seen.length).toBe(4);
});

test("whatever joins meanwhile comes after what was collected before it", async () => {
  const { turn, seen, until, work } = noted();
  turn.runNow(work("first"));
  turn.enqueueAfterCall(work("a"), 10);
  turn.enqueue(work("b"));
  turn.enqueueAfterCall(work("c"), 10);
  turn.releaseDeferred();
  await until(2);
  expect(seen.slice(3)).toEqual(["a", "b", "c", "seal", "tell"]);
});

test("what waits behind something else waits a moment at most, and not where it is worth a group", async () => {
  const { turn, seen, until, work } = noted();
  turn.enqueueAfterCall(work("a"), 10);
  await until(1);
  expect(seen).toEqual(["a", "seal", "tell"]);
  turn.enqueueAfterCall(work("b"), 10);
  turn.enqueueAfterCall(work("c"), 9_000);
  turn.enqueueAfterCall(work("d"), 10);
  await until(2);
  expect(seen.slice(3)).toEqual(["b", "c", "d", "seal", "tell"]);
});

test("what writes nothing is told without a group", () => {
  const { turn, seen, work } = noted();
  turn.runReadOnly(work("answer"));
  expect(seen).toEqual(["answer", "tell"]);
});

test("after the end nothing is done any more, and nobody waits for it", async () => {
  const { turn, seen, work } = noted();
  turn.close();
  turn.enqueue(work("a"));
  turn.runReadOnly(work("b"));
  await expect(turn.run(work("c"))).rejects.toThrow("ended");
  await expect(turn.runSoon(work("d"))).rejects.toThrow("ended");
  expect(seen).toEqual([]);
});
