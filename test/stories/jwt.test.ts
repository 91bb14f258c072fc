// Users of an external issuer with published keys: a real key set over HTTP that is rotated, a real server, and the
// SDK, which renews its token on the open connection.
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type ConnectionState } from "../../src/client/connect.ts";
import { type Server, startServer } from "../support/servers.ts";

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

let site: HttpServer;
let server: Server;
/** The keys that are published now. */
let keys: JWK[] = [];
let keyRequests = 0;

/** The key pairs by key id, all published from the beginning except `two`. */
const pairs = new Map<string, { pair: Pair; jwk: JWK }>();
const pairOf = (kid: string): Pair => (pairs.get(kid) as { pair: Pair }).pair;

beforeAll(async () => {
  for (const [kid, alg] of [
    ["RS256", "RS256"],
    ["ES256", "ES256"],
    ["EdDSA", "EdDSA"],
    ["two", "ES256"],
  ] as const) {
    pairs.set(kid, await published(kid, alg));
  }
  keys = [...pairs.values()].map(({ jwk }) => jwk).filter(({ kid }) => kid !== "two");
  site = createServer((_, response) => {
    keyRequests++;
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ keys }));
  });
  await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
  server = await startServer({
    AUTH: "jwt",
    RATE_LIMIT: "off",
    JWT_JWKS_URL: `http://127.0.0.1:${(site.address() as AddressInfo).port}/keys.json`,
    JWT_ISSUER: "https://issuer.test",
    JWT_AUDIENCE: "restante",
  });
});

afterAll(async () => {
  await server?.stop();
  site?.close();
});

async function published(kid: string, alg: string): Promise<{ pair: Pair; jwk: JWK }> {
  const pair = await generateKeyPair(alg, { extractable: true });
  return { pair, jwk: { ...(await exportJWK(pair.publicKey)), kid, alg, use: "sig" } };
}

const signed = (sub: string, { privateKey }: Pair, kid: string, alg: string, seconds = 600) =>
  new SignJWT({ sub })
    .setProtectedHeader({ alg, kid })
    .setIssuer("https://issuer.test")
    .setAudience("restante")
    .setExpirationTime(Math.floor(Date.now() / 1_000) + seconds)
    .sign(privateKey);

const status = async (token: string) =>
  (await fetch(`${server.url}/api/conversations`, { headers: { Authorization: `Bearer ${token}` } })).status;

test.each(["RS256", "ES256", "EdDSA"])(
  "[J1] tokens signed with published %s keys are accepted, and forged ones with the same key id are not",
  async (alg) => {
    expect(await status(await signed("alice", pairOf(alg), alg, alg))).toBe(200);
    const forged = await signed("alice", await generateKeyPair(alg, { extractable: true }), alg, alg);
    expect(await status(forged)).toBe(401);
    // Algorithm confusion: the public key as the secret of an HMAC.
    const confused = await new SignJWT({ sub: "alice" })
      .setProtectedHeader({ alg: "HS256", kid: alg })
      .setIssuer("https://issuer.test")
      .setAudience("restante")
      .setExpirationTime("10m")
      .sign(new TextEncoder().encode(JSON.stringify(pairs.get(alg)?.jwk)));
    expect(await status(confused)).toBe(401);
  },
);

/** Polls until a token is accepted: the server requests a newly published key after a delay. */
async function untilAccepted(token: string): Promise<void> {
  while ((await status(token)) !== 200) await new Promise((done) => setTimeout(done, 250));
}

test("[J6] a rotated key is found, the old one is valid until it is removed, and unknown key ids cause at most one request", async () => {
  const [one, two] = [pairOf("ES256"), pairOf("two")];
  expect(await status(await signed("alice", one, "ES256", "ES256"))).toBe(200);
  keys = [...pairs.values()].map(({ jwk }) => jwk).filter(({ kid }) => kid !== "ES256");
  await untilAccepted(await signed("alice", two, "two", "ES256"));
  expect(await status(await signed("alice", one, "ES256", "ES256"))).toBe(401);
  const before = keyRequests;
  const invented = Array.from({ length: 20 }, (_, i) => signed("alice", one, `invented-${i}`, "ES256").then(status));
  expect(new Set(await Promise.all(invented))).toEqual(new Set([401]));
  expect(keyRequests - before).toBeLessThanOrEqual(1);
});

