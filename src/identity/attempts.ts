// How often somebody may try to come in, by address. Counted in the isolate, and by the platform's own limiter where the binding RATE
// exists. Bare workerd, which has none, is one process: there this count is exact. What is behind it (the tries of a code, the
// sockets of a mailbox) each mailbox counts for itself.
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { valueOf, type Variables } from "../protocol/variables.ts";
import { networkOf, networksOf } from "./address.ts";
import { AddressLimit, isReserved, MINUTE_MS } from "./address-limit.ts";
import { noteAttempt } from "./attempt-log.ts";

const attempts = new AddressLimit();
/** Refused upgrades that are accepted, so that a browser hears why. Answers: sockets that their clients keep open. */
const refusedSockets = new AddressLimit();

/** What the platform counts by; see [[ratelimits]] in wrangler.toml. */
interface Limiter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

export type AttemptLimits = Pick<Variables, "RATE_LIMIT" | "ATTEMPTS_PER_MINUTE" | "CLIENT_ADDRESS"> & {
  readonly RATE?: Limiter;
};

/** An attempt that is counted already, as long as nobody knows whether it was a good one. */
export interface Attempt {
  /** It was good. */
  giveBack(): void;
  /** It was wrong; a refusal where the platform has counted too many. */
  keep(): Promise<Refusal | null>;
}

const UNLIMITED: Attempt = { giveBack: () => undefined, keep: () => Promise.resolve(null) };

/** Reserves one attempt, before anything is done that it may cost. */
export function reserve(request: Request, limits: AttemptLimits): Attempt | { readonly refused: Refusal } {
  if (valueOf(limits, "RATE_LIMIT") === "off") return UNLIMITED;
  const networks = networksOf(request, limits);
  const outcome = attempts.reserve(networks, limitOf(limits));
  if (!isReserved(outcome)) {
    if (!outcome.isBusy) noteAttempt("attempts_exhausted", networkOf(request, limits));
    return { refused: tooMany(outcome.retryAfter) };
  }
  const keep = async () => {
    outcome.keep();
    if ((await limits.RATE?.limit({ key: networks.household }))?.success !== false) return null;
    // What the platform knows of other isolates holds here too: the next one wakes nobody.
    outcome.exhaust();
    return tooMany(MINUTE_MS);
  };
  return { giveBack: outcome.giveBack, keep };
}

/** Counts one attempt; a refusal where there were too many. */
export async function attempt(request: Request, limits: AttemptLimits): Promise<Refusal | null> {
  const reserved = reserve(request, limits);
  return "refused" in reserved ? reserved.refused : reserved.keep();
}

/** Whether this address may be refused with an accepted socket once more; counts it. */
export function mayRefuseBySocket(request: Request, limits: AttemptLimits): boolean {
  if (valueOf(limits, "RATE_LIMIT") === "off") return true;
  const outcome = refusedSockets.reserve(networksOf(request, limits), limitOf(limits));
  if (isReserved(outcome)) outcome.keep();
  return isReserved(outcome);
}

function limitOf(limits: AttemptLimits): number {
  return valueOf(limits, "ATTEMPTS_PER_MINUTE");
}

function tooMany(retryAfter: number): Refusal {
  return { ...refusal("rate_limited"), retryAfter };
}
