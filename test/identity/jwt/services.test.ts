// Service accounts in `jwt` mode: a JSON Web Token with a service's name opens nothing.
import { expect, test } from "vitest";
import { closedWith, openAs, say } from "../../support/accounts.ts";
import { service, verdict } from "../../support/operators.ts";
import { signed } from "../../support/jwt.ts";

test("[B5] a JSON Web Token with a service's name opens nothing, and the service's own token does", async () => {
  const shop = await service("shop", "send", "read");
  const forged = await signed(shop.userName);
  expect(await closedWith(shop.userName, { Authorization: `Bearer ${forged}` })).toBe(4403);
  expect(await verdict(say("GET", "/api/conversations", undefined, forged))).toEqual([403, "forbidden"]);
  expect((await openAs(shop)).welcome.user).toBe(shop.userName);
});

test("[B2] a JSON Web Token does not work for operators", async () => {
  expect(await verdict(say("GET", "/api/admin/services", undefined, await signed("alice")))).toEqual([
    403,
    "forbidden",
  ]);
  expect(await verdict(say("GET", "/api/admin/services", undefined, "e30.e30.e30"))).toEqual([401, "unauthorized"]);
});
