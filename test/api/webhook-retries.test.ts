// Webhook retries: a post that failed is repeated unchanged, with a back-off, until it succeeds or the webhook is disabled.
// The receiver is simulated here.
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { callApi } from "../support/accounts.ts";
import { fresh } from "../support/devices.ts";
import {
  bodiesOf,
  createWebhook,
  webhookPathOf,
  idOf,
  runAlarmAfter,
  mailboxOf,
  type Post,
  nextPost,
  posts,
  send,
  untilState,
  URL,
} from "../support/webhooks.ts";
import { ADMIN } from "../support/operators.ts";

test.each([
  ["an error", (post: Post) => post.answer(500)],
  ["a refusal", (post: Post) => post.answer(401)],
  ["a redirect", (post: Post) => post.answer(302, { Location: "https://elsewhere.example.com/" })],
  ["nothing", (post: Post) => post.fail()],
])("[K4][K7] after %s the same post is repeated later, and newer entries follow in the next post", async (_, no) => {
  const { shop } = await createWebhook();
  const alice = fresh("alice");
  await send(alice, shop.userName, "one");
  const first = await nextPost();
  await no(first);
  const failing = await untilState(shop, ({ tries }) => tries === 1);
  expect(failing).toMatchObject({ failing: expect.any(Number), disabled: null });
  const wait = Number(failing["due"]) - Number(failing["failing"]);
  expect([wait >= 3_750, wait <= 6_250]).toEqual([true, true]);
  await send(alice, shop.userName, "two");
  expect(posts).toEqual([]);
  await runAlarmAfter(shop, 10_000);
  const again = await nextPost();
  expect([again.text, idOf(again), again.url]).toEqual([first.text, idOf(first), URL]);
  expect(again.headers.get("webhook-timestamp")).not.toBe(first.headers.get("webhook-timestamp"));
  await again.answer(200);
  const next = await nextPost();
  expect(bodiesOf(next)).toEqual(["two"]);
  expect(idOf(next)).not.toBe(idOf(first));
  await next.answer(200);
  expect(await untilState(shop, ({ tries }) => tries === 0)).toMatchObject({ failing: null, due: null });
  await runAlarmAfter(shop, 60_000);
  expect(await runDurableObjectAlarm(mailboxOf(shop.userName))).toBe(false);
});

