// The token of one request. As long as its mailbox has not spoken, what may be a guess holds one of its address's attempts; what the
// mailbox says settles that, and is remembered of the token.
import type { Code, Refusal } from "../protocol/refusals.ts";
import type { Caller } from "../protocol/caller.ts";
import { loggedNetworkOf } from "./address.ts";
import { type Attempt, countAttempt } from "./attempts.ts";
import { logAttempt } from "./attempt-log.ts";
import { rememberVerdict } from "./known-tokens.ts";
import type { RequestContext } from "./request-context.ts";

interface RequestToken {
  readonly caller: Caller;
  /** Of the token. */
  readonly hash: string;
  /** Whether its mailbox took the token the last time. */
  readonly wasGood: boolean;
  /** The attempt that is reserved; null for what is no guess. */
  readonly attempt: Attempt | null;
  isSettled: boolean;
}

/** With these a mailbox says no to whoever asks; with all others to what they ask. */
const CALLER_REFUSALS: ReadonlySet<Code> = new Set(["unauthorized", "forbidden", "erased", "suspended"]);
/** Of these a token that was good stays known: it was not guessed, and another request of it may go well. */
const SPARES_GOOD_TOKENS: ReadonlySet<Code> = new Set(["forbidden", "suspended"]);
/** These say nothing of the token. */
const SAYS_NOTHING_OF_TOKENS: ReadonlySet<Code> = new Set(["internal", "unable_to_store"]);

const requestTokens = new WeakMap<RequestContext, RequestToken>();

/** From now on it is known who asks. */
export function setRequestToken(c: RequestContext, token: Omit<RequestToken, "isSettled">): void {
  requestTokens.set(c, { ...token, isSettled: false });
}

/** Who asks, if that is known; and whether the mailbox still has to say that the token is good. */
export function requestTokenOf(c: RequestContext): { readonly caller: Caller; readonly isConfirmed: boolean } | null {
  const token = requestTokens.get(c);
  return token === undefined ? null : { caller: token.caller, isConfirmed: token.wasGood || token.isSettled };
}

/** The mailbox took the token. */
export function confirmToken(c: RequestContext): void {
  const token = takeUnsettled(c);
  if (token === null) return;
  token.attempt?.release();
  rememberVerdict(token.hash, "good");
}

/** The mailbox said no. A no to whoever asks counts as an attempt; the refusal to give, which may be that there were too many. */
export async function settleRefusal(c: RequestContext, why: Refusal): Promise<Refusal> {
  const token = takeUnsettled(c);
  if (token === null) return why;
  if (why.code === "unauthorized" && why.field !== undefined) {
    // What was wrong stands beside the token: an attempt, with a token that is good.
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

/** The Worker said no itself: an attempt, unless the token was good before. Of the token nothing is learnt. */
export async function countWorkerRefusal(c: RequestContext, why: Refusal): Promise<Refusal> {
  const token = takeUnsettled(c);
  return token === null || token.wasGood ? why : ((await countRefusedToken(c, token.attempt)) ?? why);
}

/** The request is over. An attempt that nothing was said of is given back, unless the answer looks like a no. */
export function settleByStatus(c: RequestContext, status: number): void {
  if (status < 300) return confirmToken(c);
  const token = takeUnsettled(c);
  if (token?.attempt == null) return;
  if (status === 401 || status === 403 || status === 429) void token.attempt.commit();
  else token.attempt.release();
}

/** Counts an attempt, or the one that is reserved, and has the log say so; a refusal where there were too many. */
export function countRefusedToken(c: RequestContext, held: Attempt | null): Promise<Refusal | null> {
  logAttempt("token_refused", loggedNetworkOf(c.req.raw, c.env));
  return held === null ? countAttempt(c.req.raw, c.env) : held.commit();
}

/** The asker, the first time that something is said of the token. */
function takeUnsettled(c: RequestContext): RequestToken | null {
  const token = requestTokens.get(c);
  if (token === undefined || token.isSettled) return null;
  token.isSettled = true;
  return token;
}
