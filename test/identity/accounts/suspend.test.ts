// A suspended account: its tokens open nothing, its friends are told no more than that they are declined, and it comes back whole.
import { expect, test } from "vitest";
import { claimed, closedWith, openAs, say } from "../../support/accounts.ts";
import { ADMIN, verdict } from "../../support/operators.ts";

test("a suspended account's tokens open nothing until it is let in again", async () => {
  const [a, b] = [await claimed("alice"), await claimed("bob")];
  const [alice, bob] = [await openAs(a), await openAs(b)];
  const path = `/api/admin/users/${a.userName}`;
  expect((await say("PUT", `${path}/suspension`, {}, ADMIN)).status).toBe(200);
  expect(await alice.until("closing")).toMatchObject({ code: 4403 });
  expect(await closedWith(a.userName, { Authorization: `Bearer ${a.token}` })).toBe(4403);
  for (const [method, route, body] of [
    ["GET", "/api/account"],
    ["GET", "/api/devices"],
    ["GET", "/api/export"],
    ["PUT", "/api/settings", {}],
    ["POST", "/api/messages", { to: b.userName, body: "hi" }],
    ["DELETE", "/api/account"],
  ] as const) {
    expect(await verdict(say(method, route, body, a.token)), route).toEqual([403, "suspended"]);
  }
  // Whoever has no good token learns nothing of it.
  expect(await closedWith(a.userName, { Authorization: `Bearer ${a.token.slice(0, -1)}x` })).toBe(4401);
  bob.send({ type: "send", id: 1, to: a.userName, body: "are you there?" });
  expect(await bob.until("failed")).toMatchObject({ code: "declined" });
  expect((await say("DELETE", `${path}/suspension`, undefined, ADMIN)).status).toBe(204);
  const back = await openAs(a);
  bob.send({ type: "send", id: 2, to: a.userName, body: "and now?" });
  expect(await back.until("message")).toMatchObject({ body: "and now?" });
});

test("an operator sees an account's devices by their labels, and no secret", async () => {
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
