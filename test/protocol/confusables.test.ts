// The table of look-alikes is what its generator makes of the package: nobody has changed it by hand, and nobody has forgotten it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { GENERATED, generate } from "../../scripts/confusables.mjs";

test("the table of look-alikes is the one that is generated", () => {
  expect(readFileSync(GENERATED, "utf8")).toBe(generate());
});
