// Frames that speak for a run, as whoever reads them takes them apart.
import fc from "fast-check";
import { expect, test } from "vitest";
import { readDown } from "../../src/protocol/down.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import { fold, unfold } from "../support/fold.ts";

const step = fc.record({
  gap: fc.constantFrom(1, 1, 1, 5),
  kind: fc.constantFrom("in", "in", "own", "bare", "accepted"),
  body: fc.jsonValue(),
});

test("[F8] what is one frame comes apart as the frames that it stands for", () => {
  let joined = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      let n = 100;
      const frames = steps.map(({ gap, kind, body }) => {
        n += gap;
        if (kind === "accepted") return { type: "accepted", id: n, entry: n + 7, at: 1, state: "stored" };
        const about = { type: "message", seq: n, from: kind === "in" ? "bob" : "alice", to: "alice", at: 1 };
        const whose = kind === "in" ? { origin: n + 3 } : { id: n - 50, device: "phone" };
        return { ...about, ...whose, ...(kind !== "bare" && { body }) };
      });
      const folded = JSON.parse(JSON.stringify(fold(frames, () => true))) as unknown[];
      joined += frames.length - folded.length;
      const apart = folded.map(readDown).flatMap((down) => (down === null ? [] : unfold(down)));
      expect(JSON.parse(JSON.stringify(apart))).toEqual(JSON.parse(JSON.stringify(frames)));
    }),
  );
  expect(joined).toBeGreaterThan(100);
});

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
