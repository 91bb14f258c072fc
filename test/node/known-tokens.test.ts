// The cache of mailboxes' verdicts on tokens: it is bounded, and refused tokens evict no good one.
import { expect, test } from "vitest";
import { rememberVerdict, knownVerdict } from "../../src/identity/known-tokens.ts";

test("the last verdict of its mailbox holds for a token, and a refusal expires after ten minutes", () => {
  expect(knownVerdict("a")).toBeNull();
  rememberVerdict("a", "good");
  expect(knownVerdict("a")).toBe("good");
  rememberVerdict("a", "refused", 0);
  expect(knownVerdict("a", 599_999)).toBe("refused");
  expect(knownVerdict("a", 600_000)).toBeNull();
  rememberVerdict("a", "good");
  expect(knownVerdict("a", 0)).toBe("good");
});

test("30,000 refused tokens evict no good one", () => {
  rememberVerdict("mine", "good");
  for (let n = 0; n < 30_000; n++) rememberVerdict(`refused-${n}`, "refused");
  expect(knownVerdict("mine")).toBe("good");
  expect(knownVerdict("refused-29999")).toBe("refused");
  expect(knownVerdict("refused-0")).toBeNull();
});
