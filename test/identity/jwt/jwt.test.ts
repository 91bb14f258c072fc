// JSON Web Tokens: which are accepted, which are not, and that no connection outlives their expiry.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test, vi } from "vitest";
import { verifyJwt } from "../../../src/identity/jwt.ts";
import type { Variables } from "../../../src/identity/check-variables.ts";
import { JWT_LEEWAY_MS } from "../../../src/protocol/limits.ts";
import { unusedAddress, fetchWorker, closeCodeOf, callApi } from "../../support/accounts.ts";
import { fresh, socketOf, upgrade } from "../../support/devices.ts";
import { jwtKey, nowSeconds, signToken } from "../../support/jwt.ts";
import { Device } from "../../support/client-socket.ts";

const bearer = (token: string) => ({ Authorization: `Bearer ${token}`, "CF-Connecting-IP": unusedAddress() });

async function open(user: string, token: string, device = "phone") {
  return Device.open(socketOf(await upgrade(`/client/${user}?device=${device}`, "restante.v1", bearer(token))));
}

test("[J1] a good token opens the mailbox of its subject, and `welcome` has its expiry", async () => {
  const user = fresh("alice");
  const exp = nowSeconds() + 300;
  const device = await open(user, await signToken(user, { exp }));
  expect(device.welcome).toMatchObject({ user, expires: exp * 1_000 });
  expect((await fetchWorker("/api/conversations", { headers: bearer(await signToken(user)) })).status).toBe(200);
});

const base64 = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");
const wrong: [why: string, token: (user: string) => Promise<string>][] = [
  ["another secret", (user) => signToken(user, {}, new TextEncoder().encode("x".repeat(32)))],
  ["another algorithm", (user) => signToken(user, {}, jwtKey, "HS512")],
  ["no signature", async (user) => `${base64({ alg: "none" })}.${(await signToken(user)).split(".")[1]}.`],
  ["another issuer", (user) => signToken(user, { iss: "https://evil.test" })],
  ["another audience", (user) => signToken(user, { aud: "elsewhere" })],
  ["an expiry that has passed", (user) => signToken(user, { exp: nowSeconds() - 6 })],
  ["no expiry", (user) => signToken(user, { exp: undefined })],
  ["a time that has not come", (user) => signToken(user, { nbf: nowSeconds() + 60 })],
  ["no subject", () => signToken(undefined as unknown as string)],
  ["a subject that is no name", () => signToken("a b")],
  ["a reserved subject", () => signToken("system")],
  [
    "a changed claim",
    async (user) => {
      const [head, , signature] = (await signToken(user)).split(".");
      return `${head}.${base64({ sub: user, iss: "https://issuer.test", aud: "restante", exp: nowSeconds() + 600 })}x.${signature}`;
    },
  ],
  ["a fraction of an expiry that has passed", (user) => signToken(user, { exp: nowSeconds() - 6.5 })],
  ["a fraction of a beginning that has not come", (user) => signToken(user, { nbf: nowSeconds() + 60.5 })],
  ["an expiry in milliseconds", (user) => signToken(user, { exp: Date.now() + 600_000 })],
  ["an expiry beyond all numbers", (user) => signToken(user, { exp: 1e300 })],
  ["an expiry that is negative", (user) => signToken(user, { exp: -1 })],
  ["an expiry that is a text", (user) => signToken(user, { exp: String(nowSeconds() + 600) })],
  ["an expiry that is null", (user) => signToken(user, { exp: null })],
  ["a beginning that is a text", (user) => signToken(user, { nbf: String(nowSeconds() - 600) })],
  ["a beginning that is negative", (user) => signToken(user, { nbf: -1 })],
  ["no issuer", (user) => signToken(user, { iss: undefined })],
  ["no audience", (user) => signToken(user, { aud: undefined })],
  ["a subject in capitals", () => signToken("3F2504E0-4F89")],
  ["a subject that is a number", () => signToken("x", { sub: 5 })],
  ["nonsense", async () => "nonsense"],
  ["nonsense in three parts", async () => "a.b.c"],
  ["a length of a mile", (user) => signToken(user, { pad: "x".repeat(9_000) })],
];

