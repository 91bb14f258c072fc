// Each code of the protocol, and each of the SDK, has words on the page, in both languages: where a connection ends,
// where a request is refused, and where a message fails.
import { globSync, readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { Refused } from "../../src/client/connect.ts";
import { codesIn } from "../../src/protocol/refusals.ts";
import { closeSentence } from "../../src/web/close-sentence.ts";
import { failureSentence } from "../../src/web/failure-sentence.ts";
import { errorSentence } from "../../src/web/refusal-sentence.ts";
import { translationsIn } from "../../src/web/translations.ts";

const LANGUAGES = ["en", "zh-Hans"] as const;

type Words = ReturnType<typeof translationsIn>;

/** The codes of the SDK's own errors, without those of what the page does not do: end a request, wait for a state. */
const sdkCodes = new Set(
  globSync("src/client/*.ts").flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/new RestanteError\(\s*"([a-z_]+)"/g)].map(([, code = ""]) => code),
  ),
);
for (const code of ["aborted", "not_followed"]) sdkCodes.delete(code);

/** The sentences in both languages differ from each other, and from those for an unknown code. */
function expectWords(code: string, sentenceIn: (words: Words, code: string) => string | null): void {
  const sentences = LANGUAGES.map((language) => {
    const words = translationsIn(language);
    const sentence = sentenceIn(words, code);
    expect(sentence, `${code} in ${language}`).not.toBe(sentenceIn(words, "of_later"));
    return sentence;
  });
  expect(new Set(sentences).size).toBe(LANGUAGES.length);
}

afterEach(() => vi.unstubAllGlobals());

test("where a browser lacks the calls for passkeys the page says that it can't use them, and nothing of it elsewhere", () => {
  for (const language of LANGUAGES) {
    const words = translationsIn(language);
    vi.stubGlobal("PublicKeyCredential", function () {});
    expect(errorSentence(new TypeError("it is not a function"), words)).toBe(words.noPasskeysHere);
    vi.stubGlobal("PublicKeyCredential", { parseRequestOptionsFromJSON: () => ({}) });
    expect(errorSentence(new TypeError("it is not a function"), words)).toBe(words.code_other);
  }
});

test("there are codes of every kind", () => {
  expect(sdkCodes.size).toBeGreaterThan(5);
  for (const place of ["closing", "http", "failed", "refused"] as const)
    expect(codesIn(place).length).toBeGreaterThan(2);
});

test.each([...codesIn("closing"), "signed_out", "outdated", "not_kept", "closed", ...sdkCodes])(
  "[C1] the page says in both languages that a connection ended with %s",
  (reason) => expectWords(reason, (words, code) => closeSentence({ reason: code }, words)),
);

test.each([...codesIn("http"), ...sdkCodes].filter((code) => code !== "proof_required"))(
  "the page says in both languages that a request failed with %s",
  (code) =>
    expectWords(code, (words, refused) => errorSentence(new Refused(refused, "The server's sentence.", null), words)),
);

test.each([...new Set([...codesIn("failed"), ...codesIn("refused")])])(
  "the page says in both languages that a message failed with %s",
  (code) => expectWords(code, (words, failed) => failureSentence({ code: failed }, "bob", words)),
);

test.each([["of_later"], [undefined], ["toString"], ["other"]])(
  "[C1] for the code %s, which it does not know, the page has a general sentence in its language",
  (reason) => {
    for (const language of LANGUAGES) {
      const words = translationsIn(language);
      expect(closeSentence({ reason }, words)).toBe(words.code_other);
      if (reason !== undefined) {
        expect(failureSentence({ code: reason }, "bob", words)).toBe(words.notSent + words.code_other);
      }
    }
  },
);
