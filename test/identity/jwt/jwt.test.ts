// JSON Web Tokens: which are accepted, which are not, and that no connection outlives their expiry.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { verifyJwt } from "../../../src/identity/jwt.ts";
import type { Variables } from "../../../src/identity/check-variables.ts";
import { address, ask, closedWith, say } from "../../support/accounts.ts";
import { fresh, lineOf, upgrade } from "../../support/devices.ts";
import { key, now, signed } from "../../support/jwt.ts";
import { Device } from "../../support/line.ts";

const bearer = (token: string) => ({ Authorization: `Bearer ${token}`, "CF-Connecting-IP": address() });

async function open(user: string, token: string, device = "phone") {
  return Device.on(lineOf(await upgrade(`/client/${user}?device=${device}`, "restante.v1", bearer(token))));
}

test("[J1] a good token opens the mailbox of its subject, and `welcome` has its expiry", async () => {
  const user = fresh("alice");
  const exp = now() + 300;
  const device = await open(user, await signed(user, { exp }));
  expect(device.welcome).toMatchObject({ user, expires: exp * 1_000 });
  expect((await ask("/api/conversations", { headers: bearer(await signed(user)) })).status).toBe(200);
});

const base64 = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");
const wrong: [why: string, token: (user: string) => Promise<string>][] = [
  ["another secret", (user) => signed(user, {}, new TextEncoder().encode("x".repeat(32)))],
  ["another algorithm", (user) => signed(user, {}, key, "HS512")],
  ["no signature", async (user) => `${base64({ alg: "none" })}.${(await signed(user)).split(".")[1]}.`],
  ["another issuer", (user) => signed(user, { iss: "https://evil.test" })],
  ["another audience", (user) => signed(user, { aud: "elsewhere" })],
  ["an expiry that has passed", (user) => signed(user, { exp: now() - 1 })],
  ["no expiry", (user) => signed(user, { exp: undefined })],
  ["a time that has not come", (user) => signed(user, { nbf: now() + 60 })],
  ["no subject", () => signed(undefined as unknown as string)],
  ["a subject that is no name", () => signed("a b")],
  ["a reserved subject", () => signed("system")],
  [
    "a changed claim",
    async (user) => {
      const [head, , signature] = (await signed(user)).split(".");
      return `${head}.${base64({ sub: user, iss: "https://issuer.test", aud: "restante", exp: now() + 600 })}x.${signature}`;
    },
  ],
  ["an expiry that is a fraction", (user) => signed(user, { exp: now() + 600.5 })],
  ["an expiry in milliseconds", (user) => signed(user, { exp: Date.now() + 600_000 })],
  ["an expiry beyond all numbers", (user) => signed(user, { exp: 1e300 })],
  ["an expiry that is negative", (user) => signed(user, { exp: -1 })],
  ["an expiry that is a text", (user) => signed(user, { exp: String(now() + 600) })],
  ["an expiry that is null", (user) => signed(user, { exp: null })],
  ["a beginning that is a text", (user) => signed(user, { nbf: String(now() - 600) })],
  ["a beginning that is a fraction", (user) => signed(user, { nbf: now() - 600.5 })],
  ["a beginning that is negative", (user) => signed(user, { nbf: -1 })],
  ["no issuer", (user) => signed(user, { iss: undefined })],
  ["no audience", (user) => signed(user, { aud: undefined })],
  ["a subject in capitals", () => signed("3F2504E0-4F89")],
  ["a subject that is a number", () => signed("x", { sub: 5 })],
  ["nonsense", async () => "nonsense"],
  ["nonsense in three parts", async () => "a.b.c"],
  ["a length of a mile", (user) => signed(user, { pad: "x".repeat(9_000) })],
];

test("[J7] a clock a few seconds ahead is tolerated, for `nbf` and `iat`", async () => {
  const ahead = { nbf: now() + 3, iat: now() + 60 };
  expect((await ask("/api/conversations", { headers: bearer(await signed(fresh("alice"), ahead)) })).status).toBe(200);
});

test("[J7] `welcome.expires` is a whole number of ms, and an expiry has no leeway", async () => {
  const user = fresh("alice");
  const far = 253_402_300_799;
  expect((await open(user, await signed(user, { exp: far }))).welcome.expires).toBe(far * 1_000);
  expect(await closedWith(user, { Authorization: `Bearer ${await signed(user, { exp: now() })}` })).toBe(4401);
});

test("[J7] the reason of a refusal is logged, once a minute for each, without the token", async () => {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 });
  const token = await signed("auth0|Someone");
  for (let i = 0; i < 3; i++) expect(await verifyJwt(token, env as Variables)).toBe(null);
  expect(await verifyJwt(await signed("x", { aud: "elsewhere" }), env as Variables)).toBe(null);
  vi.setSystemTime(Date.now() + 61_000);
  expect(await verifyJwt(token, env as Variables)).toBe(null);
  vi.useRealTimers();
  log.mockRestore();
  const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(logged.map(({ event, reason }) => [event, reason])).toEqual([
    ["jwt_refused", "name"],
    ["jwt_refused", "audience"],
    ["jwt_refused", "name"],
  ]);
  expect(lines.join("")).not.toContain(token.split(".")[1]);
  expect(lines.join("")).not.toContain("auth0");
});

