// The faults in short: nothing lost, nothing twice, everything in order. No times: those are measured by `npm run faults`.
import { test } from "vitest";
import { FAULTS } from "./rows.ts";

/** Ms for one of them, on a machine that does other things too. */
const PATIENCE = 240_000;

test.concurrent.for(FAULTS)("[S5][L4][R1] $name: $hold", { timeout: PATIENCE }, async ({ play }, { expect, skip }) => {
  const { wrong, skipped } = await play("short");
  skip(skipped !== undefined, skipped);
  expect(wrong.slice(0, 20)).toEqual([]);
});
