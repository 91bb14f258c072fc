// The canonical form of userNames, and the form of device names.
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonical, isDeviceName } from "../../src/protocol/names.ts";

test.each([
  ["Alice", "alice"],
  ["ＡＬＩＣＥ", "alice"],
  ["ﬁnn", "finn"],
  ["张三", "张三"],
  ["A\u030angstro\u0308m", "ångström"],
  ["अनिल", "अनिल"],
  ["٣abc", "٣abc"],
  ["1.2_3-4", "1.2_3-4"],
  ["x".repeat(64), "x".repeat(64)],
])("[N2] the canonical form of %s is %s", (raw, name) => {
  expect(canonical(raw)).toEqual({ name });
});

test.each([
  "",
  " ",
  "a b",
  ".a",
  "_a",
  "-a",
  "\u0301a",
  "a/b",
  "a\\b",
  "a@b",
  "a:b",
  "🚀",
  "a\0",
  "\ud800",
  "x".repeat(65),
  "ﬃ".repeat(22),
])("[N1] %j is not a valid name", (raw) => {
  expect(canonical(raw)).toEqual({ refused: "bad_name" });
});

test.each(["system", "System", "ｓｙｓｔｅｍ", "restante", "ADMIN", "null", "undefined"])(
  "[N3] %s is reserved",
  (raw) => {
    expect(canonical(raw)).toEqual({ refused: "reserved_name" });
  },
);

test("[N2] a canonical name is its own canonical form, and needs no escape in JSON", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "grapheme-ascii" }),
  );
  fc.assert(
    fc.property(text, (raw) => {
      const name = canonical(raw);
      if ("refused" in name) return;
      expect(canonical(name.name)).toEqual(name);
      expect(JSON.stringify(name.name)).toBe(`"${name.name}"`);
      expect(name.name.length).toBeLessThanOrEqual(64);
    }),
    { numRuns: 5_000 },
  );
});

test("[N2] all normalization forms of a one-character name have the same canonical form", () => {
  const wrong: unknown[] = [];
  for (let point = 0; point <= 0x10ffff; point++) {
    const raw = String.fromCodePoint(point);
    const name = canonical(raw);
    if ("refused" in name) continue;
    for (const other of [raw.normalize("NFC"), raw.normalize("NFD"), raw.normalize("NFKC"), raw.normalize("NFKD")]) {
      const again = canonical(other);
      if ("refused" in again || again.name !== name.name) wrong.push([raw, other, again]);
    }
  }
  expect(wrong).toEqual([]);
});

test.each([
  ["phone", true],
  ["A.b_c-9", true],
  ["x".repeat(64), true],
  ["", false],
  ["x".repeat(65), false],
  ["*", false],
  ["a b", false],
  ["é", false],
])("[D3] whether %j is a valid device name: %s", (name, is) => {
  expect(isDeviceName(name)).toBe(is);
});