test.each([
  ["`nbf` and `iat` are ahead", { nbf: 3, iat: 60 }],
  ["`exp` is behind", { exp: -3 }],
])("[J7] clocks may differ by a few seconds: %s", async (_, ahead) => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const user = fresh("alice");
  const claims = Object.fromEntries(Object.entries(ahead).map(([name, seconds]) => [name, nowSeconds() + seconds]));
  const token = await signToken(user, claims);
  expect((await fetchWorker("/api/conversations", { headers: bearer(token) })).status).toBe(200);
  const device = await open(user, token);
  device.send({ type: "send", id: 1, to: user, body: "taken" });
  expect(await device.until("accepted")).toMatchObject({ state: "stored" });
});

test("[J7][J3] five seconds after its `exp` a token opens nothing, and its connection ends", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const user = fresh("alice");
  const token = await signToken(user, { exp: nowSeconds() + 10 });
  const device = await open(user, token);
  vi.setSystemTime((nowSeconds() + 15) * 1_000);
  device.send({ type: "send", id: 1, to: user, body: "too late" });
  expect(await device.until("closing")).toMatchObject({ code: 4401 });
  expect(await closeCodeOf(user, { Authorization: `Bearer ${token}` })).toBe(4401);
});

test.each([
  ["at the end of the year 9999", 253_402_300_799, 253_402_300_799_000],
  ["with a fraction", 4_102_444_800.123_456, 4_102_444_800_123],
])("[J7][J1] a token whose times are %s is accepted, and `welcome.expires` is in whole ms", async (_, exp, expires) => {
  const user = fresh("alice");
  const token = await signToken(user, { exp, nbf: nowSeconds() - 600.5 });
  expect((await open(user, token)).welcome.expires).toBe(expires);
});

test("[J7] the reason of a refusal is logged, once a minute for each, without the token", async () => {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 });
  const token = await signToken("auth0|Someone");
  for (let i = 0; i < 3; i++) expect(await verifyJwt(token, env as Variables)).toBe(null);
  expect(await verifyJwt(await signToken("x", { aud: "elsewhere" }), env as Variables)).toBe(null);
  const forged = await signToken("x", {}, new TextEncoder().encode("another secret of more than thirty-two bytes"));
  expect(await verifyJwt(forged, env as Variables)).toBe(null);
  vi.setSystemTime(Date.now() + 61_000);
  expect(await verifyJwt(token, env as Variables)).toBe(null);
  vi.useRealTimers();
  log.mockRestore();
  const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(logged.map(({ event, reason }) => [event, reason])).toEqual([
    ["jwt_refused", "name"],
    ["jwt_refused", "audience"],
    ["jwt_refused", "signature"],
    ["jwt_refused", "name"],
  ]);
  expect(logged[2]?.["why"]).toMatch(/another key.*the same kid.*DER/);
  expect(lines.join("")).not.toContain(token.split(".")[1]);
  expect(lines.join("")).not.toContain("auth0");
});

test.each(wrong)("[J2] a token with %s is refused with 4401", async (_, token) => {
  const user = fresh("alice");
  const text = await token(user);
  expect(await closeCodeOf(user, { Authorization: `Bearer ${text}` })).toBe(4401);
  expect((await fetchWorker("/api/conversations", { headers: bearer(text) })).status).toBe(401);
});

test("[J2] a subject that is not in its canonical form is refused: it would be somebody else's mailbox", async () => {
  const user = fresh("alice");
  expect(await closeCodeOf(user, { Authorization: `Bearer ${await signToken(user.toUpperCase())}` })).toBe(4401);
});

test("[J2] a token opens no mailbox but its subject's", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  expect(await closeCodeOf(bob, { Authorization: `Bearer ${await signToken(alice)}` })).toBe(4403);
});

/** Lets the tokens of all sockets of a mailbox expire. */
const expire = (user: string) =>
  runInDurableObject(env.MAILBOX.getByName(user), (instance, state) => {
    for (const ws of state.getWebSockets()) {
      const place = ws.deserializeAttachment() as Record<string, unknown>;
      ws.serializeAttachment({ ...place, expires: Date.now() - JWT_LEEWAY_MS });
    }
    return instance;
  });

