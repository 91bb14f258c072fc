// Whether it works, for whoever watches over it: the Worker that answers, and one round trip to an object and its disk. No mailbox is
// woken; the object is a shard of the census, another one each time.
import { SHARDS } from "../protocol/census.ts";
import { note, reasonOf } from "../protocol/journal.ts";
import { inTime } from "../protocol/time.ts";
import type { Asking } from "../identity/who.ts";

/** An object that has not answered for so long, ms, does not work. */
const PATIENCE = 5_000;

/** `200 {"status":"ok","object":{"ms":3}}`, or 503 with `"status":"failing"` and why. */
export async function health(c: Asking): Promise<Response> {
  const shard = String(Math.floor(Math.random() * SHARDS));
  const begun = Date.now();
  const headers = { "Cache-Control": "no-store" };
  try {
    await inTime(c.env.CENSUS.getByName(shard).ping(), PATIENCE);
    return c.json({ status: "ok", object: { ms: Date.now() - begun } }, 200, headers);
  } catch (error) {
    note("health_failed", { shard, reason: reasonOf(error) });
    return c.json({ status: "failing", object: { ms: Date.now() - begun } }, 503, headers);
  }
}
