// What waits can be ended by the caller: with a signal, or after a time.
import { beforeEach, expect, test, vi } from "vitest";
import { RestanteError } from "../../src/client/connect.ts";
import { accepted, advance, connectedClient, mark, newClient, playNetwork, settle } from "./scripted.ts";

beforeEach(playNetwork);

const errorOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

test("[Q4] reached() of a message that nobody receives ends after its time, or with its signal", async () => {
  const { me, mailbox } = await connectedClient();
  const sent = me.send("carol", "hello");
  await mailbox.sent();
  await mailbox.deliver(accepted(1, 11));
  const abort = new AbortController();
  const reason = new Error("the page was left");
  const late = errorOf(sent.reached("delivered", { timeoutMs: 5_000 }));
  const aborted = errorOf(sent.reached("delivered", { signal: abort.signal }));
  const endless = sent.reached("delivered");
  await advance(4_999);
  abort.abort(reason);
  expect(await aborted).toBe(reason);
  await advance(1);
  expect(await late).toBeInstanceOf(RestanteError);
  expect(await late).toMatchObject({ code: "timeout" });
  expect(await errorOf(sent.reached("read", { signal: abort.signal }))).toBe(reason);
  await mailbox.deliver(mark(12, { stored: 11, delivered: 11 }, "carol"));
  expect(await endless).toEqual({ is: "delivered" });
});

test("a wait that is over leaves no timer and no listener", async () => {
  const { me } = await connectedClient();
  const sent = me.send("bob", "hello");
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, "addEventListener");
  const removed = vi.spyOn(signal, "removeEventListener");
  const waits = [1, 2, 3].map((timeoutMs) => errorOf(sent.reached("read", { timeoutMs, signal })));
  const timers = vi.getTimerCount();
  await advance(3);
  await Promise.all(waits);
  expect(vi.getTimerCount()).toBe(timers - 3);
  expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([3, 3]);
  expect((sent.state as unknown as { hasListeners: boolean }).hasListeners).toBe(false);
});

test("reached() of a message that failed, or whose client is closed, rejects with a code", async () => {
  const { me, mailbox } = await connectedClient();
  const [refused, open] = [me.send("bob", "a"), me.send("bob", "b")];
  await mailbox.sent();
  await mailbox.deliver({ type: "refused", id: 1, code: "too_large", message: "Too large." });
  expect(await errorOf(refused.reached("stored"))).toMatchObject({ name: "RestanteError", code: "too_large" });
  await mailbox.deliver(accepted(1, 11));
  await mailbox.deliver(accepted(2, 11));
  const waiting = errorOf(open.reached("read"));
  await settle();
  await me.close();
  expect(await waiting).toMatchObject({ name: "RestanteError", code: "closed" });
});

test("older() rejects when the caller waits no longer, and what comes then is still added", async () => {
  const answer = Promise.withResolvers<Response>();
  const me = await newClient({ since: "now", fetch: () => answer.promise });
  const thread = me.messages.with("bob");
  expect(await errorOf(thread.older({ signal: AbortSignal.abort("gone") }))).toBe("gone");
  const late = errorOf(thread.older({ timeoutMs: 100 }));
  await advance(100);
  expect(await late).toMatchObject({ code: "timeout" });
  const message = { type: "message", seq: 3, from: "bob", to: "alice", at: 1, origin: 1, body: "old" };
  answer.resolve(Response.json({ messages: [message], more: false }));
  await settle();
  expect(thread.value.map(({ body }) => body)).toEqual(["old"]);
});
