// Groups: what is sealed at once, what waits for neighbours, and what goes along with another's.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Turn } from "../../src/durable/group-commit.ts";

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
  const turn = new Turn({
    seal: () => void seen.push("seal"),
    wrote: () => true,
    tell: () => (seen.push("tell"), heard()),
    committed: () => Promise.resolve(),
    broken: () => undefined,
  });
  const until = async (count: number) => {
    while (seen.filter((what) => what === "tell").length < count) await new Promise<void>((done) => (heard = done));
  };
  return { turn, seen, until, work: (name: string) => () => void seen.push(name) };
}

test("where nothing came for a while a group is sealed at once", () => {
  const { turn, seen, work } = noted();
  turn.join(work("a"));
  expect(seen).toEqual(["a", "seal", "tell"]);
});

test("what follows closely waits for its neighbours, and they are one group", async () => {
  const { turn, seen, until, work } = noted();
  turn.now(work("a"));
  for (const name of ["b", "c"]) turn.join(work(name));
  expect(seen).toEqual(["a", "seal", "tell"]);
  await until(2);
  expect(seen.slice(3)).toEqual(["b", "c", "seal", "tell"]);
});

test("a flood is done as it comes: what waits takes no more than so much memory", () => {
  const { turn, seen, work } = noted();
  turn.now(work("a"));
  turn.join(work("b"), 600_000);
  expect(seen.length).toBe(3);
  turn.join(work("c"), 600_000);
  expect(seen.slice(3)).toEqual(["b", "c", "seal", "tell"]);
});

test("what can wait a moment goes along with the next group, whatever that is for", async () => {
  const { turn, seen, work } = noted();
  turn.now(work("a"));
  const receipt = turn.joinedSoon(() => (seen.push("receipt"), "heard"));
  expect(seen).toEqual(["a", "seal", "tell"]);
  turn.now(work("b"));
  expect(seen.slice(3)).toEqual(["receipt", "b", "seal", "tell"]);
  expect(await receipt).toBe("heard");
});

test("what can wait a moment waits no longer, and not at all where nobody is busy", async () => {
  const { turn, seen, until, work } = noted();
  void turn.joinedSoon(work("first"));
  expect(seen).toEqual(["first", "seal", "tell"]);
  void turn.joinedSoon(work("second"));
  expect(seen.length).toBe(3);
  await until(2);
  expect(seen.slice(3)).toEqual(["second", "seal", "tell"]);
});

test("what waits behind something else is collected until that is done, and is one group", async () => {
  const { turn, seen, work } = noted();
  turn.joinBehind(work("a"), 10);
  turn.joinBehind(work("b"), 10);
  expect(seen).toEqual([]);
  turn.release();
  expect(seen).toEqual(["a", "b", "seal", "tell"]);
  // There were several, so the next one waits for its neighbours, also when all of this is written and some time has passed.
  await settled();
  vi.advanceTimersByTime(10);
  turn.join(work("c"));
  expect(seen.length).toBe(4);
});

test("whatever joins meanwhile comes after what was collected before it", async () => {
  const { turn, seen, until, work } = noted();
  turn.now(work("first"));
  turn.joinBehind(work("a"), 10);
  turn.join(work("b"));
  turn.joinBehind(work("c"), 10);
  turn.release();
  await until(2);
  expect(seen.slice(3)).toEqual(["a", "b", "c", "seal", "tell"]);
});

test("what waits behind something else waits a moment at most, and not where it is worth a group", async () => {
  const { turn, seen, until, work } = noted();
  turn.joinBehind(work("a"), 10);
  await until(1);
  expect(seen).toEqual(["a", "seal", "tell"]);
  turn.joinBehind(work("b"), 10);
  turn.joinBehind(work("c"), 9_000);
  turn.joinBehind(work("d"), 10);
  await until(2);
  expect(seen.slice(3)).toEqual(["b", "c", "d", "seal", "tell"]);
});

test("what writes nothing is told without a group", () => {
  const { turn, seen, work } = noted();
  turn.aside(work("answer"));
  expect(seen).toEqual(["answer", "tell"]);
});

test("after the end nothing is done any more, and nobody waits for it", async () => {
  const { turn, seen, work } = noted();
  turn.end();
  turn.join(work("a"));
  turn.aside(work("b"));
  await expect(turn.joined(work("c"))).rejects.toThrow("ended");
  await expect(turn.joinedSoon(work("d"))).rejects.toThrow("ended");
  expect(seen).toEqual([]);
});