test.each(wrong)("[J2] a token with %s is refused with 4401", async (_, token) => {
  const user = fresh("alice");
  const text = await token(user);
  expect(await closedWith(user, { Authorization: `Bearer ${text}` })).toBe(4401);
  expect((await ask("/api/conversations", { headers: bearer(text) })).status).toBe(401);
});

test("[J2] a subject that is not in its canonical form is refused: it would be somebody else's mailbox", async () => {
  const user = fresh("alice");
  expect(await closedWith(user, { Authorization: `Bearer ${await signed(user.toUpperCase())}` })).toBe(4401);
});

test("[J2] a token opens no mailbox but its subject's", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  expect(await closedWith(bob, { Authorization: `Bearer ${await signed(alice)}` })).toBe(4403);
});

/** Lets the tokens of all sockets of a mailbox expire. */
const expire = (user: string) =>
  runInDurableObject(env.MAILBOX.getByName(user), (instance, state) => {
    for (const ws of state.getWebSockets()) {
      const place = ws.deserializeAttachment() as Record<string, unknown>;
      ws.serializeAttachment({ ...place, expires: Date.now() - 1 });
    }
    return instance;
  });

test("[J3] after the expiry no frame is accepted: the next one closes the connection with 4401", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const [phone, other] = [await open(alice, await signed(alice)), await open(bob, await signed(bob))];
  await expire(alice);
  await evictDurableObject(env.MAILBOX.getByName(alice), { webSockets: "hibernate" });
  phone.send({ type: "send", id: 1, to: bob, body: "too late" });
  expect(await phone.next()).toMatchObject({ type: "closing", code: 4401 });
  expect((await open(alice, await signed(alice))).welcome.lastId).toBe(0);
  expect(await other.settled()).toEqual([]);
});

test("[J3] after the expiry no signal is sent: it closes the connection", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const [first, other] = [await open(alice, await signed(alice)), await open(bob, await signed(bob))];
  first.send({ type: "send", id: 1, to: bob, body: "hi" });
  expect(await first.until("accepted")).toMatchObject({ state: "stored" });
  // Typing is sent to contacts only, so bob answers.
  other.send({ type: "send", id: 1, to: alice, body: "hi" });
  first.ack((await first.until("message"))["seq"]);
  first.line.close();
  await first.line.end();
  const phone = await open(alice, await signed(alice));
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
  const [phone, other] = [await open(alice, await signed(alice)), await open(bob, await signed(bob))];
  await expire(alice);
  await evictDurableObject(env.MAILBOX.getByName(alice), { webSockets: "hibernate" });
  other.send({ type: "send", id: 1, to: alice, body: "for later" });
  expect(await phone.next()).toMatchObject({ type: "closing", code: 4401 });
  expect(phone.line.unread).toBe(0);
  expect(await (await open(alice, await signed(alice))).until("message")).toMatchObject({ body: "for later" });
});

test("[J4] a fresh token on the open socket keeps the connection open", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const phone = await open(alice, await signed(alice, { exp: now() + 5 }));
  const exp = now() + 900;
  phone.send({ type: "token", token: await signed(alice, { exp }) });
  expect(await phone.until("token")).toEqual({ type: "token", expires: exp * 1_000 });
  phone.send({ type: "send", id: 1, to: bob, body: "still here" });
  expect(await phone.until("accepted")).toMatchObject({ state: "stored" });
});

test.each([
  ["somebody else's", 4403, () => signed("somebody-else")],
  ["one that has expired", 4401, (user: string) => signed(user, { exp: now() - 10 })],
])("[J4] presenting %s closes the socket with %i", async (_, code, token) => {
  const alice = fresh("alice");
  const phone = await open(alice, await signed(alice));
  phone.send({ type: "token", token: await token(alice) });
  expect(await phone.until("closing")).toMatchObject({ code });
});

test("[J5] any well-formed subject is a mailbox, and there are no accounts", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const phone = await open(alice, await signed(alice));
  phone.send({ type: "send", id: 1, to: bob, body: "you were never here" });
  expect(await phone.until("accepted")).toMatchObject({ state: "stored" });
  for (const path of ["/api/accounts", "/api/sign-in", "/api/proof", "/api/sign-out/others"]) {
    expect((await say("POST", path, { userName: fresh("carol"), code: "x" })).status).toBe(404);
  }
  expect((await say("POST", "/api/link-codes", undefined, await signed(alice))).status).toBe(404);
});

test("[A12] no token opens an erased mailbox, and it accepts no delivery", async () => {
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const [phone, other] = [await open(alice, await signed(alice)), await open(bob, await signed(bob))];
  expect((await say("DELETE", "/api/account", undefined, await signed(alice))).status).toBe(204);
  expect(await phone.until("closing")).toMatchObject({ code: 4403 });
  expect(await closedWith(alice, { Authorization: `Bearer ${await signed(alice)}` })).toBe(4403);
  other.send({ type: "send", id: 1, to: alice, body: "?" });
  expect(await other.until("failed")).toMatchObject({ code: "unknown_receiver" });
});
