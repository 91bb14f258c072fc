// How often somebody may try to come in, by address. Counted in the isolate, and by the platform's own limiter where the binding RATE
// exists. Bare workerd, which has none, is one process: there this count is exact. What is behind it (the tries of a code, the
// sockets of a mailbox) each mailbox counts for itself.
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { valueOf, type Variables } from "../protocol/variables.ts";
import { loggedNetworkOf, networksOf } from "./address.ts";
import { AddressLimit, isReserved, MINUTE_MS } from "./address-limit.ts";
import { logAttempt } from "./attempt-log.ts";

const attemptLimit = new AddressLimit();
/** Refused upgrades that are accepted, so that a browser hears why. Answers: sockets that their clients keep open. */
const refusedSocketLimit = new AddressLimit();

/** What the platform counts by; see [[ratelimits]] in wrangler.toml. */
interface RateLimitBinding {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

export type AttemptLimits = Pick<Variables, "RATE_LIMIT" | "ATTEMPTS_PER_MINUTE" | "CLIENT_ADDRESS"> & {
  readonly RATE?: RateLimitBinding;
};

/** An attempt that is counted already, as long as nobody knows whether it was a good one. */
export interface Attempt {
  /** It was good. */
  release(): void;
  /** It was wrong; a refusal where the platform has counted too many. */
  commit(): Promise<Refusal | null>;
}

const UNLIMITED: Attempt = { release: () => undefined, commit: () => Promise.resolve(null) };

/** Reserves one attempt, before anything is done that it may cost. */
export function reserveAttempt(request: Request, limits: AttemptLimits): Attempt | { readonly refused: Refusal } {
  if (valueOf(limits, "RATE_LIMIT") === "off") return UNLIMITED;
  const networks = networksOf(request, limits);
  const outcome = attemptLimit.reserve(networks, attemptsPerMinute(limits));
  if (!isReserved(outcome)) {
    if (!outcome.isBusy) logAttempt("attempts_exhausted", loggedNetworkOf(request, limits));
    return { refused: tooManyAttempts(outcome.retryAfter) };
  }
  const commit = async () => {
    outcome.commit();
    if ((await limits.RATE?.limit({ key: networks.household }))?.success !== false) return null;
    // What the platform knows of other isolates holds here too: the next one wakes nobody.
    outcome.exhaust();
    return tooManyAttempts(MINUTE_MS);
  };
  return { release: outcome.release, commit };
}

/** Counts one attempt; a refusal where there were too many. */
export async function countAttempt(request: Request, limits: AttemptLimits): Promise<Refusal | null> {
  const reserved = reserveAttempt(request, limits);
  return "refused" in reserved ? reserved.refused : reserved.commit();
}

/** Whether this address may be refused with an accepted socket once more; counts it. */
export function mayRefuseBySocket(request: Request, limits: AttemptLimits): boolean {
  if (valueOf(limits, "RATE_LIMIT") === "off") return true;
  const outcome = refusedSocketLimit.reserve(networksOf(request, limits), attemptsPerMinute(limits));
  if (isReserved(outcome)) outcome.commit();
  return isReserved(outcome);
}

function attemptsPerMinute(limits: AttemptLimits): number {
  return valueOf(limits, "ATTEMPTS_PER_MINUTE");
}

function tooManyAttempts(retryAfter: number): Refusal {
  return { ...refusal("rate_limited"), retryAfter };
}
