// Sizes in UTF-8 bytes, and the size limit of texts.
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeTexts } from "../../src/mailbox/connections/encode-texts.ts";
import { exceedsBytes, LIMITS, utf8Bytes } from "../../src/protocol/limits.ts";

const text = fc.string({ unit: "binary" });

test("[F3] a text's size is its UTF-8 bytes", () => {
  fc.assert(fc.property(text, (t) => void expect(utf8Bytes(t)).toBe(Buffer.byteLength(t))));
});

test("a text exceeds a limit exactly when its bytes do", () => {
  fc.assert(
    fc.property(text, fc.nat(40), (t, limit) => void expect(exceedsBytes(t, limit)).toBe(Buffer.byteLength(t) > limit)),
  );
});

test("[F3] frames are encoded in order into as few texts as the limits allow, none lost and none too large", () => {
  const frame = fc.integer({ min: 1, max: 70_000 }).map((size) => JSON.stringify("你".repeat(size / 3)));
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 60 }), (frames) => {
      const written = encodeTexts(frames);
      const read = written.flatMap((t) =>
        t.startsWith("[") ? (JSON.parse(t) as unknown[]) : [JSON.parse(t) as unknown],
      );
      expect(read.map((value) => JSON.stringify(value))).toEqual(frames);
      for (const t of written) expect(Buffer.byteLength(t)).toBeLessThanOrEqual(LIMITS.textBytes);
      for (let i = 1; i < written.length; i++) {
        const both = Buffer.byteLength(written[i - 1] ?? "") + Buffer.byteLength(written[i] ?? "");
        expect(both).toBeGreaterThan(LIMITS.textBytes - 70_010);
      }
    }),
    { numRuns: 50 },
  );
});

test("[F3] a text has at most LIMITS.frames frames", () => {
  const written = encodeTexts(Array.from({ length: LIMITS.frames * 2 + 1 }, (_, i) => String(i)));
  expect(written.map((t) => (JSON.parse(t.startsWith("[") ? t : `[${t}]`) as unknown[]).length)).toEqual([
    LIMITS.frames,
    LIMITS.frames,
    1,
  ]);
});
