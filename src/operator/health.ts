// Whether it works, for whoever watches over it: the Worker that answers, and one round trip to an object and its disk. No mailbox is
// woken; the object is a shard of the census, another one each time.
import { SHARDS } from "../protocol/census.ts";
import { logEvent, reasonOf } from "../protocol/log-events.ts";
import { CachedValue } from "../protocol/cached-value.ts";
import { withTimeout } from "../protocol/timeout.ts";
import { backgroundOf } from "../identity/execution-context.ts";
import type { Asking } from "../identity/identify-caller.ts";

/** An object that has not answered for so long, ms, does not work. */
const PATIENCE = 5_000;

/** For how long an isolate keeps what it found, ms. Answers: a request of anybody that wakes an object. */
const KEEP_MS = 1_000;

interface Found {
  readonly works: boolean;
  readonly ms: number;
}

const shared = new CachedValue<Found>(() => KEEP_MS, 2 * PATIENCE);

/** `200 {"status":"ok","object":{"ms":3}}`, or 503 with `"status":"failing"`. */
export async function health(c: Asking): Promise<Response> {
  const isLimited = c.env.RATE_LIMIT !== "off";
  const { works, ms } = await (isLimited ? shared.get(() => look(c), backgroundOf(c)) : look(c));
  const headers = { "Cache-Control": "no-store" };
  const object = { ms };
  return works ? c.json({ status: "ok", object }, 200, headers) : c.json({ status: "failing", object }, 503, headers);
}

async function look(c: Asking): Promise<Found> {
  const shard = String(Math.floor(Math.random() * SHARDS));
  const begun = Date.now();
  try {
    await withTimeout(c.env.CENSUS.getByName(shard).ping(), PATIENCE);
    return { works: true, ms: Date.now() - begun };
  } catch (error) {
    logEvent("health_failed", { shard, reason: reasonOf(error) });
    return { works: false, ms: Date.now() - begun };
  }
}
