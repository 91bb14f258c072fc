// What the large bodies of a user cost, before anybody parses them: by their bytes, whatever is in them. Counted in the isolate, whose
// time it is that parsing takes; what a request costs beside that its mailbox counts.
import { Bucket } from "../protocol/token-bucket.ts";
import { UNCONFIRMED_BODY_BYTES } from "../protocol/limits.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { valueOf } from "../protocol/variables.ts";
import { requestTokenOf } from "./request-token.ts";
import type { RequestContext } from "./request-context.ts";

/** Bytes of a body that cost as much as a request. */
const BYTES_PER_REQUEST = 65_536;

/** Users whose buckets are kept; the one that was used longest ago goes. Answers: buckets as memory. */
const MAX_USERS = 10_000;

const buckets = new Map<string, Bucket>();

/**
 * Why the body of so many bytes is not parsed, or null; it is paid then. Small ones cost nothing, nor do those of programs, which operators
 * let in. Only who was confirmed pays: a large body is not read before that.
 */
export function checkBodyAllowance(c: RequestContext, bytes: number): Refusal | null {
  const token = requestTokenOf(c);
  if (bytes <= UNCONFIRMED_BODY_BYTES || token === null || token.caller.proof.is === "service") return null;
  if (valueOf(c.env, "RATE_LIMIT") === "off") return null;
  const wait = bucketOf(c, token.caller.name).take(bytes / BYTES_PER_REQUEST);
  return wait > 0 ? { ...refusal("rate_limited"), retryAfter: wait } : null;
}

function bucketOf({ env }: RequestContext, name: string): Bucket {
  const bucket = buckets.get(name) ?? new Bucket(valueOf(env, "REQUEST_BURST"), valueOf(env, "REQUESTS_PER_SECOND"));
  buckets.delete(name);
  const [oldest] = buckets.keys();
  if (buckets.size >= MAX_USERS && oldest !== undefined) buckets.delete(oldest);
  buckets.set(name, bucket);
  return bucket;
}
