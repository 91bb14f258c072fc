// How many are there.
import { z } from "@hono/zod-openapi";
import { countOnline } from "../census/count-online.ts";
import { answered } from "../identity/call-mailbox.ts";
import { backgroundOf } from "../identity/execution-context.ts";
import type { Online } from "../protocol/census.ts";
import { CachedValue } from "../protocol/cached-value.ts";
import { api, route } from "./declare-route.ts";

/** For how long an isolate keeps the number, ms, and how long anybody waits for it. Answers: a request of anybody that asks every shard. */
const KEEP_MS = 5_000;
const TIMEOUT_MS = 10_000;

const shared = new CachedValue<Online>(() => KEEP_MS, TIMEOUT_MS);

export const online = api();

route(
  online,
  {
    method: "get",
    path: "/api/online",
    tag: "Server",
    does: "How many users are online, with how many sockets",
    about: "At most five seconds old.",
    scope: null,
    answers: { 200: z.object({ users: z.int(), sockets: z.int() }) },
  },
  async (c) => {
    const compute = () => countOnline(c.env);
    const isLimited = c.env.RATE_LIMIT !== "off";
    return answered(c, await (isLimited ? shared.get(compute, backgroundOf(c)) : compute()));
  },
);
