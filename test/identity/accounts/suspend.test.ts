// A suspended account: its tokens open nothing, messages to it are declined, and after the suspension it is complete.
import { expect, test } from "vitest";
import { ageAccount, claimAccount, closeCodeOf, openWithToken, callApi, addPasskey } from "../../support/accounts.ts";
import { ADMIN, statusAndCode } from "../../support/operators.ts";

test("[X1] a suspended account's tokens open nothing until an operator resumes it", async () => {
  const [a, b] = [await claimAccount("alice"), await claimAccount("bob")];
  const [alice, bob] = [await openWithToken(a), await openWithToken(b)];
  const path = `/api/admin/users/${a.userName}`;
  expect((await callApi("PUT", `${path}/suspension`, {}, ADMIN)).status).toBe(200);
  expect(await alice.until("closing")).toMatchObject({ code: 4403, reason: "suspended" });
  expect(await closeCodeOf(a.userName, { Authorization: `Bearer ${a.token}` })).toBe(4403);
  for (const [method, route, body] of [
    ["GET", "/api/account"],
    ["GET", "/api/devices"],
    ["PUT", "/api/settings", {}],
    ["POST", "/api/messages", { to: b.userName, body: "hi" }],
  ] as const) {
    expect(await statusAndCode(callApi(method, route, body, a.token)), route).toEqual([403, "suspended"]);
  }
  // Callers without a good token learn nothing of it.
  expect(await closeCodeOf(a.userName, { Authorization: `Bearer ${a.token.slice(0, -1)}x` })).toBe(4401);
  bob.send({ type: "send", id: 1, to: a.userName, body: "are you there?" });
  expect(await bob.until("failed")).toMatchObject({ code: "declined" });
  expect((await callApi("DELETE", `${path}/suspension`, undefined, ADMIN)).status).toBe(204);
  const back = await openWithToken(a);
  bob.send({ type: "send", id: 2, to: a.userName, body: "and now?" });
  expect(await back.until("message")).toMatchObject({ body: "and now?" });
});

test("[X1] a suspended user can export and erase the account, with a proof where one is needed", async () => {
  const a = await claimAccount("alice");
  await callApi("PUT", `/api/admin/users/${a.userName}/suspension`, {}, ADMIN);
  const response = await callApi("GET", "/api/export", undefined, a.token);
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining(a.device)]);
  await ageAccount(a);
  expect(await statusAndCode(callApi("DELETE", "/api/account", undefined, a.token))).toEqual([403, "proof_required"]);
  expect((await callApi("POST", "/api/proof", { code: a.recoveryCode }, a.token)).status).toBe(204);
  expect((await callApi("DELETE", "/api/account", undefined, a.token)).status).toBe(204);
});

test("[X1] a suspended user signs in no other device, and the right code or passkey stays unused", async () => {
  const a = await claimAccount("alice");
  const path = `/api/admin/users/${a.userName}/suspension`;
  const { code } = (await (await callApi("POST", "/api/link-codes", undefined, a.token)).json()) as { code: string };
  const { key, enter } = await addPasskey(a);
  await callApi("PUT", path, {}, ADMIN);
  const signIn = (one: string) => statusAndCode(callApi("POST", "/api/sign-in", { userName: a.userName, code: one }));
  expect(await signIn("0000-0000-0000")).toEqual([401, "unauthorized"]);
  const signed = await enter(key, 2);
  for (const tried of [signIn(code), signIn(a.recoveryCode), statusAndCode(signed())]) {
    expect(await tried).toEqual([403, "suspended"]);
  }
  await callApi("DELETE", path, undefined, ADMIN);
  expect((await signed()).status).toBe(200);
  expect(await signIn(code)).toEqual([200, undefined]);
  expect(await signIn(a.recoveryCode)).toEqual([200, undefined]);
});

test("an operator sees the labels of an account's devices, and no secret", async () => {
  const a = await claimAccount("alice");
  await openWithToken(a);
  const text = await (await callApi("GET", `/api/admin/users/${a.userName}`, undefined, ADMIN)).text();
  expect(JSON.parse(text)).toMatchObject({
    is: "user",
    created: expect.any(Number),
    signedIn: [{ id: a.device, online: true, current: false }],
    passkeys: 0,
  });
  expect(text).not.toContain(a.token.split(".")[2]);
  expect(text).not.toContain(a.recoveryCode);
});
