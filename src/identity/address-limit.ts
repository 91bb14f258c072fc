// How much one address may do in a minute. A unit is reserved before the work that it stands for, and given back if that turns out to be
// harmless, so that requests in parallel can't do more than the limit. Counted in the isolate; bounded in memory.
import type { Networks } from "./address.ts";

export const MINUTE_MS = 60_000;
/** When only reservations are in the way, the next try can help so soon. */
const RESERVED_RETRY_MS = 1_000;
/** Networks remembered below their limit, and as many that have reached it. Answers: a botnet that fills memory. */
const NETWORKS = 10_000;
/** What a site may do in proportion to a household. Answers: a /48, which has 65,536 households. */
const SITE_FACTOR = 8;

interface Tally {
  readonly network: string;
  readonly begun: number;
  readonly limit: number;
  used: number;
  /** How many of those that are used may still be given back. */
  reserved: number;
}

/** One unit that was reserved: to be given back or kept, once. */
export interface Reservation {
  giveBack(): void;
  keep(): void;
  /** Uses up what is left of the household's minute. */
  exhaust(): void;
}

/** Why nothing was reserved. */
export interface Exhausted {
  /** Ms after which trying again can help. */
  readonly retryAfter: number;
  /** Whether reservations alone are in the way. */
  readonly isBusy: boolean;
}

export class AddressLimit {
  /** Each is in the order in which it was put, so what is at the front is the oldest. */
  readonly #below = new Map<string, Tally>();
  readonly #reached = new Map<string, Tally>();

  /** Reserves one unit of this address's minute, of which a household has `limit`. */
  reserve({ household, site }: Networks, limit: number, now = Date.now()): Reservation | Exhausted {
    const tallies = [this.#tally(household, limit, now)];
    if (site !== null) tallies.push(this.#tally(site, limit * SITE_FACTOR, now));
    const full = tallies.find((tally) => tally.used >= tally.limit);
    if (full !== undefined) return exhausted(full, now);
    this.#change(tallies, 1, 1);
    return this.#reservation(tallies);
  }

  /** Whether nothing is left of this address's minute. Reserves nothing. */
  isExhausted({ household, site }: Networks, now = Date.now()): boolean {
    return [household, site].some((network) => {
      const tally = network === null ? undefined : this.#reached.get(network);
      return tally !== undefined && now - tally.begun < MINUTE_MS;
    });
  }

  /** Networks that are remembered. */
  get size(): number {
    return this.#below.size + this.#reached.size;
  }

  #reservation(tallies: readonly Tally[]): Reservation {
    let isOpen = true;
    const end = (used: number) => {
      if (isOpen) this.#change(tallies, used, -1);
      isOpen = false;
    };
    return {
      giveBack: () => end(-1),
      keep: () => end(0),
      exhaust: () => {
        end(0);
        const [household] = tallies;
        if (household !== undefined) this.#change([household], Math.max(0, household.limit - household.used), 0);
      },
    };
  }

  #change(tallies: readonly Tally[], used: number, reserved: number): void {
    for (const tally of tallies) {
      tally.used += used;
      tally.reserved += reserved;
      const [right, other] = tally.used < tally.limit ? [this.#below, this.#reached] : [this.#reached, this.#below];
      // One that was evicted meanwhile, or whose minute is over, stays out.
      if (right.get(tally.network) === tally || other.get(tally.network) !== tally) continue;
      other.delete(tally.network);
      put(right, tally);
    }
  }

  #tally(network: string, limit: number, now: number): Tally {
    const known = this.#below.get(network) ?? this.#reached.get(network);
    if (known !== undefined && now - known.begun < MINUTE_MS) return known;
    this.#below.delete(network);
    this.#reached.delete(network);
    const fresh: Tally = { network, begun: now, limit, used: 0, reserved: 0 };
    put(this.#below, fresh);
    return fresh;
  }
}

/** Evicts the one that was put first, of the same kind: those below their limit push out none that has reached it. */
function put(into: Map<string, Tally>, tally: Tally): void {
  if (into.size >= NETWORKS) {
    const [first] = into.keys();
    if (first !== undefined) into.delete(first);
  }
  into.set(tally.network, tally);
}

export function isReserved(outcome: Reservation | Exhausted): outcome is Reservation {
  return "giveBack" in outcome;
}

function exhausted({ begun, limit, used, reserved }: Tally, now: number): Exhausted {
  const isBusy = used - reserved < limit;
  return { isBusy, retryAfter: isBusy ? RESERVED_RETRY_MS : begun + MINUTE_MS - now };
}
