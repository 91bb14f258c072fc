// A fresh proof: changes of who gets in need the recovery code or a passkey, unless the device has just signed in.
import { expect, test } from "vitest";
import { QUOTAS } from "../../../src/protocol/limits.ts";
import { type Account, address, age, ask, claimed, linked, openAs, say, withPasskey } from "../../support/accounts.ts";
import { ADMIN, verdict } from "../../support/operators.ts";

/** All calls that need a fresh proof, for a device and another one of the same user. */
const guarded = (alice: Account, other: Account): readonly [method: string, path: string][] => [
  ["POST", "/api/recovery-code"],
  ["POST", "/api/link-codes"],
  ["POST", "/api/passkeys/options"],
  ["DELETE", "/api/passkeys/nothing"],
  ["DELETE", `/api/devices/${other.device}`],
  ["POST", "/api/sign-out/others"],
  ["DELETE", `/api/account?user=${alice.userName}`],
];

test("[A15] from fifteen minutes after its sign-in a device needs a proof for each such call, and is refused with a sentence", async () => {
  const alice = await claimed("alice");
  const other = await linked(alice);
  await age(alice, 899_000 - 60_000);
  expect((await say("POST", "/api/link-codes", undefined, alice.token)).status).toBe(201);
  await age(alice, 61_000);
  for (const [method, path] of guarded(alice, other)) {
    const response = await say(method, path, undefined, alice.token);
    expect([path, response.status, await response.json()]).toMatchObject([
      path,
      403,
      { code: "proof_required", message: expect.stringMatching(/recovery code or a passkey.*\.$/) },
    ]);
  }
  for (const path of ["/api/devices", "/api/passkeys", "/api/export", "/api/account"]) {
    expect((await say("GET", path, undefined, alice.token)).status).toBe(200);
  }
});

test("[A15] the recovery code is a proof for fifteen minutes, for this device only, and stays valid", async () => {
  const alice = await claimed("alice");
  const other = await linked(alice);
  await age(alice);
  expect((await say("POST", "/api/proof", { code: alice.recoveryCode.toUpperCase() }, alice.token)).status).toBe(204);
  await age(alice, 60_000);
  expect((await say("POST", "/api/link-codes", undefined, alice.token)).status).toBe(201);
  expect(await verdict(say("POST", "/api/link-codes", undefined, other.token))).toEqual([403, "proof_required"]);
  await age(alice, 900_000);
  expect(await verdict(say("POST", "/api/link-codes", undefined, alice.token))).toEqual([403, "proof_required"]);
  expect((await say("POST", "/api/sign-in", { userName: alice.userName, code: alice.recoveryCode })).status).toBe(200);
});

test("[A15] a passkey is a proof too, and its signature works once and only for that", async () => {
  const alice = await claimed("alice");
  const { key, prove, enter } = await withPasskey(alice);
  await age(alice);
  expect((await prove(2)).status).toBe(204);
  expect((await say("POST", "/api/link-codes", undefined, alice.token)).status).toBe(201);
  await age(alice);
  // A copy of the key, whose counter does not grow.
  expect((await prove(2)).status).toBe(401);
  expect(await verdict(say("POST", "/api/link-codes", undefined, alice.token))).toEqual([403, "proof_required"]);
  expect((await (await enter(key, 3))()).status).toBe(200);
});

test("[A15] a wrong proof is refused, notified, and counts as an attempt of its address", async () => {
  const alice = await claimed("alice");
  const phone = await openAs(alice);
  await age(alice);
  const headers = { Authorization: `Bearer ${alice.token}`, "CF-Connecting-IP": "203.0.113.55" };
  const prove = (code: string) => ask("/api/proof", { method: "POST", headers, body: JSON.stringify({ code }) });
  const answers = [];
  for (let i = 0; i < 31; i++) answers.push((await prove("1".repeat(25))).status);
  expect([answers[0], answers.at(-1)]).toEqual([401, 429]);
  expect(await phone.until("notice")).toMatchObject({ code: "sign_in_attempts" });
  expect(await verdict(say("POST", "/api/link-codes", undefined, alice.token))).toEqual([403, "proof_required"]);
});

test("[A15] signing out the calling device needs no proof", async () => {
  const [alice, bob] = [await claimed("alice"), await claimed("bob")];
  await age(alice);
  await age(bob);
  expect((await say("POST", "/api/sign-out", undefined, alice.token)).status).toBe(204);
  expect((await say("DELETE", `/api/devices/${bob.device}`, undefined, bob.token)).status).toBe(204);
});

test("[A15] operators need no proof", async () => {
  const alice = await claimed("alice");
  await age(alice);
  expect((await say("DELETE", `/api/admin/users/${alice.userName}`, undefined, ADMIN)).status).toBe(204);
});

test("[A21] a wrong proof is an attempt of its address, and the token stays valid", async () => {
  const alice = await claimed("alice");
  const from = address();
  const as = (method: string, path: string, body?: unknown) =>
    verdict(
      ask(path, {
        method,
        headers: { "CF-Connecting-IP": from, Authorization: `Bearer ${alice.token}` },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
  const wrong = { code: "00000-00000-00000-00000-00000" };
  for (let n = 0; n < QUOTAS.ATTEMPTS_PER_MINUTE; n++) {
    expect(await as("POST", "/api/proof", wrong)).toEqual([401, "unauthorized"]);
  }
  expect(await as("POST", "/api/proof", wrong)).toEqual([429, "rate_limited"]);
  expect((await as("GET", "/api/devices"))[0]).toBe(200);
});
