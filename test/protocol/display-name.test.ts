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
  // Virama and U+200D, as in Sinhala.
  ["\u0DC1\u0DCA\u200D\u0DBB\u0DD3", "\u0DC1\u0DCA\u200D\u0DBB\u0DD3"],
  // A keycap, a pirate flag, and a skin tone.
  ["Room 1\uFE0F\u20E3", "Room 1\uFE0F\u20E3"],
  ["\u{1F3F4}\u200D\u2620\uFE0F", "\u{1F3F4}\u200D\u2620\uFE0F"],
  ["👩🏽‍🚀", "👩🏽‍🚀"],
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
  ["a joiner between Latin letters", "Ali\u200Dce"],
  ["a joiner behind a digit", "Alice 1\u200D2"],
  ["a joiner between emoji that do not join", "😀\u200D😀"],
  ["a selector of emoji behind a digit", "Alice 7\uFE0F"],
  ["a selector of emoji behind a star without one", "★\uFE0F"],
  ["a note head that is empty", "Alice\u{1D159}"],
  ["a blank hieroglyph", "Alice\u{13441}"],
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
