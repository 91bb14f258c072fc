// Service accounts in `jwt` mode: a JSON Web Token with a service's name opens nothing.
import { expect, test } from "vitest";
import { closeCodeOf, openWithToken, callApi } from "../../support/accounts.ts";
import { createService, statusAndCode } from "../../support/operators.ts";
import { signToken } from "../../support/jwt.ts";

test("[B5] a JSON Web Token with a service's name opens nothing, and the service's own token does", async () => {
  const shop = await createService("shop", "send", "read");
  const forged = await signToken(shop.userName);
  expect(await closeCodeOf(shop.userName, { Authorization: `Bearer ${forged}` })).toBe(4403);
  expect(await statusAndCode(callApi("GET", "/api/conversations", undefined, forged))).toEqual([403, "forbidden"]);
  expect((await openWithToken(shop)).welcome.user).toBe(shop.userName);
});

test("[B2] a JSON Web Token does not work for operators", async () => {
  expect(await statusAndCode(callApi("GET", "/api/admin/services", undefined, await signToken("alice")))).toEqual([
    403,
    "forbidden",
  ]);
  expect(await statusAndCode(callApi("GET", "/api/admin/services", undefined, "e30.e30.e30"))).toEqual([
    401,
    "unauthorized",
  ]);
});
