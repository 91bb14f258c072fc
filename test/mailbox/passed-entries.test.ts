// Entries without a frame, such as the tombstones of very many removed messages, are passed over in bounded parts on
// every way on which the log is read, and what follows them arrives.
import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { fresh, open, plain, sendAll } from "../support/devices.ts";
import { nextFrame } from "../support/client-socket.ts";
import { follow, page } from "../support/log-pages.ts";

const TOMBSTONES = 12_000;
const MAX_PASSED = 5_000;

/** A mailbox whose log is one message, then tombstones in rows of their own, then another message. */
async function mailbox(): Promise<string> {
  const [a, b] = [fresh("alice"), fresh("bob")];
  const [alice, bob] = [await open(a), await open(b)];
  await sendAll(alice, b, 1, () => "before");
  await bob.until("message");
  bob.socket.close();
  await runInDurableObject(env.MAILBOX.getByName(b), (_, { storage: { sql } }) => {
    sql.exec(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
      INSERT INTO run (seq, count, kind, peer, origin, at, body)
      SELECT (SELECT max(seq) FROM run) + 2 * i, 1, 'removed', 'ann', i, 1, 'null' FROM n`,
      TOMBSTONES,
    );
  });
  await evictDurableObject(env.MAILBOX.getByName(b), { webSockets: "close" });
  await sendAll(alice, b, 1, () => "after");
  return b;
}

test("[H7] a page ends after very many removed messages, and the pages after it have what follows", async () => {
  const user = await mailbox();
  let now = await page(user, "&limit=1");
  expect(now.frames).toMatchObject([{ body: "before" }]);
  let pages = 1;
  for (; now.frames[0]?.["body"] !== "after"; pages++) now = await page(user, `&limit=1&cursor=${now.cursor}`);
  expect(pages).toBeGreaterThan(TOMBSTONES / MAX_PASSED);
  expect(now).toMatchObject({ more: false, cursor: now.head });
});

test("[R1] a socket, a stream and a plain socket continue behind removed messages by themselves", async () => {
  const user = await mailbox();
  const device = await open(user, "new", "&cursor=0");
  expect((await device.take("message", 2)).map(({ body }) => body)).toEqual(["before", "after"]);
  const stream = await follow(user, "&cursor=0");
  expect((await stream.take("message", 2)).map(({ frame }) => frame["body"])).toEqual(["before", "after"]);
  await stream.close();
  const socket = await plain(user);
  expect(await nextFrame(socket)).toMatchObject({ msg: "before" });
  expect(await nextFrame(socket)).toMatchObject({ msg: "after" });
});

test("[A11] an export has what precedes and what follows removed messages", async () => {
  const user = await mailbox();
  const response = await exports.default.fetch(new Request(`http://restante.test/api/export?user=${user}`));
  const lines = new TextDecoder()
    .decode(await response.bytes())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.flatMap(({ body }) => body ?? [])).toEqual(["before", "after"]);
  expect(lines.at(-1)).toEqual({ type: "end", lines: lines.length - 1 });
});
