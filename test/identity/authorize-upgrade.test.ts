// Upgrades: which are accepted, which are refused, and that a refusal wakes no object.
import { env, exports } from "cloudflare:workers";
import { listDurableObjectIds } from "cloudflare:test";
import { expect, test } from "vitest";
import worker from "../../src/worker.ts";
import { fresh, socketOf, open, plain, upgrade } from "../support/devices.ts";
import { nextFrame } from "../support/client-socket.ts";

const get = (path: string, init?: RequestInit) =>
  exports.default.fetch(new Request(`http://restante.test${path}`, init));
const long = "x".repeat(65);

const badNames: [name: string, code: string][] = [
  ["%20", "bad_name"],
  ["a%20b", "bad_name"],
  [".a", "bad_name"],
  ["-", "bad_name"],
  ["a%2Fb", "bad_name"],
  ["a%00", "bad_name"],
  ["%F0%9F%9A%80", "bad_name"],
  ["%E0%A4%A", "bad_name"],
  ["__proto__", "bad_name"],
  [long, "bad_name"],
  ["system", "reserved_name"],
  ["SYSTEM", "reserved_name"],
  ["%EF%BC%B3ystem", "reserved_name"],
  ["undefined", "reserved_name"],
];

test.each(badNames)(
  "[N1][N3][D4][D6] the name %s is refused in both dialects, with %s and a sentence, and no object wakes",
  async (name, code) => {
    const refused = await upgrade(`/client/${name}?device=d`, "restante.v1");
    expect(refused.headers.get("Sec-WebSocket-Protocol")).toBe("restante.v1");
    const line = socketOf(refused);
    const message = expect.stringMatching(/\.$/);
    expect(await nextFrame(line)).toEqual({ type: "closing", code: 4400, reason: code, message });
    expect(await line.untilClosed()).toEqual({ code: 4400, reason: code });
    const response = await upgrade(`/client/${name}`, null);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code, message: expect.stringMatching(/\.$/) });
    expect(await listDurableObjectIds(env.MAILBOX)).toEqual([]);
  },
);

test.each([
  ["no device", ""],
  ["an empty device", "?device="],
  ["a device with a slash", "?device=a/b"],
  ["a long device", `?device=${long}`],
  ["a cursor that is no number", "?device=d&cursor=abc"],
  ["a negative cursor", "?device=d&cursor=-1"],
  ["a fraction as cursor", "?device=d&cursor=1.5"],
  ["a cursor of 2^53", "?device=d&cursor=9007199254740992"],
  ["an empty cursor", "?device=d&cursor="],
  ["an epoch of a mile", `?device=d&epoch=${long}`],
  ["another value than early=1", "?device=d&early=yes"],
  ["an empty attempt", "?device=d&attempt="],
  ["an attempt without a number", "?device=d&attempt=a"],
  ["an attempt without an instance", "?device=d&attempt=.1"],
  ["an attempt with a long instance", `?device=d&attempt=${"a".repeat(17)}.1`],
  ["an attempt with another character", "?device=d&attempt=a-b.1"],
  ["an attempt with two dots", "?device=d&attempt=a.1.2"],
  ["an attempt of 2^53", "?device=d&attempt=a.9007199254740992"],
  ["a negative attempt", "?device=d&attempt=a.-1"],
  ["a wrong cursor before a right one", "?device=d&cursor=x&cursor=0"],
])("[D3][D4][D6] v1 with %s is refused with 4400, and no object wakes", async (_, query) => {
  const line = socketOf(await upgrade(`/client/alice${query}`, "restante.v1"));
  const message = expect.stringMatching(/\.$/);
  expect(await nextFrame(line)).toEqual({ type: "closing", code: 4400, reason: "bad_query", message });
  expect(await line.untilClosed()).toEqual({ code: 4400, reason: "bad_query" });
  expect(await listDurableObjectIds(env.MAILBOX)).toEqual([]);
});

test("[D1] without an upgrade the response is 426 with a sentence, and no object wakes", async () => {
  // Also for what is no name: a request without an upgrade is answered before the name is checked.
  for (const path of ["/client/alice", "/client/alice?device=d", "/client/!"]) {
    const response = await get(path);
    expect(response.status).toBe(426);
    expect(response.headers.get("Upgrade")).toBe("websocket");
    expect(await response.text()).toMatch(/^[^.]+\.\n$/);
  }
  expect(await listDurableObjectIds(env.MAILBOX)).toEqual([]);
});

test.each(["%ff", "al%ffice", "%c3", "%zz", "%"])(
  "[D1][D4] a name that is no percent-encoded UTF-8, %s, is refused as `bad_name`, and no object wakes",
  async (name) => {
    const line = socketOf(await upgrade(`/client/${name}?device=d`, "restante.v1"));
    expect(await nextFrame(line)).toMatchObject({ type: "closing", code: 4400 });
    expect(await line.untilClosed()).toEqual({ code: 4400, reason: "bad_name" });
    expect(await listDurableObjectIds(env.MAILBOX)).toEqual([]);
  },
);

test("[D5] an unknown version is refused with 4406, under its own name", async () => {
  const response = await upgrade("/client/alice?device=d", "restante.v9");
  expect(response.headers.get("Sec-WebSocket-Protocol")).toBe("restante.v9");
  const line = socketOf(response);
  expect(await nextFrame(line)).toMatchObject({ type: "closing", code: 4406 });
  expect(await line.untilClosed()).toMatchObject({ code: 4406 });
  expect((await upgrade("/client/alice", "mqtt")).status).toBe(400);
  expect(await listDurableObjectIds(env.MAILBOX)).toEqual([]);
});

