// Who may claim a name: every user, users with an invitation, or no user.
import { env } from "cloudflare:workers";
import { type JWTPayload, SignJWT } from "jose";
import { expect, test } from "vitest";
import worker from "../../../src/worker.ts";
import { unusedAddress, fetchWorker, HOST } from "../../support/accounts.ts";
import { fresh } from "../../support/devices.ts";

const INVITE_SECRET = "a secret for invitations, long enough";
const now = () => Math.floor(Date.now() / 1_000);

function claim(registration: string, userName: string, invitation?: string): Promise<Response> {
  const request = new Request(`${HOST}/api/accounts`, {
    method: "POST",
    headers: { "CF-Connecting-IP": unusedAddress() },
    body: JSON.stringify({ userName, ...(invitation !== undefined && { invitation }) }),
  });
  return Promise.resolve(worker.fetch(request, { ...env, REGISTRATION: registration, INVITE_SECRET } as Env));
}

/** The output of `npm run invite`, with these changes. */
function invitation(
  change: { sub?: string; aud?: string; exp?: unknown; nbf?: unknown } = {},
  secret = INVITE_SECRET,
): Promise<string> {
  const { exp = now() + 600, aud = "restante invitation", ...claims } = change;
  const made = new SignJWT({ ...claims, aud, exp } as JWTPayload).setProtectedHeader({ alg: "HS256" });
  return made.sign(new TextEncoder().encode(secret));
}

test("[A8] the modes of authentication and registration are public", async () => {
  expect(await (await fetchWorker("/api/auth")).json()).toEqual({ auth: "accounts", registration: "open" });
});

test("[A8] where registration is closed nobody claims a name", async () => {
  const response = await claim("closed", fresh("alice"), await invitation());
  expect([response.status, await response.json()]).toMatchObject([403, { code: "forbidden" }]);
});

test("[A8] where registration needs an invitation, it is asked for, and a good one is accepted", async () => {
  expect((await claim("invite", fresh("alice"))).status).toBe(403);
  expect((await claim("invite", fresh("alice"), await invitation())).status).toBe(201);
  expect((await claim("invite", fresh("alice"), await invitation({ exp: now() + 600.5 }))).status).toBe(201);
});

test("[A8] an invitation works for its own name, once", async () => {
  const name = fresh("alice");
  const one = await invitation({ sub: name });
  expect((await claim("invite", fresh("bob"), one)).status).toBe(403);
  expect((await claim("invite", name, one)).status).toBe(201);
  expect((await claim("invite", name, one)).status).toBe(409);
});

test.each<[string, () => Promise<string>]>([
  ["of another secret", () => invitation({}, "another secret of the same length, no?")],
  ["that has expired", () => invitation({ exp: now() - 6 })],
  ["whose expiry is a fraction that has passed", () => invitation({ exp: now() - 6.5 })],
  ["whose expiry is in milliseconds", () => invitation({ exp: Date.now() + 600_000 })],
  ["whose expiry is a text", () => invitation({ exp: String(now() + 600) })],
  ["that is not good yet", () => invitation({ nbf: now() + 600 })],
  ["that is another kind of token", () => invitation({ aud: "restante" })],
  ["that is nonsense", () => Promise.resolve("nonsense")],
])("[A8] an invitation %s is refused", async (_, make) => {
  expect((await claim("invite", fresh("alice"), await make())).status).toBe(403);
});
