// Key sets, with a simulated issuer: which requests it gets, and how tokens fare while it is slow, wrong or down.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { KeySet } from "../../../src/identity/key-sets.ts";
import { fresh } from "../../support/devices.ts";

const OPTIONS = { algorithms: ["ES256"] };
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let asked: RequestInit[] = [];
let answer: () => Response | Promise<Response>;
let lines: string[] = [];

beforeEach(() => {
  asked = [];
  lines = [];
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
    asked.push(init as RequestInit);
    return answer();
  });
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const wait = (ms: number) => vi.setSystemTime(Date.now() + ms);
const publish = (...keys: JWK[]) => (answer = () => Response.json({ keys }));
const down = () => (answer = () => new Response("away", { status: 503 }));

/** A published key, and a function that signs with it. */
async function pair(kid?: string) {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), alg: "ES256", ...(kid !== undefined && { kid }) };
  const header = { alg: "ES256", ...(kid !== undefined && { kid }) };
  return { jwk, sign: () => new SignJWT({ sub: "alice" }).setProtectedHeader(header).sign(privateKey) };
}

const set = () => new KeySet("https://issuer.test/keys");

test("[J8] after failed requests the next one is delayed by one second, then two, and at most a minute", async () => {
  const one = await pair("one");
  const [keys, token] = [set(), await one.sign()];
  down();
  for (let i = 0; i < 100; i++) expect(await keys.verify(token, OPTIONS)).toBe("no_keys");
  expect(asked).toHaveLength(1);
  wait(SECOND);
  for (let i = 0; i < 100; i++) await keys.verify(token, OPTIONS);
  expect(asked).toHaveLength(2);
  wait(SECOND);
  await keys.verify(token, OPTIONS);
  expect(asked).toHaveLength(2);
  for (let i = 0; i < 10; i++) {
    wait(MINUTE);
    await keys.verify(token, OPTIONS);
  }
  expect(asked).toHaveLength(12);
  expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(Array(12).fill("keys_failed"));
  publish(one.jwk);
  wait(MINUTE);
  expect(await keys.verify(token, OPTIONS)).toBe(null);
});

test("[J8] a good key set is used for six hours while its issuer is down", async () => {
  const one = await pair("one");
  const [keys, token] = [set(), await one.sign()];
  publish(one.jwk);
  expect(await keys.verify(token, OPTIONS)).toBe(null);
  down();
  for (let hour = 1; hour <= 5; hour++) {
    wait(60 * MINUTE);
    expect(await keys.verify(token, OPTIONS)).toBe(null);
  }
  wait(61 * MINUTE);
  expect(await keys.verify(token, OPTIONS)).toBe("no_keys");
});

test("[J8] a withdrawn key is accepted for at most ten minutes", async () => {
  const [one, two] = [await pair("one"), await pair("two")];
  const [keys, token] = [set(), await one.sign()];
  publish(one.jwk);
  expect(await keys.verify(token, OPTIONS)).toBe(null);
  publish(two.jwk);
  expect(await keys.verify(token, OPTIONS)).toBe(null);
  wait(10 * MINUTE + 1);
  expect(await keys.verify(token, OPTIONS)).toBe("unknown_key");
});

test("[J8] one request is under way at a time, and all that wait for it use its keys", async () => {
  const one = await pair("one");
  const [keys, token] = [set(), await one.sign()];
  const gate = Promise.withResolvers<void>();
  answer = async () => {
    await gate.promise;
    return Response.json({ keys: [one.jwk] });
  };
  const all = Promise.all(Array.from({ length: 20 }, () => keys.verify(token, OPTIONS)));
  gate.resolve();
  expect(new Set(await all)).toEqual(new Set([null]));
  expect(asked).toHaveLength(1);
});

test("[J8] a mailbox fetches the key set like the Worker, for a token on an open socket", async () => {
  const one = await pair("one");
  publish(one.jwk);
  const token = await one.sign();
  const mailbox = env.MAILBOX.getByName(fresh("alice"));
  expect(await runInDurableObject(mailbox, () => set().verify(token, OPTIONS))).toBe(null);
  expect(asked).toHaveLength(1);
});

const large = `{"keys":[],"pad":"${"x".repeat(300_000)}"}`;
test.each<[string, () => Response, RegExp]>([
  ["with a redirect", () => new Response(null, { status: 302, headers: { Location: "https://evil.test/" } }), /302/],
  ["with 300 kB", () => new Response(large), /bytes/],
  ["without JSON", () => new Response("<html>"), /JSON/],
  ["without a key set", () => Response.json({ keys: "none" }), /Set/],
])("[J8] a response %s is rejected, not followed, and its reason is logged", async (_, made, why) => {
  const one = await pair("one");
  answer = made;
  expect(await set().verify(await one.sign(), OPTIONS)).toBe("no_keys");
  expect(asked).toEqual([expect.objectContaining({ redirect: "manual", signal: expect.any(AbortSignal) })]);
  expect(JSON.parse(lines[0] ?? "{}")).toMatchObject({ event: "keys_failed", reason: expect.stringMatching(why) });
});

test("[J9] for a token without a key id up to four fitting keys are tried", async () => {
  const all = await Promise.all(Array.from({ length: 6 }, () => pair()));
  publish(...all.map(({ jwk }) => jwk));
  const keys = set();
  const taken = await Promise.all(all.map(async ({ sign }) => keys.verify(await sign(), OPTIONS)));
  expect(taken).toEqual([null, null, null, null, "signature", "signature"]);
  expect(await keys.verify(await (await pair()).sign(), OPTIONS)).toBe("signature");
});

test("[J9] in a set whose keys have no ids, the id of a token means nothing", async () => {
  const [one, two] = [await pair("one"), await pair("two")];
  publish({ ...one.jwk, kid: undefined } as unknown as JWK, { ...two.jwk, kid: undefined } as unknown as JWK);
  const keys = set();
  expect(await keys.verify(await one.sign(), OPTIONS)).toBe(null);
  expect(await keys.verify(await two.sign(), OPTIONS)).toBe(null);
  expect(await keys.verify(await (await pair("one")).sign(), OPTIONS)).toBe("signature");
});

test.each([
  ["a token without an id, by a set without ids", undefined, undefined],
  ["a token with an id, by a set without ids", "new", undefined],
  ["a token without an id, by a set with ids", undefined, "new"],
])("[J6][J9] the keys are fetched again for %s, at most every five seconds", async (_, ofToken, ofKey) => {
  const [old, next] = [await pair(), await pair(ofToken)];
  const publishOne = ({ kid: __, ...jwk }: JWK) => publish({ ...jwk, ...(ofKey !== undefined && { kid: ofKey }) });
  publishOne(old.jwk);
  const [keys, token] = [set(), await next.sign()];
  expect(await keys.verify(await old.sign(), OPTIONS)).toBe(null);
  publishOne(next.jwk);
  for (let i = 0; i < 3; i++) expect(await keys.verify(token, OPTIONS)).toBe("signature");
  expect(asked).toHaveLength(1);
  wait(5 * SECOND);
  expect(await keys.verify(token, OPTIONS)).toBe(null);
  expect(asked).toHaveLength(2);
});
