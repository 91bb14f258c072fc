// All faults in their short form: nothing lost, nothing duplicated, everything in order. `npm run faults` measures the
// times.
import { test } from "vitest";
import { FAULTS } from "./all-faults.ts";

/** For one fault, on a busy machine. */
const TIMEOUT_MS = 240_000;

test.concurrent.for(FAULTS)(
  "[S5][L4][R1] $name: $expectation",
  { timeout: TIMEOUT_MS },
  async ({ play }, { expect, skip }) => {
    const { wrong, skipped } = await play("short");
    skip(skipped !== undefined, skipped);
    expect(wrong.slice(0, 20)).toEqual([]);
  },
);
