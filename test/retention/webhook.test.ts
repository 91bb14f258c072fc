// A webhook that fails until retention removes entries that it had to post, in a runtime whose RETENTION_ENTRIES is
// 100.
import { expect, test } from "vitest";
import { say } from "../support/accounts.ts";
import { fresh } from "../support/devices.ts";
import { hooked, hookOf, idOf, later, posted, posts, send, until } from "../support/hooks.ts";
import { ADMIN } from "../support/operators.ts";

test("[K7] when retention removes entries of a failed post, the next post is another one, with a gap", async () => {
  const { shop } = await hooked();
  await send(fresh("alice"), shop.userName, "one", "two");
  const first = await posted();
  await first.answer(503);
  await until(shop, ({ tries }) => tries === 1);
  for (let n = 0; n < 20; n++) await send(fresh("alice"), shop.userName, ...Array.from({ length: 50 }, (_, i) => i));
  expect(posts).toEqual([]);
  await later(shop, 60_000);
  const again = await posted();
  expect(again.body.frames[0]).toMatchObject({ type: "gap" });
  expect(again.text).not.toContain('"one"');
  expect(idOf(again)).not.toBe(idOf(first));
  // A retry is the same post, gap included, although newer messages follow.
  await again.answer(503);
  await until(shop, ({ tries }) => tries === 2);
  await send(fresh("alice"), shop.userName, "more");
  await later(shop, 60_000);
  const third = await posted();
  expect([idOf(third), third.text]).toEqual([idOf(again), again.text]);
  await third.answer(200);
  const next = await posted();
  expect(next.body.frames[0]).toMatchObject({ type: "message" });
  await say("DELETE", hookOf(shop.userName), undefined, ADMIN);
  await next.answer(200);
});
