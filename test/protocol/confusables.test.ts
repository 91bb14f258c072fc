// The committed table of look-alikes equals the generator's output: it is neither edited by hand nor out of date.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { GENERATED, generate } from "../../scripts/confusables.mjs";

test("the table of look-alikes equals the generated one", () => {
  expect(readFileSync(GENERATED, "utf8")).toBe(generate());
});
