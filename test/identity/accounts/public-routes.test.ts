// Public routes are cheap: simultaneous requests share one computation, and a repeated request is answered from the
// cache.
import { env } from "cloudflare:workers";
import { createExecutionContext } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import worker from "../../../src/worker.ts";
import { Census } from "../../../src/census/census.ts";
import { CENSUS_SHARDS } from "../../../src/protocol/census.ts";
import { HOST } from "../../support/accounts.ts";

const get = (path: string) => worker.fetch(new Request(`${HOST}${path}`), env, createExecutionContext());

test.each([
  ["/api/online", "count", CENSUS_SHARDS],
  ["/api/health", "ping", 1],
] as const)(
  "[H14] a hundred simultaneous requests of %s are one computation, and so is an immediate repetition",
  async (path, call, objects) => {
    const asked = vi.spyOn(Census.prototype, call);
    const answers = await Promise.all(Array.from({ length: 100 }, () => get(path)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
    expect((await get(path)).status).toBe(200);
    expect(asked).toHaveBeenCalledTimes(objects);
    asked.mockRestore();
  },
);
