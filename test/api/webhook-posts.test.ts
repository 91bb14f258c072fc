// Webhook posts: the entries of a service's mailbox are posted, signed and in order, one post after the other. The
// receiver is simulated here; the story test has a real one.
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { Webhook } from "../../src/mailbox/services/webhook.ts";
import { counters } from "../../src/protocol/counters.ts";
import { callApi } from "../support/accounts.ts";
import { fresh, open } from "../support/devices.ts";
import {
  bodiesOf,
  createWebhook,
  webhookPathOf,
  runAlarmAfter,
  mailboxOf,
  nextPost,
  posts,
  send,
  URL,
} from "../support/webhooks.ts";
import { countRowsWritten } from "../support/count-rows.ts";
import { Writer } from "../support/relations.ts";
import { ADMIN, createService } from "../support/operators.ts";

test("[K2] entries are posted in order, one post at a time, each after the last one succeeded", async () => {
  const { shop } = await createWebhook();
  const alice = fresh("alice");
  await send(alice, shop.userName, "one");
  const first = await nextPost();
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
  const second = await nextPost();
  expect(bodiesOf(second)).toEqual(["two", "three", "four"]);
  await second.answer(200);
});

test("[K2] unseen entries are posted first; own messages and marks are not posted, failures are", async () => {
  const shop = await createService("shop", "send", "read");
  await send(fresh("alice"), shop.userName, "early");
  await callApi("PUT", webhookPathOf(shop.userName), { url: URL }, ADMIN);
  const first = await nextPost();
  expect(bodiesOf(first)).toEqual(["early"]);
  await first.answer(200);
  const robot = (to: string, body: unknown) => callApi("POST", "/api/messages", { to, body }, shop.token);
  await robot(fresh("bob"), "own");
  await robot(shop.userName, "to myself");
  const second = await nextPost();
  expect(second.body.frames.map(({ type, body }) => [type, body])).toEqual([["message", "to myself"]]);
  await second.answer(200);
});

test("[K2][I6] edits, retractions and reactions are posted as they are", async () => {
  const { shop } = await createWebhook();
  const alice = new Writer(await open(fresh("alice")), shop.userName);
  const own = await alice.sent("order 1");
  const first = await nextPost();
  expect(bodiesOf(first)).toEqual(["order 1"]);
  const to = first.body.frames[0]?.["seq"];
  await first.answer(204);
  for (const [body, is] of [
    ["order 2", "edit"],
    [["👍"], "react"],
    [null, "retract"],
  ] as const) {
    await alice.sent(body, { to: own, is });
    const post = await nextPost();
    expect(post.body.frames).toMatchObject([{ type: "message", body, re: { to, is } }]);
    await post.answer(204);
  }
});

test("[K2] a post has at most 64 frames", async () => {
  const { shop } = await createWebhook();
  await send(fresh("alice"), shop.userName, "first");
  const first = await nextPost();
  await send(fresh("bob"), shop.userName, ...Array.from({ length: 100 }, (_, i) => i));
  await first.answer(200);
  const sizes: number[] = [];
  for (let i = 0; i < 2; i++) {
    const post = await nextPost();
    sizes.push(post.body.frames.length);
    await post.answer(200);
  }
  expect(sizes).toEqual([64, 36]);
});

test("[K3] the signature of a post covers its id, the time and the body", async () => {
  const { shop, secret } = await createWebhook();
  await send(fresh("alice"), shop.userName, { text: "g\u00fcnstig \u{1f4e6}" });
  const { headers, text, body, answer } = await nextPost();
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

test("[K6] a successful post is a delivery: the author gets a receipt", async () => {
  const { shop } = await createWebhook();
  const alice = await open(fresh("alice"));
  alice.send({ type: "send", id: 1, to: shop.userName, body: "hi" });
  await (await nextPost()).answer(200);
  expect(await alice.mark("delivered")).toMatchObject({ peer: shop.userName });
});

test("[M13][K2] an event without calls left leaves the next post to an alarm", async () => {
  const { shop } = await createWebhook();
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
  const post = await nextPost();
  expect(bodiesOf(post)).toEqual(["one"]);
  expect(counters.alarms).toBeGreaterThan(alarms);
  await post.answer(200);
});

test("[K2] a successful post writes one row, and an idle mailbox none", async () => {
  const { shop } = await createWebhook();
  await send(fresh("alice"), shop.userName, "one");
  await (await nextPost()).answer(200);
  await callApi("GET", "/api/settings", undefined, shop.token);
  const rows = await countRowsWritten(shop.userName);
  // One alarm covers a crash during the post; then there is none.
  await runAlarmAfter(shop, 60_000);
  await callApi("GET", "/api/settings", undefined, shop.token);
  expect(rows()).toBe(0);
  expect(await runDurableObjectAlarm(mailboxOf(shop.userName))).toBe(false);
});
