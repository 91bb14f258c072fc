// The faults in short: nothing lost, nothing twice, everything in order. No times: those are measured by `npm run faults`.
import { expect, test } from "vitest";
import { FAULTS } from "./rows.ts";

test.concurrent.each(FAULTS)("[S5][L4][R1] $name: $hold", async ({ play }) => {
  const { wrong } = await play("short");
  expect(wrong.slice(0, 20)).toEqual([]);
});
