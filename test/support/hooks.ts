// Webhooks inside the runtime: the world outside is played here. What was posted is a list, and the next post can be waited for.
import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { say } from "./accounts.ts";
import { ADMIN, type Made, service } from "./operators.ts";

export interface Post {
  readonly url: string;
  readonly init: RequestInit;
  readonly headers: Headers;
  readonly body: { readonly user: string; readonly epoch: string; readonly frames: readonly Record<string, unknown>[] };
  readonly text: string;
  answer(status: number, headers?: Record<string, string>): Promise<void>;
  fail(): Promise<void>;
}

/** What was posted and is not looked at yet, and who waits for the next one. */
export const posts: Post[] = [];
let waiting: (() => void)[] = [];

beforeEach(() => {
  posts.length = 0;
  waiting = [];
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const world = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation((url, init) => {
    // The test's own tools ask for their files so.
    if (typeof url !== "string" || !url.startsWith(URL)) return world(url, init);
    return new Promise<Response>((resolve, reject) => {
      const text = String(init?.body);
      posts.push({
        url,
        init: init ?? {},
        headers: new Headers(init?.headers as Record<string, string>),
        body: JSON.parse(text) as Post["body"],
        text,
        answer: (status, headers = {}) => inside(text, () => resolve(new Response(null, { status, headers }))),
        fail: () => inside(text, () => reject(new Error("not to be reached"))),
      });
      for (const done of waiting.splice(0)) done();
    });
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** An answer belongs to the object that waits for it. */
function inside(text: string, act: () => void): Promise<void> {
  return runInDurableObject(mailboxOf((JSON.parse(text) as Post["body"]).user), act);
}

export async function posted(): Promise<Post> {
  while (posts.length === 0) await new Promise<void>((done) => waiting.push(done));
  const post = posts.shift();
  if (post === undefined) throw new Error("no post");
  return post;
}

export const URL = "https://hooks.example.com/in";
export const hookOf = (name: string) => `/api/admin/services/${name}/webhook`;
export const mailboxOf = (name: string) => env.MAILBOX.getByName(name);

/** A service with a webhook. */
export async function hooked(url = URL): Promise<{ shop: Made; secret: string }> {
  const shop = await service("shop", "send", "read");
  const response = await say("PUT", hookOf(shop.userName), { url }, ADMIN);
  expect(response.status).toBe(201);
  const { secret } = await response.json<{ secret: string }>();
  return { shop, secret };
}

export const send = (from: string, to: string, ...all: unknown[]) =>
  say(
    "POST",
    `/api/messages?user=${from}`,
    all.map((body) => ({ to, body })),
  );

export const stateOf = async ({ userName }: Made) =>
  (
    await (
      await say("GET", `/api/admin/services/${userName}`, undefined, ADMIN)
    ).json<{ webhook: Record<string, unknown> }>()
  ).webhook;

/** Waits until the webhook's state is so: each question is a group of its own, so it sees what was written. */
export async function until(
  shop: Made,
  is: (state: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> {
  for (let asked = 0; asked < 1_000; asked++) {
    const state = await stateOf(shop);
    if (is(state)) return state;
  }
  throw new Error(`it never came to that: ${JSON.stringify(await stateOf(shop))}`);
}

/** So many ms go by, and the alarm rings. */
export async function later(shop: Made, ms: number): Promise<void> {
  vi.setSystemTime(Date.now() + ms);
  expect(await runDurableObjectAlarm(mailboxOf(shop.userName))).toBe(true);
}

export const idOf = ({ headers }: Post) => headers.get("webhook-id");
export const bodies = ({ body }: Post) => body.frames.map((frame) => frame["body"]);
