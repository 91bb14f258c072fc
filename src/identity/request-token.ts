// The token of one request, and the attempt that it may hold. A token that may be a guess reserves one of its address's
// attempts. The mailbox's response settles it, once, and is remembered as the verdict on the token.
import type { Code, Refusal } from "../protocol/refusals.ts";
import type { Caller } from "../protocol/caller.ts";
import { loggedNetworkOf } from "./address.ts";
import { type Attempt, countAttempt } from "./attempts.ts";
import { logAttempt } from "./attempt-log.ts";
import { rememberVerdict } from "./known-tokens.ts";
import type { RequestContext } from "./request-context.ts";

interface RequestToken {
  readonly caller: Caller;
  /** The token's SHA-256, hex. */
  readonly hash: string;
  /** Whether the mailbox's last verdict on the token was good. */
  readonly wasGood: boolean;
  /** The reserved attempt; null for a token that is no guess. */
  readonly attempt: Attempt | null;
  isSettled: boolean;
}

/** Refusals of the caller. All other codes refuse the request of an accepted caller. */
const CALLER_REFUSALS: ReadonlySet<Code> = new Set(["unauthorized", "forbidden", "erased", "suspended"]);
/** Refusals after which a token that was good stays good: it was not guessed, and another request may succeed. */
const SPARES_GOOD_TOKENS: ReadonlySet<Code> = new Set(["forbidden", "suspended"]);
/** Refusals that don't depend on the token. */
const SAYS_NOTHING_OF_TOKENS: ReadonlySet<Code> = new Set(["internal", "unable_to_store"]);

/** By request, for as long as the request lives. */
const requestTokens = new WeakMap<RequestContext, RequestToken>();

/** Stores the request's token once its caller is identified. */
export function setRequestToken(c: RequestContext, token: Omit<RequestToken, "isSettled">): void {
  requestTokens.set(c, { ...token, isSettled: false });
}

/** The caller, if identified, and whether the mailbox has confirmed the token. */
export function requestTokenOf(c: RequestContext): { readonly caller: Caller; readonly isConfirmed: boolean } | null {
  const token = requestTokens.get(c);
  return token === undefined ? null : { caller: token.caller, isConfirmed: token.wasGood || token.isSettled };
}

/** Settles the token as good: the mailbox accepted it. */
export function confirmToken(c: RequestContext): void {
  const token = takeUnsettled(c);
  if (token === null) return;
  token.attempt?.release();
  rememberVerdict(token.hash, "good");
}

/**
 * Settles the token after a mailbox's refusal. A refusal of the caller counts as an attempt. Returns the refusal to
 * respond with: `why`, or `rate_limited` after too many attempts.
 */
export async function settleRefusal(c: RequestContext, why: Refusal): Promise<Refusal> {
  const token = takeUnsettled(c);
  if (token === null) return why;
  if (why.code === "unauthorized" && why.field !== undefined) {
    // Another credential of the request was wrong, such as a code: an attempt, but the token is good.
    rememberVerdict(token.hash, "good");
    return (await countRefusedToken(c, token.attempt)) ?? why;
  }
  if (SAYS_NOTHING_OF_TOKENS.has(why.code)) token.attempt?.release();
  else if (!CALLER_REFUSALS.has(why.code)) {
    token.attempt?.release();
    rememberVerdict(token.hash, "good");
  } else if (!(token.wasGood && SPARES_GOOD_TOKENS.has(why.code))) {
    rememberVerdict(token.hash, "refused");
    return (await countRefusedToken(c, token.attempt)) ?? why;
  }
  return why;
}

/** Settles the token after a refusal by the Worker: an attempt, unless the token was good before. No verdict. */
export async function countWorkerRefusal(c: RequestContext, why: Refusal): Promise<Refusal> {
  const token = takeUnsettled(c);
  return token === null || token.wasGood ? why : ((await countRefusedToken(c, token.attempt)) ?? why);
}

/** Settles an unsettled token by the response's status: 401, 403 and 429 count as an attempt, other errors don't. */
export function settleByStatus(c: RequestContext, status: number): void {
  if (status < 300) return confirmToken(c);
  const token = takeUnsettled(c);
  if (token?.attempt == null) return;
  if (status === 401 || status === 403 || status === 429) void token.attempt.commit();
  else token.attempt.release();
}

/** Logs and counts a refused token, with its reserved attempt if any. Returns a refusal after too many attempts. */
export function countRefusedToken(c: RequestContext, reserved: Attempt | null): Promise<Refusal | null> {
  logAttempt("token_refused", loggedNetworkOf(c.req.raw, c.env));
  return reserved === null ? countAttempt(c.req.raw, c.env) : reserved.commit();
}

/** The request's token if it is not settled yet; marks it as settled. */
function takeUnsettled(c: RequestContext): RequestToken | null {
  const token = requestTokens.get(c);
  if (token === undefined || token.isSettled) return null;
  token.isSettled = true;
  return token;
}