test("[J8] a token that can't be valid causes no request to the issuer", async () => {
  // A new server, which has no keys yet.
  const own = await startServer({
    AUTH: "jwt",
    RATE_LIMIT: "off",
    JWT_JWKS_URL: `http://127.0.0.1:${(site.address() as AddressInfo).port}/keys.json`,
    JWT_ISSUER: "https://issuer.test",
    JWT_AUDIENCE: "restante",
  });
  try {
    const { privateKey } = pairOf("EdDSA");
    const made = (claims: Record<string, unknown>) =>
      new SignJWT({ sub: "alice", iss: "https://issuer.test", aud: "restante", exp: 4_000_000_000, ...claims })
        .setProtectedHeader({ alg: "EdDSA", kid: "EdDSA" })
        .sign(privateKey);
    const ask = async (token: string) =>
      (await fetch(`${own.url}/api/conversations`, { headers: { Authorization: `Bearer ${token}` } })).status;
    const before = keyRequests;
    for (const claims of [{ iss: "x" }, { aud: "x" }, { exp: 1 }, { exp: 1e14 }, { nbf: 4e9 }, { sub: "A B" }]) {
      expect(await ask(await made(claims)), JSON.stringify(claims)).toBe(401);
    }
    const none = `${btoa('{"alg":"none"}').replaceAll("=", "")}.${(await made({})).split(".")[1]}.c`;
    for (const token of ["nonsense", "a.b.c", none]) expect(await ask(token)).toBe(401);
    expect(keyRequests - before).toBe(0);
    expect(await ask(await made({}))).toBe(200);
    expect(keyRequests - before).toBe(1);
    // The first occurrence of each reason is logged.
    for (const reason of ["issuer", "audience", "expired", "no_expiry", "not_before", "name", "form", "algorithm"]) {
      expect(own.output).toContain(`"reason":"${reason}"`);
    }
  } finally {
    await own.stop();
  }
});

test("[J8] while the issuer is down, 100 tokens cause few requests with back-off, and when it is back they are valid", async () => {
  let isDown = true;
  let tries = 0;
  const issuer = createServer((_, response) => {
    tries++;
    if (isDown) response.writeHead(302, { Location: `${server.url}/api/auth` }).end();
    else response.end(JSON.stringify({ keys }));
  });
  await new Promise<void>((done) => issuer.listen(0, "127.0.0.1", done));
  const own = await startServer({
    AUTH: "jwt",
    RATE_LIMIT: "off",
    JWT_JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys.json`,
    JWT_ISSUER: "https://issuer.test",
    JWT_AUDIENCE: "restante",
  });
  try {
    const token = await signed("alice", pairOf("EdDSA"), "EdDSA", "EdDSA");
    const ask = async () =>
      (await fetch(`${own.url}/api/conversations`, { headers: { Authorization: `Bearer ${token}` } })).status;
    const begun = Date.now();
    const all = await Promise.all(Array.from({ length: 100 }, ask));
    expect(new Set(all)).toEqual(new Set([401]));
    // The back-off is 1 s, 2 s, 4 s…, which limits the requests in the time that the 100 took.
    expect(tries).toBeLessThanOrEqual(Math.floor(Math.log2(1 + (Date.now() - begun) / 1_000)) + 1);
    isDown = false;
    // Polls: only the server knows when its back-off ends.
    while ((await ask()) !== 200) await new Promise((done) => setTimeout(done, 100));
  } finally {
    await own.stop();
    issuer.close();
  }
});

test("[J4] the SDK stays connected after the expiry of its tokens", async () => {
  let count = 0;
  const enough = Promise.withResolvers<void>();
  const token = () => {
    if (++count === 4) enough.resolve();
    return signed("bob", pairOf("EdDSA"), "EdDSA", "EdDSA", 3);
  };
  const me = connect({ url: server.url, userName: "bob", token });
  const states: ConnectionState["is"][] = [];
  me.connection.subscribe(({ is }) => states.push(is));
  await enough.promise;
  for await (const { is } of me.send("bob", "still here").state) {
    if (is === "stored" || is === "delivered" || is === "read") break;
  }
  expect(states.filter((is) => is === "waiting")).toEqual([]);
  await me.close();
});
