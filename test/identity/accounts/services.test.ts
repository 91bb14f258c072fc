// Service accounts beside people's: neither gets the other's name, and a service is never a stranger.
import { expect, test } from "vitest";
import { claimAccount, closeCodeOf, openWithToken, callApi } from "../../support/accounts.ts";
import { fresh } from "../../support/devices.ts";
import { ADMIN, createService, statusAndCode } from "../../support/operators.ts";

test("[B5] nobody claims a service's name, not even after its end, and no operator creates a service under a user's name", async () => {
  const [shop, alice] = [await createService("shop", "send", "read"), await claimAccount("alice")];
  const claim = () => statusAndCode(callApi("POST", "/api/accounts", { userName: shop.userName }));
  expect(await claim()).toEqual([409, "name_taken"]);
  await callApi("DELETE", `/api/admin/services/${shop.userName}`, undefined, ADMIN);
  expect(await claim()).toEqual([409, "name_taken"]);
  const create = (userName: string) =>
    statusAndCode(callApi("POST", "/api/admin/services", { userName, scopes: ["send"] }, ADMIN));
  expect(await create(alice.userName)).toEqual([409, "name_taken"]);
  expect((await openWithToken(alice)).welcome.user).toBe(alice.userName);
  await callApi("DELETE", "/api/account", undefined, alice.token);
  expect(await create(alice.userName)).toEqual([409, "name_taken"]);
});

test("[B5] a user's token does not open a service's mailbox, nor a service's a user's", async () => {
  const [shop, alice] = [await createService("shop", "send", "read"), await claimAccount("alice")];
  expect(await closeCodeOf(shop.userName, { Authorization: `Bearer ${alice.token}` })).toBe(4403);
  expect(await closeCodeOf(alice.userName, { Authorization: `Bearer ${shop.token}` })).toBe(4403);
  // A token of the other kind, with the right name.
  const [, name = "", secret = ""] = alice.token.split(".");
  expect(await closeCodeOf(alice.userName, { Authorization: `Bearer rss1.${name}.${secret}` })).toBe(4401);
  const [, other = "", own = ""] = shop.token.split(".");
  expect(await closeCodeOf(shop.userName, { Authorization: `Bearer rst1.${other}.${own}` })).toBe(4403);
});

test.each([
  ["GET", "/api/admin/services"],
  ["POST", "/api/admin/services"],
  ["DELETE", "/api/admin/services/shop"],
])("[B2] a user's token does not work for operators: %s %s", async (method, path) => {
  const alice = await claimAccount("alice");
  expect(await statusAndCode(callApi(method, path, undefined, alice.token))).toEqual([403, "forbidden"]);
});

test.each([
  ["POST", "/api/link-codes"],
  ["POST", "/api/recovery-code"],
  ["POST", "/api/sign-out"],
  ["GET", "/api/devices"],
  ["DELETE", "/api/devices/0123456789abcdef"],
  ["POST", "/api/passkeys/options"],
  ["DELETE", "/api/account"],
])("[B3] %s %s is for people only", async (method, path) => {
  const shop = await createService("shop", "send", "read", "admin");
  expect(await statusAndCode(callApi(method, path, undefined, shop.token))).toEqual([403, "forbidden"]);
  expect((await openWithToken(shop)).welcome.user).toBe(shop.userName);
});

test("[B6][M10] a service's first message is no request, and a block works against it", async () => {
  const [shop, alice] = [await createService("shop", "send", "read"), await claimAccount("alice")];
  const [robot, device] = [await openWithToken(shop), await openWithToken(alice)];
  robot.send(...[1, 2, 3, 4, 5].map((id) => ({ type: "send", id, to: alice.userName, body: id })));
  const got = await device.take("message", 5);
  expect(got.map(({ body, request }) => [body, request])).toEqual([1, 2, 3, 4, 5].map((n) => [n, undefined]));
  expect(await (await callApi("GET", "/api/requests", undefined, alice.token)).json()).toEqual([]);
  await callApi("PUT", `/api/blocks/${shop.userName}`, undefined, alice.token);
  robot.send({ type: "send", id: 6, to: alice.userName, body: "buy" });
  expect(await robot.until("failed")).toMatchObject({ code: "declined" });
});

test("[B6] a service accepts messages of anybody, without a request", async () => {
  const [shop, alice] = [await createService("shop", "send", "read"), await claimAccount("alice")];
  const [robot, device] = [await openWithToken(shop), await openWithToken(alice)];
  device.send(...[1, 2, 3, 4, 5].map((id) => ({ type: "send", id, to: shop.userName, body: id })));
  expect((await robot.take("message", 5)).map(({ body }) => body)).toEqual([1, 2, 3, 4, 5]);
});

test("[B6] a service writes without a rate limit, also to new peers", async () => {
  const robot = await openWithToken(await createService("shop", "send", "read"));
  robot.send(...Array.from({ length: 200 }, (_, i) => ({ type: "send", id: i + 1, to: fresh("nobody"), body: i })));
  expect((await robot.take("accepted", 200)).length).toBe(200);
});
