// Cleaning labels and reasons for display.
import fc from "fast-check";
import { expect, test } from "vitest";
import { printable, forDisplay } from "../../src/protocol/short-text.ts";

test.each([
  [" my  phone ", "my phone"],
  ["phone\u202egnp.exe", "phone gnp.exe"],
  ["\u2066a\u2069\u200eb", "a b"],
  ["a\u001b[2Jb\u009b2K", "a [2Jb 2K"],
  ["two\r\nlines\u2028more", "two lines more"],
  ["הטלפון שלי", "הטלפון שלי"],
  ["👩‍👩‍👧 tablet", "👩‍👩‍👧 tablet"],
  ["\u202e\n", ""],
])("%j is displayed as %j", (text, kept) => {
  expect(forDisplay(text)).toBe(kept);
});

test("a displayed text is stable, and has no direction marks or control characters", () => {
  const texts = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
  fc.assert(
    fc.property(texts, (text) => {
      const kept = forDisplay(text);
      expect(forDisplay(kept)).toBe(kept);
      expect(kept).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      expect(printable(text).split("\n").length).toBe(text.split("\n").length);
      expect(printable(text).replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    }),
  );
});
