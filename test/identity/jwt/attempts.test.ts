// JSON Web Tokens and the attempts of an address: without attempts left no key is looked up, and a verified token costs
// none.
import { env } from "cloudflare:workers";
import { createExecutionContext } from "cloudflare:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, expect, test, vi } from "vitest";
import worker from "../../../src/worker.ts";
import { unusedAddress, HOST } from "../../support/accounts.ts";
import { fresh } from "../../support/devices.ts";
import { ADMIN, statusAndCode } from "../../support/operators.ts";
import { signToken } from "../../support/jwt.ts";

vi.setConfig({ testTimeout: 30_000 });

const remote = { ...env, JWT_SECRET: "", JWT_JWKS_URL: "https://issuer.test/keys.json" } as unknown as Env;

function ask(path: string, token: string, from: string, variables: Env = env): Promise<[number, unknown]> {
  const headers = { Authorization: `Bearer ${token}`, "CF-Connecting-IP": from };
  return statusAndCode(worker.fetch(new Request(`${HOST}${path}`, { headers }), variables, createExecutionContext()));
}

const devices = (token: string, from: string, variables?: Env) => ask("/api/conversations", token, from, variables);

/** A token whose key must be looked up. */
function unverified(): string {
  const part = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");
  const claims = {
    sub: fresh("alice"),
    iss: "https://issuer.test",
    aud: "restante",
    exp: Math.ceil(Date.now() / 1_000) + 60,
  };
  return `${part({ alg: "ES256", kid: fresh("key") })}.${part(claims)}.${"A".repeat(86)}`;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("[A21][J6] while the issuer does not answer, keys are looked up for at most thirty tokens of an address", async () => {
  const fetched = vi.fn(() => Promise.reject(new Error("the issuer is down")));
  vi.stubGlobal("fetch", fetched);
  const from = unusedAddress();
  const guess = async (where: string) => (await devices(unverified(), where, remote))[0];
  const atOnce = await Promise.all(Array.from({ length: 100 }, () => guess(from)));
  expect(atOnce.filter((status) => status === 401)).toHaveLength(30);
  expect(atOnce.filter((status) => status === 429)).toHaveLength(70);
  const another = unusedAddress();
  for (let n = 0; n < 60; n++) await guess(another);
  expect(fetched).toHaveBeenCalled();
  // One at a time, and none in the pause after a failure.
  expect(fetched.mock.calls.length).toBeLessThanOrEqual(10);
});

test("[A21] a text that is no JSON Web Token causes no look-up", async () => {
  const fetched = vi.fn(() => Promise.reject(new Error("the issuer is down")));
  vi.stubGlobal("fetch", fetched);
  for (const token of ["nonsense", "a.b", "a.b.c.d", "..", "a.b.$"]) {
    expect(await devices(token, unusedAddress(), remote)).toEqual([401, "unauthorized"]);
  }
  expect(fetched).not.toHaveBeenCalled();
});

test("[A21] a good token costs no attempt, and passes from an address without attempts left", async () => {
  const [user, from] = [fresh("alice"), unusedAddress()];
  for (let n = 0; n < 40; n++) expect(await devices(await signToken(user), from)).toEqual([200, undefined]);
  for (let n = 0; n < 30; n++) expect(await devices("wrong", from)).toEqual([401, "unauthorized"]);
  expect(await devices("wrong", from)).toEqual([429, "rate_limited"]);
  expect(await devices(await signToken(fresh("bob")), from)).toEqual([200, undefined]);
});

test("[J6] a new token of a known key passes from an address without attempts left, also when the key set is due for a refresh", async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const kid = fresh("key");
  const keys = [{ ...(await exportJWK(publicKey)), alg: "ES256", kid }];
  vi.stubGlobal(
    "fetch",
    vi.fn(() => Promise.resolve(Response.json({ keys }))),
  );
  const issued = { ...remote, JWT_JWKS_URL: "https://issuer.test/known.json" } as unknown as Env;
  const token = () => {
    const claims = { sub: fresh("alice"), iss: "https://issuer.test", aud: "restante" };
    return new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid }).setExpirationTime("1h").sign(privateKey);
  };
  expect(await devices(await token(), unusedAddress(), issued)).toEqual([200, undefined]);
  const from = unusedAddress();
  for (let n = 0; n < 30; n++) await devices(unverified(), from, issued);
  expect(await devices(unverified(), from, issued)).toEqual([429, "rate_limited"]);
  expect(await devices(await token(), from, issued)).toEqual([200, undefined]);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 700_000 });
  for (let n = 0; n < 30; n++) await devices(unverified(), from, issued);
  expect(await devices(await token(), from, issued)).toEqual([200, undefined]);
});

test("[A21] a token of a suspended user is an attempt each time, and beyond the limit wakes no mailbox", async () => {
  const [user, from] = [fresh("alice"), unusedAddress()];
  const token = await signToken(user);
  await ask("/api/conversations", token, from);
  await env.MAILBOX.getByName(user).settings(
    { name: user, proof: { is: "jwt", expires: Date.now() + 60_000 } },
    { presence: false },
  );
  const suspend = new Request(`${HOST}/api/admin/users/${user}/suspension`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${ADMIN}` },
    body: "{}",
  });
  expect((await worker.fetch(suspend, env, createExecutionContext())).status).toBe(200);
  // The token was never good, so nothing is known of it.
  const other = await signToken(user, { jti: "other" });
  const answers = [];
  for (let n = 0; n < 40; n++) answers.push((await devices(other, from))[0]);
  expect([answers[0], answers.at(-1)]).toEqual([403, 429]);
});
