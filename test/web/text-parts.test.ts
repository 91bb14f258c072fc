// The parts of a text, texts that are only emoji, and the beginning of a text in the list.
import { expect, test } from "vitest";
import { beginningOf, isOnlyEmoji, partsOf } from "../../src/web/text-parts.ts";

test.each([
  ["no code", [["text", "no code"]]],
  [
    "a `b` c",
    [
      ["text", "a "],
      ["code", "b"],
      ["text", " c"],
    ],
  ],
  ["```\none\n  two\n```", [["block", "one\n  two"]]],
  [
    "see:\n```ts\nx\n```\ndone",
    [
      ["text", "see:\n"],
      ["block", "x"],
      ["text", "done"],
    ],
  ],
  ["```x```", [["block", "x"]]],
  [
    "`a`b`",
    [
      ["code", "a"],
      ["text", "b`"],
    ],
  ],
  ["not `over\ntwo` lines", [["text", "not `over\ntwo` lines"]]],
  ["```open", [["text", "```open"]]],
])("the parts of %j", (text, parts) => {
  expect(partsOf(text).map(({ is, text: part }) => [is, part])).toEqual(parts);
});

test.each(["😀", "👍🏽", "👩‍👩‍👧👩‍👩‍👧", "🇩🇪 🇫🇷", "❤️", "1️⃣", "😀😀😀", "🏳️‍🌈", "👨‍⚕️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", " 🎉 "])("%s is only emoji", (text) => {
  expect(isOnlyEmoji(text)).toBe(true);
});

test.each(["", " ", "1", "12", "#", "©", "❤", "ok 👍", "😀😀😀😀", "👍.", "好"])("%j is not only emoji", (text) => {
  expect(isOnlyEmoji(text)).toBe(false);
});

test.each([
  ["short", 10, "short"],
  ["a".repeat(11), 10, `${"a".repeat(10)}…`],
  [`${"a".repeat(9)}😀b`, 10, `${"a".repeat(9)}…`],
  ["👩‍👩‍👧", 3, "👩…"],
])("the beginning of %j of at most %i characters has no half character", (text, length, beginning) => {
  expect(beginningOf(text, length)).toBe(beginning);
});
