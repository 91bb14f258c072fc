// Webhook settings: an operator sets and removes a service's webhook, unsafe addresses are refused, and a webhook ends or
// pauses with its service.
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { say } from "../support/accounts.ts";
import { fresh } from "../support/devices.ts";
import {
  bodies,
  hooked,
  hookOf,
  later,
  mailboxOf,
  posted,
  posts,
  send,
  stateOf,
  until,
  URL,
} from "../support/hooks.ts";
import { ADMIN, service, verdict } from "../support/operators.ts";

test("[K1] an operator sets a webhook, 201 with a secret that is shown once, and removes it", async () => {
  const shop = await service("shop", "send", "read");
  expect(await stateOf(shop)).toBeNull();
  const response = await say("PUT", hookOf(shop.userName), { url: URL }, ADMIN);
  expect([response.status, await response.json()]).toEqual([
    201,
    { url: URL, secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/) },
  ]);
  expect(await stateOf(shop)).toEqual({
    url: URL,
    created: expect.any(Number),
    failing: null,
    tries: 0,
    due: null,
    disabled: null,
  });
  for (const token of [shop.token, undefined]) {
    expect((await verdict(say("PUT", hookOf(shop.userName), { url: URL }, token)))[0]).toBe(
      token === undefined ? 401 : 403,
    );
  }
  expect((await say("DELETE", hookOf(shop.userName), undefined, ADMIN)).status).toBe(204);
  expect(await stateOf(shop)).toBeNull();
  expect(await verdict(say("DELETE", hookOf(shop.userName), undefined, ADMIN))).toEqual([404, "not_found"]);
  expect(await verdict(say("PUT", hookOf(fresh("nobody")), { url: URL }, ADMIN))).toEqual([404, "not_found"]);
  await send(fresh("alice"), shop.userName, "anybody?");
  expect(posts).toEqual([]);
});

test("[K1] a webhook ends with its service", async () => {
  const { shop } = await hooked();
  await send(fresh("alice"), shop.userName, "one");
  await (await posted()).answer(500);
  await until(shop, ({ tries }) => tries === 1);
  await say("DELETE", `/api/admin/services/${shop.userName}`, undefined, ADMIN);
  expect(await runDurableObjectAlarm(mailboxOf(shop.userName))).toBe(false);
  await say("POST", "/api/admin/services", { userName: shop.userName, scopes: ["read"] }, ADMIN);
  expect(await stateOf(shop)).toBeNull();
});

test.each(["https://[::127.0.0.1]/", "https://db.service.consul/", "https://hooks.example.com:6379/", ""])(
  "[K5] %s is refused when it is set",
  async (url) => {
    const shop = await service("shop", "send", "read");
    const response = await say("PUT", hookOf(shop.userName), { url }, ADMIN);
    expect([response.status, await response.json()]).toMatchObject([400, { code: "bad_frame", field: "url" }]);
    expect(await stateOf(shop)).toBeNull();
  },
);

test("a suspended service's webhook posts nothing until an operator resumes the service", async () => {
  const { shop } = await hooked();
  const suspension = `/api/admin/users/${shop.userName}/suspension`;
  await send(fresh("alice"), shop.userName, "hi");
  await (await posted()).answer(500);
  await until(shop, ({ failing }) => Number(failing) > 0);
  await say("PUT", suspension, {}, ADMIN);
  await later(shop, 86_400_000);
  for (let asked = 0; asked < 50; asked++) await stateOf(shop);
  expect(posts).toEqual([]);
  await say("DELETE", suspension, undefined, ADMIN);
  expect(bodies(await posted())).toEqual(["hi"]);
});
