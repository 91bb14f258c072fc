// Each request has an id: in the response, in a problem document, and in the lines of the log that it causes.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { CENSUS_SHARDS } from "../../src/protocol/census.ts";
import { callApi, fetchWorker, HOST, unusedAddress } from "../support/accounts.ts";
import { fresh, open } from "../support/devices.ts";
import { ADMIN } from "../support/operators.ts";

const NEW_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

test("[H19] a response has the id that its client sent, and a problem document has it too", async () => {
  const response = await fetchWorker("/api/nothing", { headers: { "X-Request-Id": "trace:7.of-shop_1" } });
  expect(response.headers.get("X-Request-Id")).toBe("trace:7.of-shop_1");
  expect(response.headers.get("Content-Type")).toBe("application/problem+json");
  expect(await response.json()).toMatchObject({ code: "not_found", requestId: "trace:7.of-shop_1" });
  const good = await fetchWorker("/api/online");
  expect(good.headers.get("X-Request-Id")).toMatch(NEW_ID);
  expect(await good.json()).not.toHaveProperty("requestId");
});

test.each([
  ["too short", "1234567"],
  ["too long", "x".repeat(65)],
  ["with a blank", "some request"],
  ["with a quote", `12345678"`],
  ["with a brace", "12345678}{"],
  ["not ASCII", "12345678é"],
])("[H19] an id %s is replaced", async (_, sent) => {
  const response = await fetchWorker("/api/nothing", { headers: { "X-Request-Id": sent } });
  const id = response.headers.get("X-Request-Id");
  expect(id).toMatch(NEW_ID);
  expect(await response.json()).toMatchObject({ requestId: id });
});

test("[H19] a refused upgrade has an id in its problem document", async () => {
  const headers = { Upgrade: "websocket", "X-Request-Id": "upgrade-0001" };
  const response = await fetchWorker("/client/Not%20A%20Name", { headers });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ requestId: "upgrade-0001" });
});

test("[H19] the log has the id with what a request caused: an operator's action, and a failure", async () => {
  const lines = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const name = fresh("alice");
  await open(name);
  const acted = await fetchWorker(`/api/admin/users/${name}/suspension`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${ADMIN}`, "X-Request-Id": "operator-0001", "CF-Connecting-IP": unusedAddress() },
    body: "{}",
  });
  expect(acted.status).toBe(200);
  for (let shard = 0; shard < CENSUS_SHARDS; shard++) {
    await runInDurableObject(env.CENSUS.getByName(String(shard)), (census) => {
      Reflect.set(census, "ping", () => Promise.reject(new Error("gone")));
    });
  }
  const failed = await fetchWorker("/api/health", { headers: { "X-Request-Id": "health-00001" } });
  expect(failed.status).toBe(503);
  const events = lines.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);
  lines.mockRestore();
  expect(events.find(({ event }) => event === "suspended")).toMatchObject({ request: "operator-0001", level: "info" });
  expect(events.find(({ event }) => event === "health_failed")).toMatchObject({
    request: "health-00001",
    level: "error",
  });
});

test("[H19] pages of allowed origins may send the id, and read it", async () => {
  const allowed = await fetchWorker("/api/settings", {
    method: "OPTIONS",
    headers: { Origin: HOST, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-request-id" },
  });
  expect(allowed.headers.get("Access-Control-Allow-Headers")).toContain("X-Request-Id");
  const answer = await callApi("GET", "/api/settings");
  expect(answer.headers.get("X-Request-Id")).toMatch(NEW_ID);
});
