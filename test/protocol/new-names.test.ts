// The rules for names of new mailboxes: visible, of one script, and unlike any reserved name.
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonical, RESERVED } from "../../src/protocol/names.ts";
import { checkNewName } from "../../src/protocol/new-names.ts";
import { isOfOneScript } from "../../src/protocol/scripts.ts";
import { skeleton } from "../../src/protocol/skeleton.ts";

/** The code of the refusal, or null. */
function codeOf(raw: string): string | null {
  const name = canonical(raw);
  return "refused" in name ? name.refused : (checkNewName(name.name)?.code ?? null);
}

test.each([
  "alice",
  "1.2_3-4",
  "ångström",
  "nguyễn",
  "аня",
  "ελένη",
  "张三",
  "山田たろう",
  "たろうtaro",
  "ラーメン",
  "김철수kim",
  "ㄅㄆ张a",
  "अनिल",
  "ज़ोंनी",
  "မြို့",
  "น้ำ",
  "ស្ត្រី",
  "രാജൻ",
  "རྒྱལ",
  "שָׁלוֹם",
  "مُحَمَّد",
  "١٢٣",
  "ᎠᎡᎢ",
  "한글",
])("[N4] %s is accepted as a new name", (raw) => {
  expect(codeOf(raw)).toBeNull();
});

test.each([
  ["a combining grapheme joiner", "mallory\u034f"],
  ["variation selector 16", "mallory\ufe0f"],
  ["variation selector 1", "mall\ufe00ory"],
  ["a Mongolian variation selector", "mallory\u180b"],
  ["variation selector 17", "mallory\u{e0100}"],
  ["a Hangul choseong filler", "mallory\u115f"],
  ["a Hangul filler", "mallory\u3164"],
  ["a Khmer inherent vowel", "mallory\u17b4"],
  ["a Hangul filler among Hangul", "한글\u3164"],
  ["a Cyrillic letter", "m\u0430llory"],
  ["a Greek letter", "mall\u03bfry"],
  ["45 marks", `mallory${"\u0301\u0302\u0303".repeat(15)}`],
  ["three marks, one of them composed", "m\u00e1\u0302\u0323llory"],
  ["the same mark twice", "a\u0323\u0323"],
  ["a dot on a letter with a dot", "mi\u0307a"],
  ["five marks of one script", "က\u103b\u103c\u103d\u103e\u102d"],
  ["Arabic digits beside Latin letters", "٣abc"],
  ["digits of two systems", "١2"],
  ["two kinds of Arabic digits", "١۲"],
  ["Cyrillic and Greek", "аλ"],
  ["Han and Cyrillic", "张а"],
  ["kana and Hangul", "たろ한글"],
])("[N4] a new name with %s is refused", (_, raw) => {
  expect(codeOf(raw)).toBe("bad_name");
});

test.each(["admın", "adrnin", "adm\u0269n", "nu11", "rnoderator", "rооt"])(
  "[N5] %s is refused because it looks like a reserved name",
  (raw) => {
    expect(skeleton(raw)).toBe(skeleton([...RESERVED].find((word) => skeleton(word) === skeleton(raw)) ?? ""));
    expect(codeOf(raw)).toMatch(/^(bad|reserved)_name$/);
  },
);

test("[N5] every name made of look-alikes of a reserved name is refused, in one script or several", () => {
  const alike = new Map<string, string[]>();
  for (let point = 0x80; point <= 0x1ffff; point++) {
    const character = String.fromCodePoint(point);
    const name = canonical(`a${character}`);
    if ("refused" in name || name.name !== `a${character}`) continue;
    const prototype = skeleton(character);
    if (prototype !== character) alike.set(prototype, [...(alike.get(prototype) ?? []), character]);
  }
  const letter = (plain: string) => fc.constantFrom(plain, ...(alike.get(skeleton(plain)) ?? []));
  const reserved = fc.constantFrom(...RESERVED).chain((word) => fc.tuple(...[...word].map(letter)));
  fc.assert(
    fc.property(reserved, (letters) => {
      const name = canonical(letters.join(""));
      expect("refused" in name || checkNewName(name.name) !== null, letters.join("")).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("[N4] an accepted name has no invisible character, and at most one script besides Latin", () => {
  const scripts = ["Latn", "Cyrl", "Grek", "Arab", "Hebr", "Deva", "Thai", "Hang", "Hani", "Zinh", "Zyyy"];
  const letters = scripts.flatMap((script) => {
    const pattern = new RegExp(`[\\p{L}\\p{M}\\p{Nd}]`, "u");
    const own = new RegExp(`\\p{scx=${script}}`, "u");
    return Array.from({ length: 0x3200 }, (_, point) => String.fromCodePoint(point))
      .filter((character) => own.test(character) && pattern.test(character))
      .slice(0, 150);
  });
  const invisible = ["\u034f", "\u115f", "\u17b4", "\u180b", "\ufe0f", "\u{e0100}"];
  const names = fc.array(fc.constantFrom(...letters, ...invisible), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(names, (characters) => {
      const name = canonical(characters.join(""));
      if ("refused" in name || checkNewName(name.name) !== null) return;
      expect(canonical(name.name)).toEqual(name);
      expect(name.name).not.toMatch(/\p{Default_Ignorable_Code_Point}/u);
      expect(name.name.normalize("NFD")).not.toMatch(/\p{Script=Inherited}{3}|\p{M}{5}/u);
      const written = ["Cyrl", "Grek", "Arab", "Hebr", "Deva", "Thai"].filter((script) =>
        new RegExp(`\\p{Script=${script}}`, "u").test(name.name),
      );
      expect(written.length).toBeLessThanOrEqual(1);
      if (written.length === 1) expect(name.name).not.toMatch(/\p{Script=Latin}|\p{Script=Han}|\p{Script=Hangul}/u);
    }),
    { numRuns: 20_000 },
  );
});

test("[N4] every letter, mark and digit belongs to a known script", () => {
  const unknown = Array.from({ length: 0x110000 }, (_, point) => String.fromCodePoint(point)).filter(
    (character) => /[\p{L}\p{M}\p{Nd}]/u.test(character) && !isOfOneScript(character),
  );
  expect(unknown).toEqual([]);
});

test("[N4] every decimal system has ten consecutive digits", () => {
  const digits = Array.from({ length: 0x110000 }, (_, point) => point).filter((point) =>
    /\p{Nd}/u.test(String.fromCodePoint(point)),
  );
  for (const [i, point] of digits.entries()) {
    const first = digits[i - (i % 10)] ?? 0;
    expect(point - first).toBe(i % 10);
  }
});

test("look-alike names have the same skeleton, and a skeleton is its own skeleton", () => {
  for (const [one, other] of [
    ["m", "rn"],
    ["alice", "al\u0456ce"],
    ["alice", "alic\u0435\u034f"],
    ["раура1", "paypal"],
    ["ångström", "a\u030angstro\u0308m"],
  ] as const) {
    expect(skeleton(one)).toBe(skeleton(other));
  }
  expect(skeleton("alice")).not.toBe(skeleton("alicia"));
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => skeleton(skeleton(text)) === skeleton(text)),
    // Unicode's table maps it to a text with a character that the table maps too.
    { examples: [["\u048b"]] },
  );
});

test("the skeleton of every character is its own skeleton, so that of every text is", () => {
  const others = Array.from({ length: 0x110000 }, (_, point) => skeleton(String.fromCodePoint(point))).filter(
    (shape) => skeleton(shape) !== shape,
  );
  expect(others).toEqual([]);
});
