// Webhooks for tests inside the runtime: a fake receiver records the posts, and tests wait for the next one and respond
// to it.
import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { callApi } from "./accounts.ts";
import { ADMIN, type ServiceAccount, createService } from "./operators.ts";

export interface Post {
  readonly url: string;
  readonly init: RequestInit;
  readonly headers: Headers;
  readonly body: { readonly user: string; readonly epoch: string; readonly frames: readonly Record<string, unknown>[] };
  readonly text: string;
  answer(status: number, headers?: Record<string, string>): Promise<void>;
  fail(): Promise<void>;
}

/** Posts that no test has taken yet; `waiting` holds the tests that wait for the next one. */
export const posts: Post[] = [];
let waiting: (() => void)[] = [];

beforeEach(() => {
  posts.length = 0;
  waiting = [];
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const realFetch = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation((url, init) => {
    // The test runner fetches its modules with the same function.
    if (typeof url !== "string" || !url.startsWith(URL)) return realFetch(url, init);
    return new Promise<Response>((resolve, reject) => {
      const text = String(init?.body);
      posts.push({
        url,
        init: init ?? {},
        headers: new Headers(init?.headers as Record<string, string>),
        body: JSON.parse(text) as Post["body"],
        text,
        answer: (status, headers = {}) => inside(text, () => resolve(new Response(null, { status, headers }))),
        fail: () => inside(text, () => reject(new Error("unreachable"))),
      });
      for (const done of waiting.splice(0)) done();
    });
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A response must be resolved in the context of the object that waits for it. */
function inside(text: string, act: () => void): Promise<void> {
  return runInDurableObject(mailboxOf((JSON.parse(text) as Post["body"]).user), act);
}

export async function nextPost(): Promise<Post> {
  while (posts.length === 0) await new Promise<void>((done) => waiting.push(done));
  const post = posts.shift();
  if (post === undefined) throw new Error("no post");
  return post;
}

export const URL = "https://hooks.example.com/in";
export const webhookPathOf = (name: string) => `/api/admin/services/${name}/webhook`;
export const mailboxOf = (name: string) => env.MAILBOX.getByName(name);

/** Creates a service with a webhook. */
export async function createWebhook(url = URL): Promise<{ shop: ServiceAccount; secret: string }> {
  const shop = await createService("shop", "send", "read");
  const response = await callApi("PUT", webhookPathOf(shop.userName), { url }, ADMIN);
  expect(response.status).toBe(201);
  const { secret } = await response.json<{ secret: string }>();
  return { shop, secret };
}

export const send = (from: string, to: string, ...all: unknown[]) =>
  callApi(
    "POST",
    `/api/messages?user=${from}`,
    all.map((body) => ({ to, body })),
  );

export const webhookStateOf = async ({ userName }: ServiceAccount) =>
  (
    await (
      await callApi("GET", `/api/admin/services/${userName}`, undefined, ADMIN)
    ).json<{ webhook: Record<string, unknown> }>()
  ).webhook;

/**
 * Polls until `is` is true for the webhook's state: each request has its own transaction, so it reads committed state.
 */
export async function untilState(
  shop: ServiceAccount,
  is: (state: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> {
  for (let polled = 0; polled < 1_000; polled++) {
    const state = await webhookStateOf(shop);
    if (is(state)) return state;
  }
  throw new Error(`the state was never reached: ${JSON.stringify(await webhookStateOf(shop))}`);
}

/** Advances the clock by `ms` and runs the alarm. */
export async function runAlarmAfter(shop: ServiceAccount, ms: number): Promise<void> {
  vi.setSystemTime(Date.now() + ms);
  expect(await runDurableObjectAlarm(mailboxOf(shop.userName))).toBe(true);
}

export const idOf = ({ headers }: Post) => headers.get("webhook-id");
export const bodiesOf = ({ body }: Post) => body.frames.map((frame) => frame["body"]);
