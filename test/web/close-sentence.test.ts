// Why a connection ended, as the page says it.
import { expect, test } from "vitest";
import { REFUSALS } from "../../src/protocol/refusals.ts";
import { closeSentence } from "../../src/web/close-sentence.ts";
import { translationsIn } from "../../src/web/translations.ts";

const message = "The server's sentence.";
const closing = Object.entries(REFUSALS).filter(([, row]) => "close" in row);

test.each(closing)("[C1] the page says in both languages that a connection ended with %s", (reason) => {
  const [english, chinese] = (["en", "zh-Hans"] as const).map((language) =>
    closeSentence({ reason, message }, translationsIn(language)),
  );
  expect([english, chinese]).not.toContain(message);
  expect(english).not.toBe(chinese);
});

test.each([["of_later"], [undefined], ["toString"]])(
  "[C1] for the reason %s the page has the server's sentence",
  (reason) => {
    expect(closeSentence({ reason, message }, translationsIn("zh-Hans"))).toBe(message);
  },
);
