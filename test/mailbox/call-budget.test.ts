// How deep an event is, and what it may still call: counted from the newest event, and afresh with each.
import { expect, test, vi } from "vitest";
import { CallBudget, DEEPEST, FRESH, isOverBudget, NoCallLeft } from "../../src/mailbox/call-budget.ts";
import { rulesOf } from "../../src/mailbox/rules.ts";

const WAITING = 256;

/** A budget, and how often it asked for an alarm. */
function budgetOf(perEvent: number) {
  const wakeLater = vi.fn();
  return { budget: new CallBudget(perEvent, wakeLater), wakeLater };
}

const takes = (budget: CallBudget) => {
  let count = 0;
  while (count < 2_000 && budget.take()) count++;
  return count;
};

test("[M12] an event to which too many calls lead makes none, and the next one counts for itself", () => {
  const { budget } = budgetOf(10);
  const taken = [FRESH, 1, DEEPEST - 1, DEEPEST, 14, FRESH].map((depth) => {
    budget.begin(depth);
    return takes(budget);
  });
  expect(taken).toEqual([10, 10, 10, 0, 0, 10]);
});

test("a request to the world outside is no part of a chain, and counts as a call", () => {
  const { budget } = budgetOf(2);
  budget.begin(DEEPEST);
  expect([budget.takeFetch(), budget.takeFetch(), budget.takeFetch()]).toEqual([true, true, false]);
});

test("[M13] what leaves unasked counts too, and nothing more leaves once the platform has said no", () => {
  const { budget } = budgetOf(10);
  budget.spend();
  expect(takes(budget)).toBe(9);
  budget.begin(FRESH);
  budget.exhaust();
  expect(takes(budget)).toBe(0);
});

test.each([
  [{}, 32],
  [{ CALLS_PER_EVENT: "" }, 32],
  [{ CALLS_PER_EVENT: "many" }, 32],
  [{ CALLS_PER_EVENT: "0" }, 32],
  [{ CALLS_PER_EVENT: "1.5" }, 32],
  [{ CALLS_PER_EVENT: "200" }, 200],
  [{ CALLS_PER_EVENT: "900" }, 900],
  [{ CALLS_PER_EVENT: "1000000" }, 32],
])("[M13] %j is %i calls", (variables, calls) => {
  expect(rulesOf(variables).callsPerEvent).toBe(calls);
});

test.each([
  ["Subrequest depth limit exceeded. This request recursed through Workers too many times.", true],
  ["Error: SUBREQUEST DEPTH limit was exceeded", true],
  ["Too many subrequests.", true],
  ["Too many subrequests by single Worker invocation.", true],
  ["Too many API requests by single worker invocation.", true],
  ["Durable Object is overloaded.", false],
  ["no answer within 30000 ms", false],
])("whether %j is the platform's word for it: %s", (words, expected) => {
  expect(isOverBudget(new Error(words))).toBe(expected);
});

test("[M13] calls that may wait leave in order, over as many events as it takes, and leave half of each to messages", async () => {
  const { budget, wakeLater } = budgetOf(4);
  const left: number[] = [];
  const all = Array.from({ length: 9 }, (_, n) => budget.inOrder(() => Promise.resolve(left.push(n))));
  expect(left).toEqual([0, 1, 2, 3]);
  expect(wakeLater).toHaveBeenCalledTimes(1);
  const leftAfter = async (begin: () => void) => {
    begin();
    const rest = takes(budget);
    await Promise.resolve();
    return [left.length, rest];
  };
  expect(await leftAfter(() => budget.begin(FRESH))).toEqual([6, 2]);
  expect(await leftAfter(() => budget.begin(DEEPEST))).toEqual([6, 0]);
  // One alarm is enough until it comes.
  expect(wakeLater).toHaveBeenCalledTimes(1);
  expect(await leftAfter(() => budget.rang())).toEqual([8, 2]);
  expect(wakeLater).toHaveBeenCalledTimes(2);
  budget.rang();
  await Promise.all(all);
  expect(left).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(wakeLater).toHaveBeenCalledTimes(2);
});

test("more than some hundred calls do not wait: what is lost of them is lost", async () => {
  const { budget } = budgetOf(1);
  budget.take();
  for (let n = 0; n < WAITING; n++) void budget.inOrder(() => Promise.resolve());
  await expect(budget.inOrder(() => Promise.resolve())).rejects.toThrow(NoCallLeft);
});