const secret = "x".repeat(32);
const misconfigured: [why: string, variables: Record<string, string>][] = [
  ["a mode that is not known", { AUTH: "none" }],
  ["a mode in capitals", { AUTH: "OPEN" }],
  ["no mode", { AUTH: "" }],
  ["a registration that is not known", { AUTH: "accounts", REGISTRATION: "friends" }],
  ["invitations without a secret", { AUTH: "accounts", REGISTRATION: "invite" }],
  ["invitations with a short secret", { AUTH: "accounts", REGISTRATION: "invite", INVITE_SECRET: "short" }],
  ["an origin that is none", { ORIGIN: "chat.example.com" }],
  ["an origin with a path", { ORIGIN: "https://chat.example.com/app" }],
  ["cookies for every origin", { AUTH: "accounts", ALLOWED_ORIGINS: "*" }],
  ["tokens without keys", { AUTH: "jwt", JWT_ISSUER: "i", JWT_AUDIENCE: "a" }],
  ["tokens without an issuer", { AUTH: "jwt", JWT_SECRET: secret, JWT_AUDIENCE: "a" }],
  ["tokens without an audience", { AUTH: "jwt", JWT_SECRET: secret, JWT_ISSUER: "i" }],
  ["a short secret", { AUTH: "jwt", JWT_SECRET: "short", JWT_ISSUER: "i", JWT_AUDIENCE: "a" }],
  [
    "keys from an address that anybody can answer for",
    { AUTH: "jwt", JWT_JWKS_URL: "http://keys.test/", JWT_ISSUER: "i", JWT_AUDIENCE: "a" },
  ],
  [
    "two kinds of keys",
    { AUTH: "jwt", JWT_SECRET: secret, JWT_JWKS_URL: "https://keys.test/", JWT_ISSUER: "i", JWT_AUDIENCE: "a" },
  ],
  [
    "no algorithm that fits",
    { AUTH: "jwt", JWT_SECRET: secret, JWT_ISSUER: "i", JWT_AUDIENCE: "a", JWT_ALGORITHMS: "none RS256" },
  ],
];

test.each(misconfigured)("with %s nobody is let in, and nothing wakes", async (_, variables) => {
  const request = new Request("http://localhost/api/conversations?user=alice");
  const response = await worker.fetch(request, { ...env, ...variables } as Env);
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ code: "internal", message: expect.stringContaining("not configured") });
  expect(await listDurableObjectIds(env.MAILBOX)).toEqual([]);
});

test.each([
  ["http://localhost:8787", 200],
  ["http://127.0.0.1", 200],
  ["http://[::1]:1234", 200],
  ["http://10.1.2.3", 200],
  ["http://172.31.0.1", 200],
  ["http://192.168.0.7:8787", 200],
  ["http://[fd00::1]", 200],
  ["http://nas.local", 200],
  ["https://restante.example.com", 403],
  ["https://8.8.8.8", 403],
  ["http://172.32.0.1", 403],
  ["http://[2001:db8::1]", 403],
  ["http://localhost.example.com", 403],
  ["http://10.1.2.3.example.com", 403],
])("open mode at %s answers %i, unless OPEN_ANYWHERE allows it", async (origin, status) => {
  const ask = (variables: Record<string, string>) =>
    worker.fetch(new Request(`${origin}/api/conversations?user=alicia`), { ...env, ...variables } as Env);
  expect((await ask({ OPEN_ANYWHERE: "" })).status).toBe(status);
  expect((await ask({ OPEN_ANYWHERE: "yes" })).status).toBe(200);
});

test.each([
  ["restante.v1", "restante.v1"],
  ["restante.plain", "restante.plain"],
  ["bearer.secret, restante.v1", "restante.v1"],
  ["restante.v9, restante.v1", "restante.v1"],
  ["restante.plain, restante.v1", "restante.plain"],
  ["bearer.secret", null],
])("[D2][D5] the offer %s is answered with %s, and never with a token", async (offer, answer) => {
  const response = await upgrade(`/client/${fresh("alice")}?device=d`, offer);
  expect(response.status).toBe(101);
  expect(response.headers.get("Sec-WebSocket-Protocol")).toBe(answer);
  socketOf(response).close();
});

test.each([
  ["Alice", "ＡＬＩＣＥ"],
  ["Ångström", "A\u030angstro\u0308m"],
  ["ﬁnn", "FINN"],
  ["Ⅳ", "iv"],
])("[N2] %s and %s name one mailbox", async (one, other) => {
  const [a, b] = [await open(one, "a"), await open(other, "b")];
  expect(a.welcome.user).toBe(b.welcome.user);
  a.send({ type: "send", id: 1, to: other, body: "to myself" });
  expect(await b.next()).toMatchObject({ from: a.welcome.user, to: a.welcome.user, body: "to myself" });
});

test("[N1] names of every script are accepted", async () => {
  for (const name of ["张三", "محمد", "अनिल", "Ωμέγα", "1st", "ᏣᎳᎩ", "a.b_c-d"]) {
    expect((await open(name)).welcome.user).toBe(name.toLowerCase().normalize("NFKC"));
  }
});

test("an unknown path is 404, with a code", async () => {
  const response = await get("/api/nowhere");
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ code: "not_found" });
});

test("[F6] `ping` is answered in both dialects", async () => {
  for (const line of [(await open(fresh("alice"))).socket, await plain(fresh("bob"))]) {
    line.sendText("ping");
    expect(await line.text()).toBe("pong");
  }
});
