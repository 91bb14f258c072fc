// Which texts can be display names, and how they are written.
import { expect, test } from "vitest";
import { readDisplayName } from "../../src/protocol/display-name.ts";

test.each([
  ["Alice Liddell", "Alice Liddell"],
  ["  Alice \t  Liddell\u00A0", "Alice Liddell"],
  // Decomposed, and composed.
  ["Ame\u0301lie", "Amélie"],
  ["李小龍", "李小龍"],
  ["👩‍🚀 Zoë ❤️", "👩‍🚀 Zoë ❤️"],
  ["👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"],
  ["می‌خواهم", "می‌خواهم"],
  ["O'Neill-Smith (work), 2nd", "O'Neill-Smith (work), 2nd"],
  ["A".repeat(64), "A".repeat(64)],
  ["42", "42"],
])("[Q11] %j is a display name", (text, name) => {
  expect(readDisplayName(text)).toBe(name);
  expect(readDisplayName(name)).toBe(name);
});

test.each([
  ["an empty text", ""],
  ["blanks", " \u00A0\u3000 "],
  ["punctuation alone", "..."],
  ["65 units", "A".repeat(65)],
  ["a very long text", "A".repeat(100_000)],
  ["a control character", "Alice\u0007"],
  ["a line break", "Alice\nBob"],
  ["an override of direction", "Alice\u202EboB"],
  ["an isolate", "\u2066Alice"],
  ["a mark of direction", "Alice\u200F"],
  ["a space without width", "Ali\u200Bce"],
  ["a joiner between nothing", "\u200DAlice"],
  ["two joiners", "👩\u200D\u200D🚀"],
  ["a Hangul filler", "\u3164"],
  ["a blank pattern of Braille", "\u2800"],
  ["a soft hyphen", "Ali\u00ADce"],
  ["tag characters", "Alice\u{E0041}"],
  ["a lone surrogate", "Alice\uD800"],
  ["a private character", "Alice\uE000"],
  ["an unassigned character", "Alice\u0378"],
  ["stacked marks", `A${"\u0301".repeat(6)}lice`],
])("[Q11] %s can't be a display name", (_, text) => {
  expect(readDisplayName(text)).toBe(null);
});
