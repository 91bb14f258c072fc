// A limit per network address and minute. A unit is reserved before the work it stands for, and released if the work
// turns out to be harmless; so parallel requests can't exceed the limit. Counted per isolate, in bounded memory.
import type { Networks } from "./address.ts";

export const MINUTE_MS = 60_000;
/** The retry time when only open reservations stand in the way. */
const RESERVED_RETRY_MS = 1_000;
/** Networks remembered below their limit, and as many that have reached it. Answers: a botnet that fills memory. */
const MAX_NETWORKS = 10_000;
/** A site's limit as a multiple of a household's. Answers: a /48, which has 65,536 households. */
const SITE_FACTOR = 8;

interface NetworkCount {
  readonly network: string;
  readonly startedAt: number;
  readonly limit: number;
  used: number;
  /** How many of the used units are reserved, so may still be released. */
  reserved: number;
}

/** One reserved unit. The first call of `release` or `commit` counts, later ones do nothing. */
export interface Reservation {
  release(): void;
  commit(): void;
  /** Uses up the rest of the household's minute. */
  exhaust(): void;
}

/** Why nothing was reserved. */
interface Exhausted {
  /** Ms after which trying again can help. */
  readonly retryAfter: number;
  /** Whether reservations alone are in the way. */
  readonly isBusy: boolean;
}

export class AddressLimit {
  /** Both maps are in insertion order: the first entry is the oldest. */
  readonly #below = new Map<string, NetworkCount>();
  readonly #reached = new Map<string, NetworkCount>();

  /** Reserves one unit of this address's minute, of which a household has `limit`. */
  reserve({ household, site }: Networks, limit: number, now = Date.now()): Reservation | Exhausted {
    const counts = [this.#countOf(household, limit, now)];
    if (site !== null) counts.push(this.#countOf(site, limit * SITE_FACTOR, now));
    const full = counts.find((count) => count.used >= count.limit);
    if (full !== undefined) return exhausted(full, now);
    this.#change(counts, 1, 1);
    return this.#reservation(counts);
  }

  /** Whether this address has used up its minute. Reserves nothing. */
  isExhausted({ household, site }: Networks, now = Date.now()): boolean {
    return [household, site].some((network) => {
      const count = network === null ? undefined : this.#reached.get(network);
      return count !== undefined && now - count.startedAt < MINUTE_MS;
    });
  }

  /** The number of networks remembered. */
  get size(): number {
    return this.#below.size + this.#reached.size;
  }

  #reservation(counts: readonly NetworkCount[]): Reservation {
    let isOpen = true;
    const end = (used: number) => {
      if (isOpen) this.#change(counts, used, -1);
      isOpen = false;
    };
    return {
      release: () => end(-1),
      commit: () => end(0),
      exhaust: () => {
        end(0);
        const [household] = counts;
        if (household !== undefined) this.#change([household], Math.max(0, household.limit - household.used), 0);
      },
    };
  }

  #change(counts: readonly NetworkCount[], used: number, reserved: number): void {
    for (const count of counts) {
      count.used += used;
      count.reserved += reserved;
      const [target, source] = count.used < count.limit ? [this.#below, this.#reached] : [this.#reached, this.#below];
      // A network that was evicted since, or whose minute is over, is not inserted again.
      if (target.get(count.network) === count || source.get(count.network) !== count) continue;
      source.delete(count.network);
      insert(target, count);
    }
  }

  #countOf(network: string, limit: number, now: number): NetworkCount {
    const known = this.#below.get(network) ?? this.#reached.get(network);
    if (known !== undefined && now - known.startedAt < MINUTE_MS) return known;
    this.#below.delete(network);
    this.#reached.delete(network);
    const fresh: NetworkCount = { network, startedAt: now, limit, used: 0, reserved: 0 };
    insert(this.#below, fresh);
    return fresh;
  }
}

/** Evicts the oldest network of the same map: networks below their limit never evict one that has reached it. */
function insert(into: Map<string, NetworkCount>, count: NetworkCount): void {
  if (into.size >= MAX_NETWORKS) {
    const [first] = into.keys();
    if (first !== undefined) into.delete(first);
  }
  into.set(count.network, count);
}

export function isReserved(outcome: Reservation | Exhausted): outcome is Reservation {
  return "release" in outcome;
}

function exhausted({ startedAt: begun, limit, used, reserved }: NetworkCount, now: number): Exhausted {
  const isBusy = used - reserved < limit;
  return { isBusy, retryAfter: isBusy ? RESERVED_RETRY_MS : begun + MINUTE_MS - now };
}
