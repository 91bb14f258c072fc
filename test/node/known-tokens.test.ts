// The cache of mailboxes' verdicts on tokens: it is bounded, and refused tokens evict no good one.
import { expect, test } from "vitest";
import { remember, verdictOn } from "../../src/identity/known-tokens.ts";

test("the last verdict of its mailbox holds for a token, and a refusal expires after ten minutes", () => {
  expect(verdictOn("a")).toBeNull();
  remember("a", "good");
  expect(verdictOn("a")).toBe("good");
  remember("a", "refused", 0);
  expect(verdictOn("a", 599_999)).toBe("refused");
  expect(verdictOn("a", 600_000)).toBeNull();
  remember("a", "good");
  expect(verdictOn("a", 0)).toBe("good");
});

test("30,000 refused tokens evict no good one", () => {
  remember("mine", "good");
  for (let n = 0; n < 30_000; n++) remember(`refused-${n}`, "refused");
  expect(verdictOn("mine")).toBe("good");
  expect(verdictOn("refused-29999")).toBe("refused");
  expect(verdictOn("refused-0")).toBeNull();
});
