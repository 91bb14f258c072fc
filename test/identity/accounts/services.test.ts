// Service accounts beside people's: neither gets the other's name, and a service is never a stranger.
import { expect, test } from "vitest";
import { claimed, closedWith, openAs, say } from "../../support/accounts.ts";
import { fresh } from "../../support/devices.ts";
import { ADMIN, service, verdict } from "../../support/operators.ts";

test("[B5] nobody claims a service's name, not even after its end, and no operator creates a service under a user's name", async () => {
  const [shop, alice] = [await service("shop", "send", "read"), await claimed("alice")];
  const claim = () => verdict(say("POST", "/api/accounts", { userName: shop.userName }));
  expect(await claim()).toEqual([409, "name_taken"]);
  await say("DELETE", `/api/admin/services/${shop.userName}`, undefined, ADMIN);
  expect(await claim()).toEqual([409, "name_taken"]);
  const create = (userName: string) =>
    verdict(say("POST", "/api/admin/services", { userName, scopes: ["send"] }, ADMIN));
  expect(await create(alice.userName)).toEqual([409, "name_taken"]);
  expect((await openAs(alice)).welcome.user).toBe(alice.userName);
  await say("DELETE", "/api/account", undefined, alice.token);
  expect(await create(alice.userName)).toEqual([409, "name_taken"]);
});

test("[B5] a user's token does not open a service's mailbox, nor a service's a user's", async () => {
  const [shop, alice] = [await service("shop", "send", "read"), await claimed("alice")];
  expect(await closedWith(shop.userName, { Authorization: `Bearer ${alice.token}` })).toBe(4403);
  expect(await closedWith(alice.userName, { Authorization: `Bearer ${shop.token}` })).toBe(4403);
  // A token of the other kind, with the right name.
  const [, name = "", secret = ""] = alice.token.split(".");
  expect(await closedWith(alice.userName, { Authorization: `Bearer rss1.${name}.${secret}` })).toBe(4401);
  const [, other = "", own = ""] = shop.token.split(".");
  expect(await closedWith(shop.userName, { Authorization: `Bearer rst1.${other}.${own}` })).toBe(4403);
});

test.each([
  ["GET", "/api/admin/services"],
  ["POST", "/api/admin/services"],
  ["DELETE", "/api/admin/services/shop"],
])("[B2] a user's token does not work for operators: %s %s", async (method, path) => {
  const alice = await claimed("alice");
  expect(await verdict(say(method, path, undefined, alice.token))).toEqual([403, "forbidden"]);
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
  const shop = await service("shop", "send", "read", "admin");
  expect(await verdict(say(method, path, undefined, shop.token))).toEqual([403, "forbidden"]);
  expect((await openAs(shop)).welcome.user).toBe(shop.userName);
});

test("[B6][M10] a service's first message is no request, and a block works against it", async () => {
  const [shop, alice] = [await service("shop", "send", "read"), await claimed("alice")];
  const [robot, device] = [await openAs(shop), await openAs(alice)];
  robot.send(...[1, 2, 3, 4, 5].map((id) => ({ type: "send", id, to: alice.userName, body: id })));
  const got = await device.take("message", 5);
  expect(got.map(({ body, request }) => [body, request])).toEqual([1, 2, 3, 4, 5].map((n) => [n, undefined]));
  expect(await (await say("GET", "/api/requests", undefined, alice.token)).json()).toEqual([]);
  await say("PUT", `/api/blocks/${shop.userName}`, undefined, alice.token);
  robot.send({ type: "send", id: 6, to: alice.userName, body: "buy" });
  expect(await robot.until("failed")).toMatchObject({ code: "declined" });
});

test("[B6] a service accepts messages of anybody, without a request", async () => {
  const [shop, alice] = [await service("shop", "send", "read"), await claimed("alice")];
  const [robot, device] = [await openAs(shop), await openAs(alice)];
  device.send(...[1, 2, 3, 4, 5].map((id) => ({ type: "send", id, to: shop.userName, body: id })));
  expect((await robot.take("message", 5)).map(({ body }) => body)).toEqual([1, 2, 3, 4, 5]);
});

test("[B6] a service writes without a rate limit, also to new peers", async () => {
  const robot = await openAs(await service("shop", "send", "read"));
  robot.send(...Array.from({ length: 200 }, (_, i) => ({ type: "send", id: i + 1, to: fresh("nobody"), body: i })));
  expect((await robot.take("accepted", 200)).length).toBe(200);
});
