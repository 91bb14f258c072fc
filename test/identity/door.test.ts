// The door: what is let in, what is turned away, and that turning away wakes no object.
import { env, exports } from "cloudflare:workers";
import { listDurableObjectIds } from "cloudflare:test";
import { expect, test } from "vitest";
import { admit } from "../../src/identity/admit.ts";
import { chooseDialect } from "../../src/protocol/version.ts";
import { fresh, lineOf, open, plain, upgrade } from "../support/devices.ts";
import { heard } from "../support/line.ts";

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
  "[N1][N3][D4][D6] the name %s is refused in both dialects, with %s and a sentence, and nothing wakes",
  async (name, code) => {
    const refused = await upgrade(`/client/${name}?device=d`, "restante.v1");
    expect(refused.headers.get("Sec-WebSocket-Protocol")).toBe("restante.v1");
    const line = lineOf(refused);
    expect(await heard(line)).toEqual({ type: "closing", code: 4400, message: expect.stringMatching(/\.$/) });
    expect(await line.end()).toEqual({ code: 4400, reason: code });
    const response = await upgrade(`/client/${name}`, null);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ code, message: expect.stringMatching(/\.$/) });
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
])("[D3][D4][D6] v1 with %s is refused with 4400, and nothing wakes", async (_, query) => {
  const line = lineOf(await upgrade(`/client/alice${query}`, "restante.v1"));
  expect(await heard(line)).toMatchObject({ type: "closing", code: 4400 });
  expect(await line.end()).toEqual({ code: 4400, reason: "bad_query" });
  expect(await listDurableObjectIds(env.MAILBOX)).toEqual([]);
});

test("[D1] without an upgrade the answer is 426 and one sentence, and nothing wakes", async () => {
  for (const path of ["/client/alice", "/client/alice?device=d", "/client/!"]) {
    const response = await get(path);
    expect(response.status).toBe(426);
    expect(response.headers.get("Upgrade")).toBe("websocket");
    expect(await response.text()).toMatch(/^[^.]+\.\n$/);
  }
  expect(await listDurableObjectIds(env.MAILBOX)).toEqual([]);
});

test("[D5] a version that is not spoken is refused with 4406, under its own name", async () => {
  const response = await upgrade("/client/alice?device=d", "restante.v9");
  expect(response.headers.get("Sec-WebSocket-Protocol")).toBe("restante.v9");
  const line = lineOf(response);
  expect(await heard(line)).toMatchObject({ type: "closing", code: 4406 });
  expect(await line.end()).toMatchObject({ code: 4406 });
  expect((await upgrade("/client/alice", "mqtt")).status).toBe(400);
  expect(await listDurableObjectIds(env.MAILBOX)).toEqual([]);
});

test("a mode of AUTH that is not known lets nobody in", () => {
  const request = new Request("http://restante.test/client/alice?device=d");
  for (const auth of ["", "none", "OPEN"]) {
    expect(admit("alice", request, chooseDialect("restante.v1"), auth)).toMatchObject({
      refused: { code: "internal" },
    });
  }
});

test.each([
  ["restante.v1", "restante.v1"],
  ["restante.plain", "restante.plain"],
  ["bearer.secret, restante.v1", "restante.v1"],
  ["restante.v9, restante.v1", "restante.v1"],
  ["restante.plain, restante.v1", "restante.plain"],
  ["bearer.secret", null],
])("[D2][D5] to the offer %s the answer is %s, and never a token", async (offer, answer) => {
  const response = await upgrade(`/client/${fresh("alice")}?device=d`, offer);
  expect(response.status).toBe(101);
  expect(response.headers.get("Sec-WebSocket-Protocol")).toBe(answer);
  lineOf(response).close();
});

test.each([
  ["Alice", "ＡＬＩＣＥ"],
  ["Ångström", "A\u030angstro\u0308m"],
  ["ﬁnn", "FINN"],
  ["Ⅳ", "iv"],
])("[N2] %s and %s are one mailbox", async (one, other) => {
  const [a, b] = [await open(one, "a"), await open(other, "b")];
  expect(a.welcome.user).toBe(b.welcome.user);
  a.send({ type: "send", id: 1, to: other, body: "to myself" });
  expect(await b.next()).toMatchObject({ from: a.welcome.user, to: a.welcome.user, body: "to myself" });
});

test("[N1] every script's names are mailboxes", async () => {
  for (const name of ["张三", "محمد", "अनिल", "Ωμέγα", "1st", "ᏣᎳᎩ", "a.b_c-d"]) {
    expect((await open(name)).welcome.user).toBe(name.toLowerCase().normalize("NFKC"));
  }
});

test("an address that leads nowhere is 404, with a code", async () => {
  const response = await get("/api/nowhere");
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ code: "not_found" });
});

test("[F6] `ping` is answered in both dialects", async () => {
  for (const line of [(await open(fresh("alice"))).line, await plain(fresh("bob"))]) {
    line.say("ping");
    expect(await line.text()).toBe("pong");
  }
});
