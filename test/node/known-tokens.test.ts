// What mailboxes have said of tokens: bounded, and those that are refused push out none that is good.
import { expect, test } from "vitest";
import { remember, verdictOn } from "../../src/identity/known-tokens.ts";

test("a token is what its mailbox said of it the last time, and a refusal is forgotten after ten minutes", () => {
  expect(verdictOn("a")).toBeNull();
  remember("a", "good");
  expect(verdictOn("a")).toBe("good");
  remember("a", "refused", 0);
  expect(verdictOn("a", 599_999)).toBe("refused");
  expect(verdictOn("a", 600_000)).toBeNull();
  remember("a", "good");
  expect(verdictOn("a", 0)).toBe("good");
});

test("any number of refused tokens leaves the good ones known", () => {
  remember("mine", "good");
  for (let n = 0; n < 30_000; n++) remember(`refused-${n}`, "refused");
  expect(verdictOn("mine")).toBe("good");
  expect(verdictOn("refused-29999")).toBe("refused");
  expect(verdictOn("refused-0")).toBeNull();
});
