// The token buckets of all users of this isolate. They outlive the objects: a mailbox that restarts or wakes finds its
// buckets as it left them, so that a restart grants nothing. In memory only; it knows nothing of what a bucket counts.
import { TokenBucket } from "../../protocol/token-bucket.ts";

/** Users whose buckets are kept. Answers: buckets as memory. */
const MAX_USERS = 10_000;
/** Devices of one user whose buckets are kept. Answers: connecting under ever new names, as memory. */
const MAX_DEVICES = 64;

type BucketKind = "send" | "signal" | "ask" | "typing" | "change" | "connect" | "request" | "export" | "rejected";

/**
 * The buckets of one user. A user can name any number of devices: their own map keeps them from evicting the other
 * buckets.
 */
interface Buckets {
  readonly kinds: Map<BucketKind, TokenBucket>;
  readonly devices: Map<string, TokenBucket>;
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

  #bucketsOf(user: string): Buckets {
    const buckets = this.#users.get(user) ?? {
      kinds: new Map<BucketKind, TokenBucket>(),
      devices: new Map<string, TokenBucket>(),
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
