// What mailboxes have said of tokens: bounded, and those that are refused push out none that is good.
import { expect, test } from "vitest";
import { rememberVerdict, knownVerdict } from "../../src/identity/known-tokens.ts";

test("a token is what its mailbox said of it the last time, and a refusal is forgotten after ten minutes", () => {
  expect(knownVerdict("a")).toBeNull();
  rememberVerdict("a", "good");
  expect(knownVerdict("a")).toBe("good");
  rememberVerdict("a", "refused", 0);
  expect(knownVerdict("a", 599_999)).toBe("refused");
  expect(knownVerdict("a", 600_000)).toBeNull();
  rememberVerdict("a", "good");
  expect(knownVerdict("a", 0)).toBe("good");
});

test("any number of refused tokens leaves the good ones known", () => {
  rememberVerdict("mine", "good");
  for (let n = 0; n < 30_000; n++) rememberVerdict(`refused-${n}`, "refused");
  expect(knownVerdict("mine")).toBe("good");
  expect(knownVerdict("refused-29999")).toBe("refused");
  expect(knownVerdict("refused-0")).toBeNull();
});
