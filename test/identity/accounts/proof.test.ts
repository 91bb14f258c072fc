// A fresh proof: changes of who gets in need the recovery code or a passkey, unless the device has just signed in.
import { expect, test } from "vitest";
import { QUOTAS } from "../../../src/protocol/limits.ts";
import {
  type Account,
  unusedAddress,
  ageAccount,
  fetchWorker,
  claimAccount,
  linkDevice,
  openWithToken,
  callApi,
  addPasskey,
} from "../../support/accounts.ts";
import { ADMIN, statusAndCode } from "../../support/operators.ts";

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
  const alice = await claimAccount("alice");
  const other = await linkDevice(alice);
  await ageAccount(alice, 899_000 - 60_000);
  expect((await callApi("POST", "/api/link-codes", undefined, alice.token)).status).toBe(201);
  await ageAccount(alice, 61_000);
  for (const [method, path] of guarded(alice, other)) {
    const response = await callApi(method, path, undefined, alice.token);
    expect([path, response.status, await response.json()]).toMatchObject([
      path,
      403,
      { code: "proof_required", message: expect.stringMatching(/recovery code or a passkey.*\.$/) },
    ]);
  }
  for (const path of ["/api/devices", "/api/passkeys", "/api/export", "/api/account"]) {
    expect((await callApi("GET", path, undefined, alice.token)).status).toBe(200);
  }
});

test("[A15] the recovery code is a proof for fifteen minutes, for this device only, and stays valid", async () => {
  const alice = await claimAccount("alice");
  const other = await linkDevice(alice);
  await ageAccount(alice);
  expect((await callApi("POST", "/api/proof", { code: alice.recoveryCode.toUpperCase() }, alice.token)).status).toBe(
    204,
  );
  await ageAccount(alice, 60_000);
  expect((await callApi("POST", "/api/link-codes", undefined, alice.token)).status).toBe(201);
  expect(await statusAndCode(callApi("POST", "/api/link-codes", undefined, other.token))).toEqual([
    403,
    "proof_required",
  ]);
  await ageAccount(alice, 900_000);
  expect(await statusAndCode(callApi("POST", "/api/link-codes", undefined, alice.token))).toEqual([
    403,
    "proof_required",
  ]);
  expect((await callApi("POST", "/api/sign-in", { userName: alice.userName, code: alice.recoveryCode })).status).toBe(
    200,
  );
});

test("[A15] a passkey is a proof too, and its signature works once and only for that", async () => {
  const alice = await claimAccount("alice");
  const { key, prove, enter } = await addPasskey(alice);
  await ageAccount(alice);
  expect((await prove(2)).status).toBe(204);
  expect((await callApi("POST", "/api/link-codes", undefined, alice.token)).status).toBe(201);
  await ageAccount(alice);
  // A copy of the key, whose counter does not grow.
  expect((await prove(2)).status).toBe(401);
  expect(await statusAndCode(callApi("POST", "/api/link-codes", undefined, alice.token))).toEqual([
    403,
    "proof_required",
  ]);
  expect((await (await enter(key, 3))()).status).toBe(200);
});

test("[A15] a wrong proof is refused, notified, and counts as an attempt of its address", async () => {
  const alice = await claimAccount("alice");
  const phone = await openWithToken(alice);
  await ageAccount(alice);
  const headers = { Authorization: `Bearer ${alice.token}`, "CF-Connecting-IP": "203.0.113.55" };
  const prove = (code: string) =>
    fetchWorker("/api/proof", { method: "POST", headers, body: JSON.stringify({ code }) });
  const answers = [];
  for (let i = 0; i < 31; i++) answers.push((await prove("1".repeat(25))).status);
  expect([answers[0], answers.at(-1)]).toEqual([401, 429]);
  expect(await phone.until("notice")).toMatchObject({ code: "sign_in_attempts" });
  expect(await statusAndCode(callApi("POST", "/api/link-codes", undefined, alice.token))).toEqual([
    403,
    "proof_required",
  ]);
});

test("[A15] signing out the calling device needs no proof", async () => {
  const [alice, bob] = [await claimAccount("alice"), await claimAccount("bob")];
  await ageAccount(alice);
  await ageAccount(bob);
  expect((await callApi("POST", "/api/sign-out", undefined, alice.token)).status).toBe(204);
  expect((await callApi("DELETE", `/api/devices/${bob.device}`, undefined, bob.token)).status).toBe(204);
});

test("[A15] operators need no proof", async () => {
  const alice = await claimAccount("alice");
  await ageAccount(alice);
  expect((await callApi("DELETE", `/api/admin/users/${alice.userName}`, undefined, ADMIN)).status).toBe(204);
});

test("[A21] a wrong proof is an attempt of its address, and the token stays valid", async () => {
  const alice = await claimAccount("alice");
  const from = unusedAddress();
  const as = (method: string, path: string, body?: unknown) =>
    statusAndCode(
      fetchWorker(path, {
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
