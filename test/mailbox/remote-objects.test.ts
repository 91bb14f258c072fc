// Which stub each call uses. Real stubs can't be counted, so these record the calls on them.
import { expect, test } from "vitest";
import { CallBudget } from "../../src/durable/call-budget.ts";
import { RemoteObjects } from "../../src/mailbox/delivery/remote-objects.ts";
import type { Delivery, Reply } from "../../src/protocol/envelope.ts";

const REPLY: Reply = { version: 2, epoch: "b1", high: 0, verdict: "taken", refused: [], runs: true };

/** Mailboxes that record each call and its stub: `bob 1` is a call on bob's first stub. */
function world() {
  const stubs = new Map<string, number>();
  const called: string[] = [];
  /** `hops` of each delivery. */
  const hops: unknown[] = [];
  /** What the next calls throw. */
  const failures: Error[] = [];
  const getByName = (name: string) => {
    const nth = (stubs.get(name) ?? 0) + 1;
    stubs.set(name, nth);
    const deliver = (delivery: { readonly hops?: number }) => {
      hops.push(delivery.hops);
      called.push(`${name} ${nth}${"runs" in delivery ? " in runs" : ""}`);
      const failure = failures.shift();
      return failure === undefined ? Promise.resolve(REPLY) : Promise.reject(failure);
    };
    return { deliver };
  };
  const budget = new CallBudget(900);
  const peers = new RemoteObjects({ MAILBOX: { getByName } } as unknown as Env, budget);
  const deliver = (to: string) => {
    const ends = { from: "alice", epoch: "a1", to, toEpoch: "b1" };
    const delivery: Delivery = { version: 2, ...ends, after: 0, envelopes: [], delivered: 0, read: 0 };
    return peers.deliver(delivery);
  };
  return { deliver, called, hops, failures, budget };
}

test("a stub is used again for as long as it replies", async () => {
  const { deliver, called } = world();
  for (const to of ["bob", "bob", "carol", "bob"]) await deliver(to);
  expect(called).toEqual(["bob 1", "bob 1 in runs", "carol 1", "bob 1 in runs"]);
});

test("[S5][M6] a stub that throws is not used again: the delivery is sent once more, on a new stub", async () => {
  const { deliver, called, failures } = world();
  await deliver("bob");
  failures.push(new Error("the object was somewhere else before"));
  expect(await deliver("bob")).toEqual(REPLY);
  await deliver("bob");
  expect(called).toEqual(["bob 1", "bob 1 in runs", "bob 2", "bob 2 in runs"]);
});

test("[S5] a failure on a new stub fails the delivery, and so does a second failure in a row", async () => {
  const { deliver, called, failures } = world();
  failures.push(new Error("not there"));
  await expect(deliver("bob")).rejects.toThrow("not there");
  await deliver("bob");
  failures.push(new Error("the object was somewhere else before"), new Error("nor is it anywhere"));
  await expect(deliver("bob")).rejects.toThrow("nor is it anywhere");
  expect(called).toEqual(["bob 1", "bob 2", "bob 2 in runs", "bob 3"]);
});

test("[M6] an overloaded object is not called twice", async () => {
  const { deliver, called, failures } = world();
  await deliver("bob");
  failures.push(Object.assign(new Error("overloaded"), { overloaded: true }));
  await expect(deliver("bob")).rejects.toThrow("overloaded");
  await deliver("bob");
  expect(called).toEqual(["bob 1", "bob 1 in runs", "bob 2"]);
});

test("the stubs of the 32 receivers that replied last are cached", async () => {
  const { deliver, called } = world();
  for (let n = 1; n <= 32; n++) await deliver(`user-${n}`);
  await deliver("user-1");
  await deliver("user-33");
  called.length = 0;
  for (const n of [1, 3, 33, 2]) await deliver(`user-${n}`);
  expect(called).toEqual(["user-1 1 in runs", "user-3 1 in runs", "user-33 1 in runs", "user-2 2"]);
});

test("[M12] each delivery has the number of calls that lead to it when it leaves, in runs too", async () => {
  const { deliver, hops, failures, budget } = world();
  for (const depth of [0, 3, 5]) {
    budget.begin(depth);
    await deliver("bob");
  }
  failures.push(new Error("the object was somewhere else before"));
  const again = deliver("bob");
  budget.begin(2);
  await again;
  expect(hops).toEqual([0, 3, 5, 5, 2]);
});

test("[M12] a stub is as deep as its first call, so a shallower event makes another one, which is used from then on", async () => {
  const { deliver, called, budget } = world();
  for (const depth of [3, 5, 1, 4, 1, 0]) {
    budget.begin(depth);
    await deliver("bob");
  }
  const stubs = [1, 1, 2, 2, 2, 3];
  expect(called).toEqual(stubs.map((stub, n) => `bob ${stub}${n > 0 ? " in runs" : ""}`));
});

test("[M12] a call that the platform refuses is not repeated in the same event, nor is one without budget", async () => {
  const { deliver, called, failures, budget } = world();
  await deliver("bob");
  failures.push(new Error("Subrequest depth limit exceeded."));
  await expect(deliver("bob")).rejects.toThrow("depth");
  await deliver("bob");
  failures.push(new Error("the object was somewhere else before"));
  budget.exhaust();
  await expect(deliver("bob")).rejects.toThrow("somewhere else");
  expect(called).toEqual(["bob 1", "bob 1 in runs", "bob 2", "bob 2 in runs"]);
});