test("[J3] after the expiry no frame is accepted: the next one closes the connection with 4401", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const [phone, other] = [await open(alice, await signToken(alice)), await open(bob, await signToken(bob))];
  await expire(alice);
  await evictDurableObject(env.MAILBOX.getByName(alice), { webSockets: "hibernate" });
  phone.send({ type: "send", id: 1, to: bob, body: "too late" });
  expect(await phone.next()).toMatchObject({ type: "closing", code: 4401 });
  expect((await open(alice, await signToken(alice))).welcome.lastId).toBe(0);
  expect(await other.settled()).toEqual([]);
});

test("[J3] after the expiry no signal is sent: it closes the connection", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const [first, other] = [await open(alice, await signToken(alice)), await open(bob, await signToken(bob))];
  first.send({ type: "send", id: 1, to: bob, body: "hi" });
  expect(await first.until("accepted")).toMatchObject({ state: "stored" });
  // Typing is sent to contacts only, so bob answers.
  other.send({ type: "send", id: 1, to: alice, body: "hi" });
  first.ack((await first.until("message"))["seq"]);
  first.socket.close();
  await first.socket.untilClosed();
  const phone = await open(alice, await signToken(alice));
  await expire(alice);
  await evictDurableObject(env.MAILBOX.getByName(alice), { webSockets: "hibernate" });
  other.send({ type: "typing", to: alice });
  const rest = [await phone.next()];
  while (rest.at(-1)?.["type"] !== "closing") rest.push(await phone.next());
  expect(rest.at(-1)).toMatchObject({ code: 4401 });
  expect(rest.map(({ type }) => type)).not.toContain("typing");
});

test("[J3] after the expiry no message is sent: it closes the connection, and the next connection receives it", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const [phone, other] = [await open(alice, await signToken(alice)), await open(bob, await signToken(bob))];
  await expire(alice);
  await evictDurableObject(env.MAILBOX.getByName(alice), { webSockets: "hibernate" });
  other.send({ type: "send", id: 1, to: alice, body: "for later" });
  expect(await phone.next()).toMatchObject({ type: "closing", code: 4401 });
  expect(phone.socket.unreadTexts).toBe(0);
  expect(await (await open(alice, await signToken(alice))).until("message")).toMatchObject({ body: "for later" });
});

test("[J4] a fresh token on the open socket keeps the connection open", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const phone = await open(alice, await signToken(alice, { exp: nowSeconds() + 5 }));
  const exp = nowSeconds() + 900;
  phone.send({ type: "token", token: await signToken(alice, { exp }) });
  expect(await phone.until("token")).toEqual({ type: "token", expires: exp * 1_000 });
  phone.send({ type: "send", id: 1, to: bob, body: "still here" });
  expect(await phone.until("accepted")).toMatchObject({ state: "stored" });
});

test.each([
  ["somebody else's", 4403, () => signToken("somebody-else")],
  ["one that has expired", 4401, (user: string) => signToken(user, { exp: nowSeconds() - 10 })],
])("[J4] presenting %s closes the socket with %i", async (_, code, token) => {
  const alice = fresh("alice");
  const phone = await open(alice, await signToken(alice));
  phone.send({ type: "token", token: await token(alice) });
  const reason = code === 4403 ? "forbidden" : "unauthorized";
  expect(await phone.until("closing")).toMatchObject({ code, reason });
});

test("[J5] any well-formed subject is a mailbox, and there are no accounts", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const phone = await open(alice, await signToken(alice));
  phone.send({ type: "send", id: 1, to: bob, body: "you were never here" });
  expect(await phone.until("accepted")).toMatchObject({ state: "stored" });
  for (const path of ["/api/accounts", "/api/sign-in", "/api/proof", "/api/sign-out/others"]) {
    expect((await callApi("POST", path, { userName: fresh("carol"), code: "x" })).status).toBe(404);
  }
  expect((await callApi("POST", "/api/link-codes", undefined, await signToken(alice))).status).toBe(404);
});

test("[A12] no token opens an erased mailbox, and it accepts no delivery", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const [phone, other] = [await open(alice, await signToken(alice)), await open(bob, await signToken(bob))];
  expect((await callApi("DELETE", "/api/account", undefined, await signToken(alice))).status).toBe(204);
  expect(await phone.until("closing")).toMatchObject({ code: 4403 });
  expect(await closeCodeOf(alice, { Authorization: `Bearer ${await signToken(alice)}` })).toBe(4403);
  other.send({ type: "send", id: 1, to: alice, body: "?" });
  expect(await other.until("failed")).toMatchObject({ code: "unknown_receiver" });
});
