// Webhook settings: an operator sets and removes a service's webhook, unsafe addresses are refused, and a webhook ends or
// pauses with its service.
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { callApi } from "../support/accounts.ts";
import { fresh } from "../support/devices.ts";
import {
  bodiesOf,
  createWebhook,
  webhookPathOf,
  runAlarmAfter,
  mailboxOf,
  nextPost,
  posts,
  send,
  webhookStateOf,
  untilState,
  URL,
} from "../support/webhooks.ts";
import { ADMIN, createService, statusAndCode } from "../support/operators.ts";

test("[K1] an operator sets a webhook, 201 with a secret that is shown once, and removes it", async () => {
  const shop = await createService("shop", "send", "read");
  expect(await webhookStateOf(shop)).toBeNull();
  const response = await callApi("PUT", webhookPathOf(shop.userName), { url: URL }, ADMIN);
  expect([response.status, await response.json()]).toEqual([
    201,
    { url: URL, secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/) },
  ]);
  expect(await webhookStateOf(shop)).toEqual({
    url: URL,
    created: expect.any(Number),
    failing: null,
    tries: 0,
    due: null,
    disabled: null,
  });
  for (const token of [shop.token, undefined]) {
    expect((await statusAndCode(callApi("PUT", webhookPathOf(shop.userName), { url: URL }, token)))[0]).toBe(
      token === undefined ? 401 : 403,
    );
  }
  expect((await callApi("DELETE", webhookPathOf(shop.userName), undefined, ADMIN)).status).toBe(204);
  expect(await webhookStateOf(shop)).toBeNull();
  expect(await statusAndCode(callApi("DELETE", webhookPathOf(shop.userName), undefined, ADMIN))).toEqual([
    404,
    "not_found",
  ]);
  expect(await statusAndCode(callApi("PUT", webhookPathOf(fresh("nobody")), { url: URL }, ADMIN))).toEqual([
    404,
    "not_found",
  ]);
  await send(fresh("alice"), shop.userName, "anybody?");
  expect(posts).toEqual([]);
});

test("[K1] a webhook ends with its service", async () => {
  const { shop } = await createWebhook();
  await send(fresh("alice"), shop.userName, "one");
  await (await nextPost()).answer(500);
  await untilState(shop, ({ tries }) => tries === 1);
  await callApi("DELETE", `/api/admin/services/${shop.userName}`, undefined, ADMIN);
  expect(await runDurableObjectAlarm(mailboxOf(shop.userName))).toBe(false);
  await callApi("POST", "/api/admin/services", { userName: shop.userName, scopes: ["read"] }, ADMIN);
  expect(await webhookStateOf(shop)).toBeNull();
});

test.each(["https://[::127.0.0.1]/", "https://db.service.consul/", "https://hooks.example.com:6379/", ""])(
  "[K5] %s is refused when it is set",
  async (url) => {
    const shop = await createService("shop", "send", "read");
    const response = await callApi("PUT", webhookPathOf(shop.userName), { url }, ADMIN);
    expect([response.status, await response.json()]).toMatchObject([400, { code: "bad_frame", field: "url" }]);
    expect(await webhookStateOf(shop)).toBeNull();
  },
);

test("a suspended service's webhook posts nothing until an operator resumes the service", async () => {
  const { shop } = await createWebhook();
  const suspension = `/api/admin/users/${shop.userName}/suspension`;
  await send(fresh("alice"), shop.userName, "hi");
  await (await nextPost()).answer(500);
  await untilState(shop, ({ failing }) => Number(failing) > 0);
  await callApi("PUT", suspension, {}, ADMIN);
  await runAlarmAfter(shop, 86_400_000);
  for (let asked = 0; asked < 50; asked++) await webhookStateOf(shop);
  expect(posts).toEqual([]);
  await callApi("DELETE", suspension, undefined, ADMIN);
  expect(bodiesOf(await nextPost())).toEqual(["hi"]);
});
