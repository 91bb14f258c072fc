// A suspended account: its tokens open nothing, messages to it are declined, and after the suspension it is complete.
import { expect, test } from "vitest";
import { age, claimed, closedWith, openAs, say, withPasskey } from "../../support/accounts.ts";
import { ADMIN, verdict } from "../../support/operators.ts";

test("[X1] a suspended account's tokens open nothing until an operator resumes it", async () => {
  const [a, b] = [await claimed("alice"), await claimed("bob")];
  const [alice, bob] = [await openAs(a), await openAs(b)];
  const path = `/api/admin/users/${a.userName}`;
  expect((await say("PUT", `${path}/suspension`, {}, ADMIN)).status).toBe(200);
  expect(await alice.until("closing")).toMatchObject({ code: 4403 });
  expect(await closedWith(a.userName, { Authorization: `Bearer ${a.token}` })).toBe(4403);
  for (const [method, route, body] of [
    ["GET", "/api/account"],
    ["GET", "/api/devices"],
    ["PUT", "/api/settings", {}],
    ["POST", "/api/messages", { to: b.userName, body: "hi" }],
  ] as const) {
    expect(await verdict(say(method, route, body, a.token)), route).toEqual([403, "suspended"]);
  }
  // Callers without a good token learn nothing of it.
  expect(await closedWith(a.userName, { Authorization: `Bearer ${a.token.slice(0, -1)}x` })).toBe(4401);
  bob.send({ type: "send", id: 1, to: a.userName, body: "are you there?" });
  expect(await bob.until("failed")).toMatchObject({ code: "declined" });
  expect((await say("DELETE", `${path}/suspension`, undefined, ADMIN)).status).toBe(204);
  const back = await openAs(a);
  bob.send({ type: "send", id: 2, to: a.userName, body: "and now?" });
  expect(await back.until("message")).toMatchObject({ body: "and now?" });
});

test("[X1] a suspended user can export and erase the account, with a proof where one is needed", async () => {
  const a = await claimed("alice");
  await say("PUT", `/api/admin/users/${a.userName}/suspension`, {}, ADMIN);
  const response = await say("GET", "/api/export", undefined, a.token);
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining(a.device)]);
  await age(a);
  expect(await verdict(say("DELETE", "/api/account", undefined, a.token))).toEqual([403, "proof_required"]);
  expect((await say("POST", "/api/proof", { code: a.recoveryCode }, a.token)).status).toBe(204);
  expect((await say("DELETE", "/api/account", undefined, a.token)).status).toBe(204);
});

test("[X1] a suspended user signs in no other device, and the right code or passkey stays unused", async () => {
  const a = await claimed("alice");
  const path = `/api/admin/users/${a.userName}/suspension`;
  const { code } = (await (await say("POST", "/api/link-codes", undefined, a.token)).json()) as { code: string };
  const { key, enter } = await withPasskey(a);
  await say("PUT", path, {}, ADMIN);
  const signIn = (one: string) => verdict(say("POST", "/api/sign-in", { userName: a.userName, code: one }));
  expect(await signIn("0000-0000-0000")).toEqual([401, "unauthorized"]);
  const signed = await enter(key, 2);
  for (const tried of [signIn(code), signIn(a.recoveryCode), verdict(signed())]) {
    expect(await tried).toEqual([403, "suspended"]);
  }
  await say("DELETE", path, undefined, ADMIN);
  expect((await signed()).status).toBe(200);
  expect(await signIn(code)).toEqual([200, undefined]);
  expect(await signIn(a.recoveryCode)).toEqual([200, undefined]);
});

test("an operator sees the labels of an account's devices, and no secret", async () => {
  const a = await claimed("alice");
  await openAs(a);
  const text = await (await say("GET", `/api/admin/users/${a.userName}`, undefined, ADMIN)).text();
  expect(JSON.parse(text)).toMatchObject({
    is: "user",
    created: expect.any(Number),
    signedIn: [{ id: a.device, online: true, current: false }],
    passkeys: 0,
  });
  expect(text).not.toContain(a.token.split(".")[2]);
  expect(text).not.toContain(a.recoveryCode);
});
