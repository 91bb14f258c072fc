// The cookie opens a mailbox only for pages of this server: a foreign page that a signed-in user visits gets nothing.
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import worker from "../../../src/worker.ts";
import { unusedAddress, fetchWorker, claimAccount, HOST } from "../../support/accounts.ts";
import { socketOf, upgrade } from "../../support/devices.ts";
import { nextFrame } from "../../support/client-socket.ts";

const cookieOf = (token: string) => ({ Cookie: `__Host-restante=${token}`, "CF-Connecting-IP": unusedAddress() });

const visit = async (name: string, headers: Record<string, string>) =>
  nextFrame(socketOf(await upgrade(`/client/${name}?device=page`, "restante.v1", headers)));

test("[O1] a page of this server gets in by its cookie", async () => {
  const { userName, token } = await claimAccount("alice");
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
  const { userName, token } = await claimAccount("alice");
  const closing = { type: "closing", code: 4403, reason: "forbidden_origin" };
  expect(await visit(userName, { ...cookieOf(token), Origin: origin })).toMatchObject(closing);
  const bearer = { Authorization: `Bearer ${token}`, Origin: origin };
  expect(await visit(userName, bearer)).toMatchObject(closing);
  for (const method of ["GET", "DELETE"]) {
    const path = method === "GET" ? "/api/conversations" : "/api/devices/0";
    const response = await fetchWorker(path, { method, headers: { ...cookieOf(token), Origin: origin } });
    expect(response.status).toBe(403);
    expect(response.headers.get("Access-Control-Allow-Origin")).toBe(null);
  }
});

test("[O2] without an Origin header the cookie is ignored, and a token is accepted", async () => {
  const { userName, token } = await claimAccount("alice");
  expect(await visit(userName, cookieOf(token))).toMatchObject({ type: "closing", code: 4401 });
  expect((await fetchWorker("/api/conversations", { headers: cookieOf(token) })).status).toBe(401);
  expect((await fetchWorker("/api/sign-out", { method: "POST", headers: cookieOf(token) })).status).toBe(401);
  expect(await visit(userName, { Authorization: `Bearer ${token}` })).toMatchObject({ type: "welcome" });
});

test("[O2] where browsers send no Origin to their own server, Sec-Fetch-Site replaces it, for reading only", async () => {
  const { userName, token } = await claimAccount("alice");
  const own = { ...cookieOf(token), "Sec-Fetch-Site": "same-origin" };
  expect((await fetchWorker("/api/conversations", { headers: own })).status).toBe(200);
  expect((await fetchWorker("/api/sign-out", { method: "POST", headers: own })).status).toBe(401);
  expect(await visit(userName, own)).toMatchObject({ type: "closing", code: 4401 });
  for (const site of ["same-site", "cross-site", "none"]) {
    const response = await fetchWorker("/api/conversations", {
      headers: { ...cookieOf(token), "Sec-Fetch-Site": site },
    });
    expect(response.status).toBe(401);
  }
});

test("[O3] ALLOWED_ORIGINS allows other pages, which may read the responses", async () => {
  const { token } = await claimAccount("alice");
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

const MARKETING = "http://www.restante.test:8877";

/** A request to the Worker, with these variables. */
const under = (variables: Record<string, string>, url: string, init: RequestInit) =>
  worker.fetch(new Request(url, init), { ...env, ...variables } as Env);

test("[O3] the cookie is ignored for pages of ALLOWED_ORIGINS: for reading, a simple POST, and a socket", async () => {
  const { userName, token } = await claimAccount("alice");
  const there = { ...cookieOf(token), Origin: MARKETING, "Sec-Fetch-Site": "same-site" };
  const ask = (path: string, init: RequestInit = {}) =>
    under({ ALLOWED_ORIGINS: MARKETING }, `${HOST}${path}`, { ...init, headers: { ...there, ...init.headers } });
  expect((await ask("/api/conversations")).status).toBe(401);
  const simple = { method: "POST", headers: { "Content-Type": "text/plain" } };
  expect((await ask("/api/messages", { ...simple, body: `{"to":"${userName}","body":"forged"}` })).status).toBe(401);
  expect((await ask("/api/sign-out", simple)).status).toBe(401);
  const socket = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "restante.v1" };
  const closed = await nextFrame(socketOf(await ask(`/client/${userName}?device=page`, { headers: socket })));
  expect(closed).toMatchObject({ type: "closing", code: 4401 });
  // With a token of its own the same page is allowed.
  const bearer = { Authorization: `Bearer ${token}` };
  expect((await ask("/api/conversations", { headers: bearer })).status).toBe(200);
});

test("[O3] a page of ALLOWED_ORIGINS gets no cookie set or removed: it can't sign anybody in as somebody else", async () => {
  const { token } = await claimAccount("alice");
  const claim = (origin: string) =>
    under({ ALLOWED_ORIGINS: MARKETING }, `${HOST}/api/accounts`, {
      method: "POST",
      body: JSON.stringify({ userName: `guest-${crypto.randomUUID()}` }),
      headers: { "CF-Connecting-IP": unusedAddress(), Origin: origin },
    });
  const [there, here] = [await claim(MARKETING), await claim(HOST)];
  expect([there.status, there.headers.get("Set-Cookie")]).toEqual([201, null]);
  expect([here.status, here.headers.get("Set-Cookie")]).toEqual([201, expect.stringMatching(/^__Host-restante=/)]);
  const out = await under({ ALLOWED_ORIGINS: MARKETING }, `${HOST}/api/sign-out`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, Origin: MARKETING, "CF-Connecting-IP": unusedAddress() },
  });
  expect([out.status, out.headers.get("Set-Cookie")]).toEqual([204, null]);
});

