// Nothing is left untranslated: each text of one language is there in the other, and is another one.
import { expect, test } from "vitest";
import { translationsIn } from "../../src/web/translations.ts";

const said = (language: "en" | "zh-Hans") =>
  Object.entries(translationsIn(language)).map(
    ([name, words]) => [name, typeof words === "string" ? words : words("7", "8")] as const,
  );

test("each text is there in both languages", () => {
  expect(said("zh-Hans").map(([name]) => name)).toEqual(said("en").map(([name]) => name));
  const english = new Map(said("en"));
  for (const [name, text] of said("zh-Hans")) {
    if (name === "title") continue;
    expect(text, name).not.toBe(english.get(name));
    expect(text, name).toMatch(/\p{Script=Han}/u);
    expect(text.replaceAll("Restante", ""), name).not.toMatch(/[A-Za-z]{2,}/);
  }
});

test("what is told of is in the text, in both languages", () => {
  for (const language of ["en", "zh-Hans"] as const) {
    for (const words of Object.values(translationsIn(language))) {
      if (typeof words !== "string") expect(words("7", "8")).toContain("7");
    }
  }
});