test("[K4] retries back off up to four hours, and end after three days with a notice", async () => {
  const { shop } = await createWebhook();
  const alice = fresh("alice");
  await send(alice, shop.userName, "one");
  await (await nextPost()).answer(503);
  let state = await untilState(shop, ({ tries }) => tries === 1);
  const waits: number[] = [];
  const HOUR = 3_600_000;
  for (let tries = 2; tries < 14; tries++) {
    await runAlarmAfter(shop, 5 * HOUR);
    await (await nextPost()).answer(503);
    const before = Date.now();
    state = await untilState(shop, (now) => now["tries"] === tries);
    waits.push(Number(state["due"]) - before);
  }
  const [second = 0] = waits;
  expect(second).toBeGreaterThan(7_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(5 * HOUR + 5_000);
  expect(waits.at(-1)).toBeGreaterThan(3 * HOUR - 5_000);
  expect(state["disabled"]).toBeNull();
  await runAlarmAfter(shop, 20 * HOUR);
  await (await nextPost()).answer(503);
  state = await untilState(shop, ({ disabled }) => disabled !== null);
  expect(state["due"]).toBeNull();
  expect(await runDurableObjectAlarm(mailboxOf(shop.userName))).toBe(false);
  const log = await (
    await callApi("GET", "/api/entries", undefined, shop.token)
  ).json<{ frames: Record<string, unknown>[] }>();
  expect(log.frames.at(-1)).toMatchObject({
    type: "notice",
    code: "webhook_disabled",
    message: expect.stringMatching(/\.$/),
  });
  // No more posts until it is set again; then it continues where it was.
  await send(alice, shop.userName, "two");
  expect(posts).toEqual([]);
  await callApi("PUT", webhookPathOf(shop.userName), { url: `${URL}/2` }, ADMIN);
  const again = await nextPost();
  expect(again.url).toBe(`${URL}/2`);
  expect(again.body.frames.map(({ body, type }) => body ?? type)).toEqual(["one", "notice", "two"]);
  await again.answer(200);
});

test("[K4] a 410 disables the webhook at once", async () => {
  const { shop } = await createWebhook();
  await send(fresh("alice"), shop.userName, "one");
  await (await nextPost()).answer(410);
  expect(await untilState(shop, ({ disabled }) => disabled !== null)).toMatchObject({ tries: 1 });
});

test("[K7] a post is repeated unchanged, with skipped own messages around it", async () => {
  const { shop } = await createWebhook();
  const [alice, bob] = [fresh("alice"), fresh("bob")];
  const robot = () => callApi("POST", "/api/messages", { to: bob, body: "own" }, shop.token);
  await robot();
  await send(alice, shop.userName, "one", "two");
  const first = await nextPost();
  expect(bodiesOf(first)).toEqual(["one", "two"]);
  await first.answer(503);
  await untilState(shop, ({ tries }) => tries === 1);
  for (let tries = 2; tries < 5; tries++) {
    await robot();
    await send(alice, shop.userName, `later ${tries}`);
    await runAlarmAfter(shop, 3_600_000);
    const again = await nextPost();
    expect([again.text, idOf(again)]).toEqual([first.text, idOf(first)]);
    await again.answer(tries < 4 ? 503 : 204);
    await untilState(shop, (state) => state["tries"] === (tries < 4 ? tries : 0));
  }
  const next = await nextPost();
  expect(bodiesOf(next)).toEqual(["later 2", "later 3", "later 4"]);
  expect(idOf(next)).not.toBe(idOf(first));
  await next.answer(200);
});

test("[K7] another address gets a new post, with all entries of that time", async () => {
  const { shop } = await createWebhook();
  await send(fresh("alice"), shop.userName, "one");
  await (await nextPost()).answer(503);
  await untilState(shop, ({ tries }) => tries === 1);
  await send(fresh("bob"), shop.userName, "two");
  await callApi("PUT", webhookPathOf(shop.userName), { url: `${URL}/2` }, ADMIN);
  const again = await nextPost();
  expect(bodiesOf(again)).toEqual(["one", "two"]);
  await again.answer(200);
});

test("[K7] of a failed post whose messages were removed the rest is another post; without a rest nothing fails any more", async () => {
  const { shop } = await createWebhook();
  const alice = fresh("alice");
  await send(alice, shop.userName, "one", "two");
  const first = await nextPost();
  await first.answer(503);
  await untilState(shop, ({ tries }) => tries === 1);
  const [one, two] = first.body.frames.map(({ seq }) => Number(seq));
  const remove = (path: string) => callApi("DELETE", `/api/conversations/${alice}${path}`, undefined, shop.token);
  expect((await remove(`/messages/${one}`)).status).toBe(204);
  await runAlarmAfter(shop, 3_600_000);
  const second = await nextPost();
  expect(bodiesOf(second)).toEqual(["two"]);
  expect(idOf(second)).not.toBe(idOf(first));
  await second.answer(503);
  await untilState(shop, ({ tries }) => tries === 2);
  // The third attempt is the second one unchanged.
  await runAlarmAfter(shop, 3_600_000);
  const third = await nextPost();
  expect([third.text, idOf(third)]).toEqual([second.text, idOf(second)]);
  await third.answer(503);
  await untilState(shop, ({ tries }) => tries === 3);
  expect((await remove(`/messages/${two}`)).status).toBe(204);
  await runAlarmAfter(shop, 3_600_000);
  expect(await untilState(shop, ({ tries }) => tries === 0)).toMatchObject({ failing: null, due: null });
  await send(alice, shop.userName, "three");
  const next = await nextPost();
  expect(bodiesOf(next)).toEqual(["three"]);
  await next.answer(200);
});
