// The health check: the Worker responds, and so does an object with its disk. It wakes no mailbox: the object is a
// random shard of the census.
import { CENSUS_SHARDS } from "../protocol/census.ts";
import { logEvent, reasonOf } from "../protocol/log-events.ts";
import { CachedValue } from "../protocol/cached-value.ts";
import { withTimeout } from "../protocol/timeout.ts";
import { backgroundOf, type RequestContext } from "../identity/request-context.ts";

/** The timeout of the object's response, ms. */
const TIMEOUT_MS = 5_000;

/** How long an isolate caches the result, ms. Answers: anonymous requests that each wake an object. */
const CACHE_MS = 1_000;

interface HealthCheck {
  readonly works: boolean;
  readonly ms: number;
}

/** The result cached in this isolate: one value. */
const healthCache = new CachedValue<HealthCheck>(() => CACHE_MS, 2 * TIMEOUT_MS);

/** `200 {"status":"ok","object":{"ms":3}}`, or 503 with `"status":"failing"`. */
export async function health(c: RequestContext): Promise<Response> {
  const isLimited = c.env.RATE_LIMIT !== "off";
  const { works, ms } = await (isLimited ? healthCache.get(() => checkHealth(c), backgroundOf(c)) : checkHealth(c));
  const headers = { "Cache-Control": "no-store" };
  const object = { ms };
  return works ? c.json({ status: "ok", object }, 200, headers) : c.json({ status: "failing", object }, 503, headers);
}

async function checkHealth(c: RequestContext): Promise<HealthCheck> {
  const shard = String(Math.floor(Math.random() * CENSUS_SHARDS));
  const startedAt = Date.now();
  try {
    await withTimeout(c.env.CENSUS.getByName(shard).ping(), TIMEOUT_MS);
    return { works: true, ms: Date.now() - startedAt };
  } catch (error) {
    logEvent("health_failed", { shard, reason: reasonOf(error) });
    return { works: false, ms: Date.now() - startedAt };
  }
}
