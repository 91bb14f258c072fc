// A webhook that fails until retention removes entries that it had to post, in a runtime whose RETENTION_ENTRIES is
// 100.
import { expect, test } from "vitest";
import { callApi } from "../support/accounts.ts";
import { fresh } from "../support/devices.ts";
import {
  createWebhook,
  webhookPathOf,
  idOf,
  runAlarmAfter,
  nextPost,
  posts,
  send,
  untilState,
} from "../support/webhooks.ts";
import { ADMIN } from "../support/operators.ts";

test("[K7] when retention removes entries of a failed post, the next post is another one, with a gap", async () => {
  const { shop } = await createWebhook();
  await send(fresh("alice"), shop.userName, "one", "two");
  const first = await nextPost();
  await first.answer(503);
  await untilState(shop, ({ tries }) => tries === 1);
  for (let n = 0; n < 20; n++) await send(fresh("alice"), shop.userName, ...Array.from({ length: 50 }, (_, i) => i));
  expect(posts).toEqual([]);
  await runAlarmAfter(shop, 60_000);
  const again = await nextPost();
  expect(again.body.frames[0]).toMatchObject({ type: "gap" });
  expect(again.text).not.toContain('"one"');
  expect(idOf(again)).not.toBe(idOf(first));
  // A retry is the same post, gap included, although newer messages follow.
  await again.answer(503);
  await untilState(shop, ({ tries }) => tries === 2);
  await send(fresh("alice"), shop.userName, "more");
  await runAlarmAfter(shop, 60_000);
  const third = await nextPost();
  expect([idOf(third), third.text]).toEqual([idOf(again), again.text]);
  await third.answer(200);
  const next = await nextPost();
  expect(next.body.frames[0]).toMatchObject({ type: "message" });
  await callApi("DELETE", webhookPathOf(shop.userName), undefined, ADMIN);
  await next.answer(200);
});
