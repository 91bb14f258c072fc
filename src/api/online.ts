// How many are there.
import { z } from "@hono/zod-openapi";
import { countOnline } from "../census/count-online.ts";
import { jsonResponse } from "../identity/call-mailbox.ts";
import { backgroundOf } from "../identity/request-context.ts";
import type { Online } from "../protocol/census.ts";
import { CachedValue } from "../protocol/cached-value.ts";
import { createApi, declareRoute } from "./declare-route.ts";

/** For how long an isolate keeps the number, ms, and how long anybody waits for it. Answers: a request of anybody that asks every shard. */
const CACHE_MS = 5_000;
const TIMEOUT_MS = 10_000;

const onlineCache = new CachedValue<Online>(() => CACHE_MS, TIMEOUT_MS);

export const online = createApi();

declareRoute(
  online,
  {
    method: "get",
    path: "/api/online",
    tag: "Server",
    summary: "How many users are online, with how many sockets",
    description: "At most five seconds old.",
    scope: null,
    responses: { 200: z.object({ users: z.int(), sockets: z.int() }) },
  },
  async (c) => {
    const compute = () => countOnline(c.env);
    const isLimited = c.env.RATE_LIMIT !== "off";
    return jsonResponse(c, await (isLimited ? onlineCache.get(compute, backgroundOf(c)) : compute()));
  },
);
