// The health of a deployment, as monitoring reads it.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { Census } from "../../src/census/census.ts";
import { CENSUS_SHARDS } from "../../src/protocol/census.ts";
import { fetchWorker } from "../support/accounts.ts";

test("the health check makes a round trip to an object, and wakes no mailbox", async () => {
  const audit = vi.spyOn(Census.prototype, "audit");
  await env.CENSUS.getByName("0").report("somebody", 1);
  const response = await fetchWorker("/api/health");
  expect(response.status).toBe(200);
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  expect(await response.json()).toEqual({ status: "ok", object: { ms: expect.any(Number) } });
  expect(audit).not.toHaveBeenCalled();
  audit.mockRestore();
});

test("the health check fails, without a stack, while the objects' storage does not answer", async () => {
  for (let shard = 0; shard < CENSUS_SHARDS; shard++) {
    await runInDurableObject(env.CENSUS.getByName(String(shard)), (_, state) => {
      state.storage.sql.exec = () => {
        throw new Error("the disk is gone");
      };
    });
  }
  const response = await fetchWorker("/api/health");
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ status: "failing", object: { ms: expect.any(Number) } });
});
