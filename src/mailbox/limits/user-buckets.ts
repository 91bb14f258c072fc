// The token buckets of all users of this isolate. They outlive the objects: a mailbox that restarts or wakes finds its
// buckets as it left them, so that a restart grants nothing. In memory only; it knows nothing of what a bucket counts.
import type { QuotaName, RefusalCount } from "../../protocol/own-quotas.ts";
import { TokenBucket } from "../../protocol/token-bucket.ts";

/** Users whose buckets are kept. Answers: buckets as memory. */
const MAX_USERS = 10_000;
/** Devices of one user whose buckets are kept. Answers: connecting under ever new names, as memory. */
const MAX_DEVICES = 64;

type BucketKind = "send" | "signal" | "ask" | "typing" | "change" | "connect" | "request" | "export" | "rejected";

/** A limit that can refuse something of a user: by the variable that an operator would change. */
export type LimitName = QuotaName | "frames without effect";

/**
 * The buckets of one user, and how often each limit refused something. A user can name any number of devices: their own
 * map keeps them from evicting the other buckets.
 */
interface Buckets {
  readonly kinds: Map<BucketKind, TokenBucket>;
  readonly devices: Map<string, TokenBucket>;
  readonly refusals: Map<LimitName, { times: number; last: number }>;
}

class UserBuckets {
  /** By user, the most recently used one at the end: a user who floods is not evicted. */
  readonly #users = new Map<string, Buckets>();

  of(user: string, kind: BucketKind, burst: number, perSecond: number): TokenBucket {
    return bucketIn(this.#bucketsOf(user).kinds, kind, burst, perSecond);
  }

  /** The bucket of a device's connections. After an eviction the user's own bucket still counts them. */
  ofDevice(user: string, device: string, burst: number, perSecond: number): TokenBucket {
    const { devices } = this.#bucketsOf(user);
    if (!devices.has(device)) evictOldest(devices, MAX_DEVICES);
    return bucketIn(devices, device, burst, perSecond);
  }

  /** Counts a refusal. Bounded: one count for each limit. */
  noteRefusal(user: string, limit: LimitName): void {
    const { refusals } = this.#bucketsOf(user);
    refusals.set(limit, { times: (refusals.get(limit)?.times ?? 0) + 1, last: Date.now() });
  }

  refusals(user: string): RefusalCount[] {
    const counts = this.#users.get(user)?.refusals ?? new Map<LimitName, { times: number; last: number }>();
    return [...counts].map(([limit, count]) => ({ limit, ...count }));
  }

  /** The buckets begin anew: their sizes have changed. */
  forget(user: string): void {
    const buckets = this.#users.get(user);
    buckets?.kinds.clear();
    buckets?.devices.clear();
  }

  #bucketsOf(user: string): Buckets {
    const buckets = this.#users.get(user) ?? {
      kinds: new Map<BucketKind, TokenBucket>(),
      devices: new Map<string, TokenBucket>(),
      refusals: new Map<LimitName, { times: number; last: number }>(),
    };
    this.#users.delete(user);
    evictOldest(this.#users, MAX_USERS);
    this.#users.set(user, buckets);
    return buckets;
  }
}

export const userBuckets = new UserBuckets();

function bucketIn<Key>(map: Map<Key, TokenBucket>, key: Key, burst: number, perSecond: number): TokenBucket {
  const bucket = map.get(key) ?? new TokenBucket(burst, perSecond);
  map.set(key, bucket);
  return bucket;
}

/** Evicts the oldest one if one more would be too many. */
function evictOldest(map: Map<string, unknown>, max: number): void {
  const [oldest] = map.keys();
  if (map.size >= max && oldest !== undefined) map.delete(oldest);
}
