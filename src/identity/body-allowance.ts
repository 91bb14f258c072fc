// The rate limit on large bodies of one user, by bytes, before they are parsed. Counted per isolate, because parsing
// takes the isolate's time. The mailbox counts the other costs of a request.
import { TokenBucket } from "../protocol/token-bucket.ts";
import { UNCONFIRMED_BODY_BYTES } from "../protocol/limits.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { valueOf } from "../protocol/variables.ts";
import { requestTokenOf } from "./request-token.ts";
import type { RequestContext } from "./request-context.ts";

/** Bytes of a body that cost as much as one request. */
const BYTES_PER_REQUEST = 65_536;

/** Users whose buckets are kept; the least recently used is evicted. Answers: buckets as memory. */
const MAX_USERS = 10_000;

/** The buckets of this isolate by user, least recently used first; at most MAX_USERS. */
const buckets = new Map<string, TokenBucket>();

/**
 * Why a body of this size is not parsed, or null after charging for it. Small bodies are free, and so are those of
 * service accounts, which operators created. Only confirmed callers get here with a large body.
 */
export function checkBodyAllowance(c: RequestContext, bytes: number): Refusal | null {
  const token = requestTokenOf(c);
  if (bytes <= UNCONFIRMED_BODY_BYTES || token === null || token.caller.proof.is === "service") return null;
  if (valueOf(c.env, "RATE_LIMIT") === "off") return null;
  const retryAfter = bucketOf(c, token.caller.name).take(bytes / BYTES_PER_REQUEST);
  return retryAfter > 0 ? { ...refusal("rate_limited"), retryAfter } : null;
}

function bucketOf({ env }: RequestContext, name: string): TokenBucket {
  const bucket =
    buckets.get(name) ?? new TokenBucket(valueOf(env, "REQUEST_BURST"), valueOf(env, "REQUESTS_PER_SECOND"));
  buckets.delete(name);
  const [oldest] = buckets.keys();
  if (buckets.size >= MAX_USERS && oldest !== undefined) buckets.delete(oldest);
  buckets.set(name, bucket);
  return bucket;
}
