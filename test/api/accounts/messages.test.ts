// Sending over HTTP in `accounts` mode: as the token's owner, within the same limits as on a socket.
import { expect, onTestFinished, test, vi } from "vitest";
import { fetchWorker, claimAccount, openWithToken, callApi } from "../../support/accounts.ts";
import { createService, statusAndCode } from "../../support/operators.ts";

test("[H5] a user sends as themselves, and as nobody else", async () => {
  const [alice, bob, shop] = [
    await claimAccount("alice"),
    await claimAccount("bob"),
    await createService("shop", "send", "read"),
  ];
  const device = await openWithToken(bob);
  const body = { to: bob.userName, body: "hi" };
  expect((await callApi("POST", "/api/messages", body, alice.token)).status).toBe(200);
  expect(await device.until("message")).toMatchObject({ from: alice.userName });
  for (const other of [bob.userName, shop.userName]) {
    const path = `/api/messages?user=${other}`;
    expect(await statusAndCode(callApi("POST", path, body, alice.token))).toEqual([403, "forbidden"]);
  }
  expect(await statusAndCode(callApi("POST", "/api/messages", { ...body, from: shop.userName }, alice.token))).toEqual([
    400,
    "bad_frame",
  ]);
  expect(await statusAndCode(callApi("POST", "/api/messages", body))).toEqual([401, "unauthorized"]);
  expect(await statusAndCode(fetchWorker("/api/messages", { method: "POST", body: "{" }))).toEqual([
    401,
    "unauthorized",
  ]);
  expect(await device.settled()).toEqual([]);
});

test("[H5] beyond the user's limits messages are `rate_limited`, with the time to wait", async () => {
  const [alice, bob] = [await claimAccount("alice"), await claimAccount("bob")];
  // 10 more are allowed with each second that passes.
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const many = Array.from({ length: 80 }, (_, i) => ({ to: bob.userName, body: i }));
  const answers = await (await callApi("POST", "/api/messages", many, alice.token)).json<Record<string, unknown>[]>();
  const refused = answers.filter(({ type }) => type === "refused");
  expect(refused.length).toBe(20);
  expect(refused[0]).toMatchObject({ code: "rate_limited", retryAfter: expect.any(Number) });
  const one = await callApi("POST", "/api/messages", { to: bob.userName, body: "one more" }, alice.token);
  expect(one.status).toBe(429);
  expect(Number(one.headers.get("Retry-After"))).toBeGreaterThan(0);
});

test("[B6] a service has none of these limits", async () => {
  const [shop, bob] = [await createService("shop", "send"), await claimAccount("bob")];
  const many = Array.from({ length: 300 }, (_, i) => ({ to: bob.userName, body: i }));
  const answers = await (await callApi("POST", "/api/messages", many, shop.token)).json<Record<string, unknown>[]>();
  expect(answers.map(({ state }) => state)).toEqual(many.map(() => "stored"));
  const { messages } = await (
    await callApi("GET", `/api/conversations/${shop.userName}/messages?limit=200`, undefined, bob.token)
  ).json<{ messages: unknown[] }>();
  expect(messages.length).toBe(200);
});