test.each([
  ["http://restante.test", "https://restante.test"],
  ["https://restante.test", "http://restante.test"],
  ["https://restante.test:8443", "https://restante.test"],
])("[O1] a page of %s is refused by a server at %s, whose scheme or port is another", async (origin, server) => {
  const { token } = await claimAccount("alice");
  const headers = { ...cookieOf(token), Origin: origin };
  expect((await under({}, `${server}/api/conversations`, { headers })).status).toBe(403);
  const own = { ...cookieOf(token), Origin: server };
  expect((await under({}, `${server}/api/conversations`, { headers: own })).status).toBe(200);
});

test("[O6] with ORIGIN the cookie is accepted for that origin only, for any Host header and any scheme of a proxy", async () => {
  const { token } = await claimAccount("alice");
  const variables = { ORIGIN: "https://Chat.Example.com:443/" };
  const status = async (host: string, headers: Record<string, string>) =>
    (await under(variables, `${host}/api/conversations`, { headers: { ...cookieOf(token), ...headers } })).status;
  expect(await status("https://chat.example.com", { Origin: "https://chat.example.com" })).toBe(200);
  expect(await status("http://chat.example.com", { Origin: "https://chat.example.com" })).toBe(200);
  expect(await status("https://chat.example.com", { "Sec-Fetch-Site": "same-origin" })).toBe(200);
  // Under another name of the same server the cookie is ignored, and its pages are foreign.
  expect(await status("https://restante.workers.dev", { "Sec-Fetch-Site": "same-origin" })).toBe(401);
  expect(await status("https://restante.workers.dev", { Origin: "https://chat.example.com" })).toBe(401);
  expect(await status("https://restante.workers.dev", { Origin: "https://restante.workers.dev" })).toBe(403);
  expect(await status("https://chat.example.com", { Origin: "http://chat.example.com" })).toBe(403);
  // A program with a token is still answered.
  expect(await status("https://restante.workers.dev", { Authorization: `Bearer ${token}` })).toBe(200);
});

test("[O1] a page of this host with another scheme is logged: ORIGIN may be missing behind a proxy", async () => {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 });
  for (const origin of ["https://restante.test", "https://restante.test", "https://evil.test"]) {
    expect((await under({}, `${HOST}/api/conversations`, { headers: { Origin: origin } })).status).toBe(403);
  }
  vi.useRealTimers();
  log.mockRestore();
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { event: "origin_refused", level: "warn", origin: "https://restante.test", own: HOST },
  ]);
});

test("[O6] a cookie is set only for the host of ORIGIN", async () => {
  const claim = async (host: string) => {
    const body = JSON.stringify({ userName: `o-${crypto.randomUUID()}` });
    const headers = { "CF-Connecting-IP": unusedAddress() };
    const variables = { ORIGIN: "https://chat.example.com" };
    return (await under(variables, `${host}/api/accounts`, { method: "POST", body, headers })).headers.get(
      "Set-Cookie",
    );
  };
  expect(await claim("http://chat.example.com")).toMatch(/^__Host-restante=.*; Secure/);
  expect(await claim("https://restante.workers.dev")).toBe(null);
});

test.each([
  ["https://App.Example.com", "https://app.example.com"],
  ["https://app.example.com/", "https://app.example.com"],
  ["https://app.example.com:443", "https://app.example.com"],
  ["http://app.example.com:80", "http://app.example.com"],
  ["HTTPS://app.example.com", "https://app.example.com"],
  ["https://bücher.example", "https://xn--bcher-kva.example"],
  ["capacitor://localhost", "capacitor://localhost"],
  ["nonsense, https://app.example.com", "https://app.example.com"],
])("[O8] the entry %s of ALLOWED_ORIGINS allows pages of %s", async (entry, origin) => {
  const response = await under({ ALLOWED_ORIGINS: entry }, `${HOST}/api/auth`, { headers: { Origin: origin } });
  expect(response.headers.get("Access-Control-Allow-Origin")).toBe(origin);
});
