// Seeded chaos on real mailboxes: 120 seeds here, more with `npm run chaos -- --seeds 10000`. The test title names the
// seed.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { MAX_DEPTH } from "../../src/durable/call-budget.ts";
import { observed } from "../support/platform-limits.ts";
import { play } from "./world.ts";

const { CHAOS_SEEDS, CHAOS_FIRST } = env as unknown as { CHAOS_SEEDS: string; CHAOS_FIRST: string };
const seeds = Array.from({ length: Number(CHAOS_SEEDS) }, (_, i) => Number(CHAOS_FIRST) + i);

test.each(seeds)("[S2][S5][L4][L6] seed %i keeps every promise", async (seed) => {
  expect(await play(seed)).toEqual([]);
});

test("[M12][M13] no seed makes a call that the platform refuses", () => {
  expect(observed.depth).toBeLessThanOrEqual(MAX_DEPTH);
  expect(observed).toMatchObject({ refused: 0 });
});
