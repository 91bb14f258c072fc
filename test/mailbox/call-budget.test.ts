// How many calls lead to an event, and how many it may still make. Each event counts for itself.
import { expect, test } from "vitest";
import { CallBudget, MAX_DEPTH, DEPTH_OF_EVENT, isOverBudget } from "../../src/durable/call-budget.ts";
import { configOf } from "../../src/mailbox/limits/config.ts";
import { SIGNALS } from "../../src/protocol/limits.ts";

const budgetOf = (perEvent: number) => ({ budget: new CallBudget(perEvent) });

const takes = (budget: CallBudget) => {
  let count = 0;
  while (count < 2_000 && budget.take()) count++;
  return count;
};

test("[M12] an event to which 8 calls lead makes none, and the next event counts for itself", () => {
  const { budget } = budgetOf(10);
  const taken = [DEPTH_OF_EVENT, 1, MAX_DEPTH - 1, MAX_DEPTH, 14, DEPTH_OF_EVENT].map((depth) => {
    budget.begin(depth);
    return takes(budget);
  });
  expect(taken).toEqual([10, 10, 10, 0, 0, 10]);
});

test("a request to the internet counts as a call, and is allowed at any depth", () => {
  const { budget } = budgetOf(2);
  budget.begin(MAX_DEPTH);
  expect([budget.takeFetch(), budget.takeFetch(), budget.takeFetch()]).toEqual([true, true, false]);
});

test("[M13] a call outside of the budget counts too, and no call leaves after the platform has refused one", () => {
  const { budget } = budgetOf(10);
  budget.spend();
  expect(takes(budget)).toBe(9);
  budget.begin(DEPTH_OF_EVENT);
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
])("[M13] the variables %j allow %i calls an event", (variables, calls) => {
  expect(configOf(variables).callsPerEvent).toBe(calls);
});

test.each([
  ["Subrequest depth limit exceeded. This request recursed through Workers too many times.", true],
  ["Error: SUBREQUEST DEPTH limit was exceeded", true],
  ["Too many subrequests.", true],
  ["Too many subrequests by single Worker invocation.", true],
  ["Too many API requests by single worker invocation.", true],
  ["Durable Object is overloaded.", false],
  ["no answer within 30000 ms", false],
])("the error %j is one of the call budget: %s", (words, expected) => {
  expect(isOverBudget(new Error(words))).toBe(expected);
});

test.each([
  [4, 3],
  [32, SIGNALS.CALLS_PER_EVENT],
  [900, SIGNALS.CALLS_PER_EVENT],
])("[M13] of %i calls of an event signals take %i, and the rest is for messages", (perEvent, spare) => {
  const { budget } = budgetOf(perEvent);
  for (let event = 0; event < 2; event++) {
    budget.begin(DEPTH_OF_EVENT);
    let taken = 0;
    while (budget.takeForSignal()) taken++;
    expect([taken, takes(budget)]).toEqual([spare, perEvent - spare]);
  }
  budget.begin(MAX_DEPTH);
  expect(budget.takeForSignal()).toBe(false);
});
