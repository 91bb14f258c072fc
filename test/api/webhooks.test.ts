// Webhooks: the entries of a service's mailbox are posted, signed and in order, until a post succeeds. The receiver is
// simulated here; the story test has a real one.
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { Webhook } from "../../src/mailbox/services/webhook.ts";
import { counters } from "../../src/protocol/counters.ts";
import { say } from "../support/accounts.ts";
import { fresh, open } from "../support/devices.ts";
import {
  bodies,
  hooked,
  hookOf,
  idOf,
  later,
  mailboxOf,
  type Post,
  posted,
  posts,
  send,
  stateOf,
  until,
  URL,
} from "../support/hooks.ts";
import { meter } from "../support/meter.ts";
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

test("[K2] entries are posted in order, one post at a time, each after the last one succeeded", async () => {
  const { shop } = await hooked();
  const alice = fresh("alice");
  await send(alice, shop.userName, "one");
  const first = await posted();
  expect(first).toMatchObject({
    url: URL,
    init: { method: "POST", redirect: "manual" },
    body: { user: shop.userName },
  });
  expect(first.body.frames).toMatchObject([{ type: "message", from: alice, to: shop.userName, body: "one" }]);
  await send(alice, shop.userName, "two", "three");
  await send(fresh("bob"), shop.userName, "four");
  expect(posts).toEqual([]);
  await first.answer(204);
  const second = await posted();
  expect(bodies(second)).toEqual(["two", "three", "four"]);
  await second.answer(200);
});

test("[K2] unseen entries are posted first; own messages and marks are not posted, failures are", async () => {
  const shop = await service("shop", "send", "read");
  await send(fresh("alice"), shop.userName, "early");
  await say("PUT", hookOf(shop.userName), { url: URL }, ADMIN);
  const first = await posted();
  expect(bodies(first)).toEqual(["early"]);
  await first.answer(200);
  const robot = (to: string, body: unknown) => say("POST", "/api/messages", { to, body }, shop.token);
  await robot(fresh("bob"), "own");
  await robot(shop.userName, "to myself");
  const second = await posted();
  expect(second.body.frames.map(({ type, body }) => [type, body])).toEqual([["message", "to myself"]]);
  await second.answer(200);
});

test("[K2] a post has at most 64 frames", async () => {
  const { shop } = await hooked();
  await send(fresh("alice"), shop.userName, "first");
  const first = await posted();
  await send(fresh("bob"), shop.userName, ...Array.from({ length: 100 }, (_, i) => i));
  await first.answer(200);
  const sizes: number[] = [];
  for (let i = 0; i < 2; i++) {
    const post = await posted();
    sizes.push(post.body.frames.length);
    await post.answer(200);
  }
  expect(sizes).toEqual([64, 36]);
});

test("[K3] the signature of a post covers its id, the time and the body", async () => {
  const { shop, secret } = await hooked();
  await send(fresh("alice"), shop.userName, { text: "g\u00fcnstig \u{1f4e6}" });
  const { headers, text, body, answer } = await posted();
  const [id, time] = [headers.get("webhook-id") ?? "", headers.get("webhook-timestamp") ?? ""];
  const key = Uint8Array.from(atob(secret.replace("whsec_", "")), (char) => char.charCodeAt(0));
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const verifier = await crypto.subtle.importKey("raw", key, hmac, false, ["verify"]);
  const [version, signature = ""] = (headers.get("webhook-signature") ?? "").split(",");
  const signed = Uint8Array.from(atob(signature), (char) => char.charCodeAt(0));
  const said = new TextEncoder().encode(`${id}.${time}.${text}`);
  expect([version, await crypto.subtle.verify(hmac, verifier, signed, said)]).toEqual(["v1", true]);
  expect(Math.abs(Number(time) - Date.now() / 1_000)).toBeLessThan(60);
  expect(id).toBe(`${body.epoch}:${String(body.frames.at(-1)?.["seq"])}`);
  expect(headers.get("Content-Type")).toBe("application/json");
  await answer(200);
});

test.each([
  ["an error", (post: Post) => post.answer(500)],
  ["a refusal", (post: Post) => post.answer(401)],
  ["a redirect", (post: Post) => post.answer(302, { Location: "https://elsewhere.example.com/" })],
  ["nothing", (post: Post) => post.fail()],
])("[K4][K7] after %s the same post is repeated later, and newer entries follow in the next post", async (_, no) => {
  const { shop } = await hooked();
  const alice = fresh("alice");
  await send(alice, shop.userName, "one");
  const first = await posted();
  await no(first);
  const failing = await until(shop, ({ tries }) => tries === 1);
  expect(failing).toMatchObject({ failing: expect.any(Number), disabled: null });
  const wait = Number(failing["due"]) - Number(failing["failing"]);
  expect([wait >= 3_750, wait <= 6_250]).toEqual([true, true]);
  await send(alice, shop.userName, "two");
  expect(posts).toEqual([]);
  await later(shop, 10_000);
  const again = await posted();
  expect([again.text, idOf(again), again.url]).toEqual([first.text, idOf(first), URL]);
  expect(again.headers.get("webhook-timestamp")).not.toBe(first.headers.get("webhook-timestamp"));
  await again.answer(200);
  const next = await posted();
  expect(bodies(next)).toEqual(["two"]);
  expect(idOf(next)).not.toBe(idOf(first));
  await next.answer(200);
  expect(await until(shop, ({ tries }) => tries === 0)).toMatchObject({ failing: null, due: null });
  await later(shop, 60_000);
  expect(await runDurableObjectAlarm(mailboxOf(shop.userName))).toBe(false);
});

