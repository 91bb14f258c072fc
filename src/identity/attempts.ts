// How often somebody may try to come in, by address. Counted in the isolate, and by the platform's own limiter where the binding RATE
// exists. Bare workerd, which has none, is one process: there this count is exact. What is behind it (the tries of a code, the
// sockets of a mailbox) each mailbox counts for itself.
import { QUOTAS } from "../protocol/limits.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import type { Proof } from "../protocol/visitor.ts";
import type { Variables } from "./variables.ts";

const MINUTE = 60_000;
/** Addresses, and tokens, remembered at most. Answers: a botnet that fills memory. */
const ADDRESSES = 10_000;

interface Tally {
  begun: number;
  count: number;
}

const tallies = new Map<string, Tally>();

/** What the platform counts by; see [[ratelimits]] in wrangler.toml. */
interface Limiter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

export type AttemptLimits = Pick<Variables, "RATE_LIMIT" | "ATTEMPTS_PER_MINUTE"> & { readonly RATE?: Limiter };

/** Counts one attempt; a refusal where there were too many. */
export async function attempt(request: Request, limits: AttemptLimits): Promise<Refusal | null> {
  if (limits.RATE_LIMIT === "off") return null;
  const address = addressOf(request);
  const now = Date.now();
  const tally = tallyOf(address, now);
  tally.count++;
  if (tally.count > mostOf(limits)) return tooMany(tally.begun + MINUTE - now);
  if ((await limits.RATE?.limit({ key: address }))?.success === false) return tooMany(MINUTE);
  return null;
}

/** Whether this address has used up its attempts; costs none. */
export function usedUp(request: Request, limits: AttemptLimits): Refusal | null {
  if (limits.RATE_LIMIT === "off") return null;
  const now = Date.now();
  const tally = tallyOf(addressOf(request), now);
  return tally.count >= mostOf(limits) ? tooMany(tally.begun + MINUTE - now) : null;
}

/** Hashes of tokens that their mailboxes took. Neighbours behind one address don't wait for one of them who guesses. */
const known = new Set<string>();

/** The mailbox has taken this proof. */
export function vouch(proof: Proof): void {
  if (!("hash" in proof)) return;
  if (known.size >= ADDRESSES) known.clear();
  known.add(proof.hash);
}

/** Whether the proof needs no guessing: one that the Worker has verified, or a token that was good before. */
export function isVouchedFor(proof: Proof): boolean {
  return !("hash" in proof) || known.has(proof.hash);
}

function mostOf({ ATTEMPTS_PER_MINUTE }: AttemptLimits): number {
  return Number(ATTEMPTS_PER_MINUTE) || QUOTAS.ATTEMPTS_PER_MINUTE;
}

function tooMany(retryAfter: number): Refusal {
  return { ...refusal("rate_limited"), retryAfter };
}

function tallyOf(address: string, now: number): Tally {
  const known = tallies.get(address);
  if (known !== undefined && now - known.begun < MINUTE) return known;
  if (tallies.size >= ADDRESSES) tallies.clear();
  const fresh = { begun: now, count: 0 };
  tallies.set(address, fresh);
  return fresh;
}

/** The client's address as Cloudflare has seen it; of an IPv6 one the network, because a household has 2^64 of them. */
function addressOf(request: Request): string {
  const address = request.headers.get("CF-Connecting-IP") ?? "";
  return address.includes(":") ? address.split(":").slice(0, 4).join(":") : address;
}
