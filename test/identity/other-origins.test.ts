// Pages of other origins, on every route: what those of ALLOWED_ORIGINS may send, and that all others are refused.
import { env, exports } from "cloudflare:workers";
import { createExecutionContext } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import worker from "../../src/worker.ts";
import { HOST } from "../support/accounts.ts";

const THERE = "https://app.example.com";
/** Any page may read these. */
const DESCRIPTIONS = new Set(["/api/asyncapi.json", "/api/frames.schema.json", "/api/openapi.json"]);
/** What any page may send without being allowed to. */
const SAFE = new Set(["accept"]);

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: unknown;
  readonly security?: readonly unknown[];
}

interface Route {
  readonly method: string;
  readonly path: string;
  /** The headers that it declares, in lower case. */
  readonly headers: readonly string[];
}

let routes: Route[] = [];

beforeAll(async () => {
  const description = await exports.default.fetch(new Request(`${HOST}/api/openapi.json`));
  const { paths } = await description.json<{ paths: Record<string, Record<string, Operation>> }>();
  routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      return { method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, "x"), headers: headersOf(operation) };
    }),
  );
});

function headersOf({ parameters = [], requestBody, security = [] }: Operation): string[] {
  const declared = parameters.filter((one) => one.in === "header").map(({ name }) => name.toLowerCase());
  const more = [
    ...(requestBody === undefined ? [] : ["content-type"]),
    ...(security.length === 0 ? [] : ["authorization"]),
  ];
  return [...new Set([...declared, ...more])].filter((name) => !SAFE.has(name));
}

/** A request of a page at `origin`, to a server that allows pages of THERE. */
const from = (origin: string, path: string, init: RequestInit) => {
  const request = new Request(`${HOST}${path}`, { ...init, headers: { ...init.headers, Origin: origin } });
  return worker.fetch(request, { ...env, ALLOWED_ORIGINS: THERE } as Env, createExecutionContext());
};

const preflight = (origin: string, { method, path, headers }: Route) =>
  from(origin, path, {
    method: "OPTIONS",
    headers: { "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers.join(",") },
  });

const listOf = (response: Response, name: string) => (response.headers.get(name) ?? "").toLowerCase().split(/\s*,\s*/);

test("[O9] the preflight of every route allows its method and every header that it declares", async () => {
  expect(routes.length).toBeGreaterThan(40);
  const declared = new Set(routes.flatMap(({ headers }) => headers));
  expect([...declared].toSorted()).toEqual(["authorization", "content-type", "idempotency-key", "last-event-id"]);
  for (const route of routes) {
    const response = await preflight(THERE, route);
    const { status } = response;
    const origin = response.headers.get("Access-Control-Allow-Origin");
    const isOpen = DESCRIPTIONS.has(route.path);
    expect([route.method, route.path, status, origin]).toEqual([route.method, route.path, 204, isOpen ? "*" : THERE]);
    expect(listOf(response, "Access-Control-Allow-Methods")).toContain(route.method.toLowerCase());
    expect(listOf(response, "Access-Control-Allow-Headers")).toEqual(expect.arrayContaining([...route.headers]));
    expect(response.headers.get("Access-Control-Allow-Credentials")).toBe(null);
  }
});

test("[O9][H9] such a page may read a refusal of every route, and how long it has to wait", async () => {
  for (const { method, path } of routes) {
    const response = await from(THERE, `${path}?limit=nonsense`, { method });
    const isOpen = DESCRIPTIONS.has(path);
    expect(response.headers.get("Access-Control-Allow-Origin")).toBe(isOpen ? "*" : THERE);
    expect(listOf(response, "Access-Control-Expose-Headers")).toContain("retry-after");
  }
  for (const path of ["/api/nowhere", "/api/settings?user=!"]) {
    const response = await from(THERE, path, {});
    expect([response.ok, response.headers.get("Access-Control-Allow-Origin")]).toEqual([false, THERE]);
  }
});

test("[O1] a page of another origin is refused on every route, and reads the descriptions alone", async () => {
  for (const route of routes) {
    const response = await from("https://evil.test", route.path, { method: route.method });
    const origin = response.headers.get("Access-Control-Allow-Origin");
    const isOpen = DESCRIPTIONS.has(route.path);
    expect([route.path, response.status, origin]).toEqual([route.path, isOpen ? 200 : 403, isOpen ? "*" : null]);
    if (!isOpen) expect(await response.json()).toMatchObject({ code: "forbidden_origin" });
    if (!isOpen)
      expect((await preflight("https://evil.test", route)).headers.get("Access-Control-Allow-Origin")).toBe(null);
  }
  expect((await from("https://evil.test", "/api/nowhere", {})).status).toBe(403);
});