test("[K4] retries back off up to four hours, and end after three days with a notice", async () => {
  const { shop } = await hooked();
  const alice = fresh("alice");
  await send(alice, shop.userName, "one");
  await (await posted()).answer(503);
  let state = await until(shop, ({ tries }) => tries === 1);
  const waits: number[] = [];
  const HOUR = 3_600_000;
  for (let tries = 2; tries < 14; tries++) {
    await later(shop, 5 * HOUR);
    await (await posted()).answer(503);
    const before = Date.now();
    state = await until(shop, (now) => now["tries"] === tries);
    waits.push(Number(state["due"]) - before);
  }
  const [second = 0] = waits;
  expect(second).toBeGreaterThan(7_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(5 * HOUR + 5_000);
  expect(waits.at(-1)).toBeGreaterThan(3 * HOUR - 5_000);
  expect(state["disabled"]).toBeNull();
  await later(shop, 20 * HOUR);
  await (await posted()).answer(503);
  state = await until(shop, ({ disabled }) => disabled !== null);
  expect(state["due"]).toBeNull();
  expect(await runDurableObjectAlarm(mailboxOf(shop.userName))).toBe(false);
  const log = await (
    await say("GET", "/api/entries", undefined, shop.token)
  ).json<{ frames: Record<string, unknown>[] }>();
  expect(log.frames.at(-1)).toMatchObject({
    type: "notice",
    code: "webhook_disabled",
    message: expect.stringMatching(/\.$/),
  });
  // No more posts until it is set again; then it continues where it was.
  await send(alice, shop.userName, "two");
  expect(posts).toEqual([]);
  await say("PUT", hookOf(shop.userName), { url: `${URL}/2` }, ADMIN);
  const again = await posted();
  expect(again.url).toBe(`${URL}/2`);
  expect(again.body.frames.map(({ body, type }) => body ?? type)).toEqual(["one", "notice", "two"]);
  await again.answer(200);
});

test("[K7] a post is repeated unchanged, with skipped own messages around it", async () => {
  const { shop } = await hooked();
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const robot = () => say("POST", "/api/messages", { to: bob, body: "own" }, shop.token);
  await robot();
  await send(alice, shop.userName, "one", "two");
  const first = await posted();
  expect(bodies(first)).toEqual(["one", "two"]);
  await first.answer(503);
  await until(shop, ({ tries }) => tries === 1);
  for (let tries = 2; tries < 5; tries++) {
    await robot();
    await send(alice, shop.userName, `later ${tries}`);
    await later(shop, 3_600_000);
    const again = await posted();
    expect([again.text, idOf(again)]).toEqual([first.text, idOf(first)]);
    await again.answer(tries < 4 ? 503 : 204);
    await until(shop, (state) => state["tries"] === (tries < 4 ? tries : 0));
  }
  const next = await posted();
  expect(bodies(next)).toEqual(["later 2", "later 3", "later 4"]);
  expect(idOf(next)).not.toBe(idOf(first));
  await next.answer(200);
});

test("[K7] another address gets a new post, with all entries of that time", async () => {
  const { shop } = await hooked();
  await send(fresh("alice"), shop.userName, "one");
  await (await posted()).answer(503);
  await until(shop, ({ tries }) => tries === 1);
  await send(fresh("bob"), shop.userName, "two");
  await say("PUT", hookOf(shop.userName), { url: `${URL}/2` }, ADMIN);
  const again = await posted();
  expect(bodies(again)).toEqual(["one", "two"]);
  await again.answer(200);
});

test("[K4] a 410 disables the webhook at once", async () => {
  const { shop } = await hooked();
  await send(fresh("alice"), shop.userName, "one");
  await (await posted()).answer(410);
  expect(await until(shop, ({ disabled }) => disabled !== null)).toMatchObject({ tries: 1 });
});

test("[K6] a successful post is a delivery: the author gets a receipt", async () => {
  const { shop } = await hooked();
  const alice = await open(fresh("alice"));
  alice.send({ type: "send", id: 1, to: shop.userName, body: "hi" });
  await (await posted()).answer(200);
  expect(await alice.mark("delivered")).toMatchObject({ peer: shop.userName });
});

test("[M13][K2] an event without calls left leaves the next post to an alarm", async () => {
  const { shop } = await hooked();
  const { go } = Webhook.prototype;
  const alarms = counters.alarms;
  let enough = true;
  vi.spyOn(Webhook.prototype, "go").mockImplementation(function (this: Webhook, context) {
    if (enough && context.user === shop.userName) context.budget.exhaust();
    go.call(this, context);
  });
  await send(fresh("alice"), shop.userName, "one");
  expect(posts).toEqual([]);
  enough = false;
  const post = await posted();
  expect(bodies(post)).toEqual(["one"]);
  expect(counters.alarms).toBeGreaterThan(alarms);
  await post.answer(200);
});

test("[K2] a successful post writes one row, and an idle mailbox none", async () => {
  const { shop } = await hooked();
  await send(fresh("alice"), shop.userName, "one");
  await (await posted()).answer(200);
  await say("GET", "/api/settings", undefined, shop.token);
  const rows = await meter(shop.userName);
  // One alarm covers a crash during the post; then there is none.
  await later(shop, 60_000);
  await say("GET", "/api/settings", undefined, shop.token);
  expect(rows()).toBe(0);
  expect(await runDurableObjectAlarm(mailboxOf(shop.userName))).toBe(false);
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
