// Parsing frames that stand for a run: inconsistent ones are ignored.
import { expect, test } from "vitest";
import { readDown } from "../../src/protocol/down.ts";
import { LIMITS } from "../../src/protocol/limits.ts";

const message = { type: "message", seq: 9, from: "bob", to: "alice", at: 1, origin: 9 };

test.each([
  ["of 0 messages", { ...message, count: 0, bodies: [] }],
  ["of 1 message", { ...message, count: 1, bodies: [1] }],
  ["of more messages than a text may have", { type: "accepted", id: 9_000, state: "stored", count: LIMITS.frames + 1 }],
  ["of 2^53-1 messages", { ...message, count: Number.MAX_SAFE_INTEGER }],
  ["whose count differs from its bodies", { ...message, count: 3, bodies: [1, 2] }],
  ["without a count", { ...message, bodies: [1, 2] }],
])("[F8] a run %s is not a valid frame", (_, frame) => {
  expect(readDown(frame)).toBe(null);
});
