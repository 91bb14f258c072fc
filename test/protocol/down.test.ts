// Frames that speak for a run: those that say of it what can't be are none.
import { expect, test } from "vitest";
import { readDown } from "../../src/protocol/down.ts";
import { LIMITS } from "../../src/protocol/limits.ts";

const message = { type: "message", seq: 9, from: "bob", to: "alice", at: 1, origin: 9 };

test.each([
  ["of none", { ...message, count: 0, bodies: [] }],
  ["of one", { ...message, count: 1, bodies: [1] }],
  ["of more than a text may have", { type: "accepted", id: 9_000, state: "stored", count: LIMITS.frames + 1 }],
  ["of a number that nobody could count to", { ...message, count: Number.MAX_SAFE_INTEGER }],
  ["with other bodies than it says", { ...message, count: 3, bodies: [1, 2] }],
  ["that does not say for how many it speaks", { ...message, bodies: [1, 2] }],
])("[F8] a run %s is no frame", (_, frame) => {
  expect(readDown(frame)).toBe(null);
});
