// The route that counts users and sockets online.
import { z } from "@hono/zod-openapi";
import { countOnline } from "../census/count-online.ts";
import { jsonResponse } from "../identity/call-mailbox.ts";
import { backgroundOf } from "../identity/request-context.ts";
import type { OnlineCount } from "../protocol/census.ts";
import { CachedValue } from "../protocol/cached-value.ts";
import { createApi, declareRoute } from "./declare-route.ts";

/**
 * How long an isolate caches the number, and the timeout, ms. Answers: anonymous requests that each wake an object.
 */
const CACHE_MS = 30_000;
const TIMEOUT_MS = 10_000;

/** The number cached in this isolate: one value. */
const onlineCache = new CachedValue<OnlineCount>(() => CACHE_MS, TIMEOUT_MS);

export const online = createApi();

declareRoute(
  online,
  {
    method: "get",
    path: "/api/online",
    tag: "Server",
    summary: "Count the users and sockets online",
    description: "At most a minute old.",
    scope: null,
    responses: { 200: z.object({ users: z.int(), sockets: z.int() }) },
  },
  async (c) => {
    const isLimited = c.env.RATE_LIMIT !== "off";
    const compute = () => countOnline(c.env, isLimited);
    return jsonResponse(c, await (isLimited ? onlineCache.get(compute, backgroundOf(c)) : compute()));
  },
);
