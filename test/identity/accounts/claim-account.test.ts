// Claiming a name: it succeeds once, for a name that is free and valid, and returns a token, a recovery code and a cookie.
import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { fetchWorker, callApi } from "../../support/accounts.ts";
import { fresh } from "../../support/devices.ts";

test("[A1] claiming a free name answers 201 with a token, a recovery code and a cookie; after that the name is taken", async () => {
  const userName = fresh("alice");
  const response = await callApi("POST", "/api/accounts", { userName: userName.toUpperCase(), label: "My laptop" });
  expect(response.status).toBe(201);
  const account: Record<string, unknown> = await response.json();
  expect(account).toEqual({
    userName,
    token: expect.stringMatching(/^rst1\.[\w-]+\.[\w-]{43}$/),
    recoveryCode: expect.stringMatching(/^([0-9a-z]{5}-){4}[0-9a-z]{5}$/),
    device: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  const cookie = response.headers.get("Set-Cookie") ?? "";
  expect(cookie).toMatch(/^__Host-restante=rst1\./);
  for (const word of ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"]) expect(cookie).toContain(word);
  const again = await callApi("POST", "/api/accounts", { userName });
  expect([again.status, await again.json()]).toMatchObject([409, { code: "name_taken", message: expect.any(String) }]);
});

test("[A1] of two simultaneous claims of a name one succeeds", async () => {
  const userName = fresh("alice");
  const both = await Promise.all([1, 2].map(() => callApi("POST", "/api/accounts", { userName })));
  expect(both.map(({ status }) => status).toSorted()).toEqual([201, 409]);
});

test("[A1] the cookie is `Secure` except on loopback, where browsers would not store it", async () => {
  const request = new Request("http://localhost:8787/api/accounts", {
    method: "POST",
    body: JSON.stringify({ userName: fresh("alice") }),
  });
  const cookie = (await exports.default.fetch(request)).headers.get("Set-Cookie") ?? "";
  expect(cookie).toMatch(/^restante=rst1\./);
  expect(cookie).toContain("HttpOnly");
  expect(cookie).not.toContain("Secure");
});

test.each([
  ["no JSON", "{"],
  ["no name", "{}"],
  ["a name that is none", '{"userName":"a b"}'],
  ["a reserved name", '{"userName":"system"}'],
  ["a field that does not belong", '{"userName":"alice","admin":true}'],
  ["a label of a mile", JSON.stringify({ userName: "alice", label: "x".repeat(65) })],
  ["an array", "[]"],
  ["a body of a mile", `{"userName":"${"x".repeat(70_000)}"}`],
])("[A1] a claim with %s is refused with a sentence", async (_, body) => {
  const response = await fetchWorker("/api/accounts", { method: "POST", body });
  expect([400, 413]).toContain(response.status);
  expect(await response.json()).toMatchObject({ code: expect.any(String), message: expect.stringMatching(/\.$/) });
});
