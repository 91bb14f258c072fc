// The limit on attempts to sign in or to register, by address. Counted per isolate, and by the platform's rate limiter
// where the binding RATE exists. Bare workerd has no such binding but is one process, so there the count is exact. Each
// mailbox counts what happens behind this limit (tries of a code, sockets) itself.
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { valueOf, type Variables } from "../protocol/variables.ts";
import { loggedNetworkOf, networksOf } from "./address.ts";
import { AddressLimit, isReserved, MINUTE_MS } from "./address-limit.ts";
import { logAttempt } from "./attempt-log.ts";

const attemptLimit = new AddressLimit();
/** Attempts of this isolate, by network. In memory, bounded by AddressLimit. Answers: guessing tokens and codes. */
const refusedSocketLimit = new AddressLimit();

/** The platform's rate limiter; see [[ratelimits]] in wrangler.toml. */
interface RateLimitBinding {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

type AttemptLimits = Pick<Variables, "RATE_LIMIT" | "ATTEMPTS_PER_MINUTE" | "CLIENT_ADDRESS"> & {
  readonly RATE?: RateLimitBinding;
};

/** An attempt that is already counted, while its result is still unknown. */
export interface Attempt {
  /** The attempt was legitimate: no longer counted. */
  release(): void;
  /** The attempt was wrong. Returns a refusal if the platform has counted too many. */
  commit(): Promise<Refusal | null>;
}

const UNLIMITED: Attempt = { release: () => undefined, commit: () => Promise.resolve(null) };

/** Reserves one attempt, before any work is done for it. */
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
    // The platform counts other isolates too: the next attempt is refused here without waking a mailbox.
    outcome.exhaust();
    return tooManyAttempts(MINUTE_MS);
  };
  return { release: outcome.release, commit };
}

/** Counts one attempt. Returns a refusal if there were too many. */
export async function countAttempt(request: Request, limits: AttemptLimits): Promise<Refusal | null> {
  const reserved = reserveAttempt(request, limits);
  return "refused" in reserved ? reserved.refused : reserved.commit();
}

/** Whether this address may be refused once more by an accepted socket. Counts it. */
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
