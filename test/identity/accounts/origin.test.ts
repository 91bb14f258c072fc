// The cookie opens a mailbox only for pages from here: a page from elsewhere that a signed-in user visits gets nothing, whatever it tries.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import worker from "../../../src/worker.ts";
import { address, ask, claimed, HOST } from "../../support/accounts.ts";
import { lineOf, upgrade } from "../../support/devices.ts";
import { heard } from "../../support/line.ts";

const cookieOf = (token: string) => ({ Cookie: `__Host-restante=${token}`, "CF-Connecting-IP": address() });

const visit = async (name: string, headers: Record<string, string>) =>
  heard(lineOf(await upgrade(`/client/${name}?device=page`, "restante.v1", headers)));

test("[O1] a page from here is let in by its cookie", async () => {
  const { userName, token } = await claimed("alice");
  expect(await visit(userName, { ...cookieOf(token), Origin: HOST })).toMatchObject({
    type: "welcome",
    user: userName,
  });
});

test.each([
  ["from elsewhere", "https://evil.test"],
  ["of a host that looks like ours", "http://restante.test.evil.test"],
  ["of a host below ours", "http://evil.restante.test"],
  ["of another port", `${HOST}:8080`],
  ["of no origin", "null"],
])("[O1] a page %s is refused with 4403, cookie or token", async (_, origin) => {
  const { userName, token } = await claimed("alice");
  expect(await visit(userName, { ...cookieOf(token), Origin: origin })).toMatchObject({ type: "closing", code: 4403 });
  const bearer = { Authorization: `Bearer ${token}`, Origin: origin };
  expect(await visit(userName, bearer)).toMatchObject({ type: "closing", code: 4403 });
  for (const method of ["GET", "DELETE"]) {
    const path = method === "GET" ? "/api/conversations" : "/api/devices/0";
    const response = await ask(path, { method, headers: { ...cookieOf(token), Origin: origin } });
    expect(response.status).toBe(403);
    expect(response.headers.get("Access-Control-Allow-Origin")).toBe(null);
  }
});

test("[O2] without an Origin the cookie counts for nothing, the token does", async () => {
  const { userName, token } = await claimed("alice");
  expect(await visit(userName, cookieOf(token))).toMatchObject({ type: "closing", code: 4401 });
  expect((await ask("/api/conversations", { headers: cookieOf(token) })).status).toBe(401);
  expect((await ask("/api/sign-out", { method: "POST", headers: cookieOf(token) })).status).toBe(401);
  expect(await visit(userName, { Authorization: `Bearer ${token}` })).toMatchObject({ type: "welcome" });
});

test("[O2] where browsers send no Origin to their own server, Sec-Fetch-Site says the same, for reading alone", async () => {
  const { userName, token } = await claimed("alice");
  const own = { ...cookieOf(token), "Sec-Fetch-Site": "same-origin" };
  expect((await ask("/api/conversations", { headers: own })).status).toBe(200);
  expect((await ask("/api/sign-out", { method: "POST", headers: own })).status).toBe(401);
  expect(await visit(userName, own)).toMatchObject({ type: "closing", code: 4401 });
  for (const site of ["same-site", "cross-site", "none"]) {
    const response = await ask("/api/conversations", { headers: { ...cookieOf(token), "Sec-Fetch-Site": site } });
    expect(response.status).toBe(401);
  }
});

test("[O3] ALLOWED_ORIGINS lets other pages in, and they may read the answers", async () => {
  const { token } = await claimed("alice");
  const there = "https://app.example.com";
  const variables = { ...env, ALLOWED_ORIGINS: `https://other.example.com, ${there}` } as Env;
  const request = (method: string, headers: Record<string, string>) =>
    worker.fetch(
      new Request(`${HOST}/api/conversations`, { method, headers: { ...headers, Origin: there } }),
      variables,
    );
  const response = await request("GET", { Authorization: `Bearer ${token}` });
  expect(response.status).toBe(200);
  expect(response.headers.get("Access-Control-Allow-Origin")).toBe(there);
  const preflight = await request("OPTIONS", {
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "authorization",
  });
  expect(preflight.headers.get("Access-Control-Allow-Origin")).toBe(there);
  expect(preflight.headers.get("Access-Control-Allow-Headers")?.toLowerCase()).toContain("authorization");
});
