// Each text of one language exists in the other, and is translated.
import { expect, test } from "vitest";
import { ACCOUNT_WORDS } from "../../src/web/account-words.ts";
import { translationsIn } from "../../src/web/translations.ts";

const textsOf = (language: "en" | "zh-Hans") =>
  Object.entries({ ...translationsIn(language), ...ACCOUNT_WORDS[language] }).map(
    ([name, words]) => [name, typeof words === "string" ? words : words("7", "8")] as const,
  );

test("each text exists in both languages, translated", () => {
  expect(textsOf("zh-Hans").map(([name]) => name)).toEqual(textsOf("en").map(([name]) => name));
  const english = new Map(textsOf("en"));
  for (const [name, text] of textsOf("zh-Hans")) {
    if (name === "title") continue;
    expect(text, name).not.toBe(english.get(name));
    expect(text, name).toMatch(/\p{Script=Han}/u);
    expect(text.replaceAll(/Restante|https?/g, ""), name).not.toMatch(/[A-Za-z]{2,}/);
  }
});

test("the parameters of a text are in it, in both languages", () => {
  for (const language of ["en", "zh-Hans"] as const) {
    for (const words of Object.values({ ...translationsIn(language), ...ACCOUNT_WORDS[language] })) {
      if (typeof words === "string") continue;
      expect(words.length).toBeGreaterThan(0);
      for (const value of ["7", "8"].slice(0, words.length)) expect(words("7", "8")).toContain(value);
    }
  }
});
