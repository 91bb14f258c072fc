// The token of one request. As long as its mailbox has not spoken, what may be a guess holds one of its address's attempts; what the
// mailbox says settles that, and is remembered of the token.
import type { Context } from "hono";
import type { Code, Refusal } from "../protocol/refusals.ts";
import type { Caller } from "../protocol/caller.ts";
import { networkOf } from "./address.ts";
import { type Attempt, attempt } from "./attempts.ts";
import { noteAttempt } from "./attempt-log.ts";
import { remember } from "./known-tokens.ts";

type Asking = Context<{ Bindings: Env }>;

interface Asker {
  readonly visitor: Caller;
  /** Of the token. */
  readonly hash: string;
  /** Whether its mailbox took the token the last time. */
  readonly wasGood: boolean;
  /** The attempt that is reserved; null for what is no guess. */
  readonly held: Attempt | null;
  isSettled: boolean;
}

/** With these a mailbox says no to whoever asks; with all others to what they ask. */
const OBJECTIONS: ReadonlySet<Code> = new Set(["unauthorized", "forbidden", "erased", "suspended"]);
/** Of these a token that was good stays known: it was not guessed, and another request of it may go well. */
const OF_GOOD_TOKENS: ReadonlySet<Code> = new Set(["forbidden", "suspended"]);
/** These say nothing of the token. */
const OF_NO_TOKEN: ReadonlySet<Code> = new Set(["internal", "unable_to_store"]);

const askers = new WeakMap<Asking, Asker>();

/** From now on it is known who asks. */
export function identified(c: Asking, asker: Omit<Asker, "isSettled">): void {
  askers.set(c, { ...asker, isSettled: false });
}

/** Who asks, if that is known; and whether the mailbox still has to say that the token is good. */
export function requestTokenOf(c: Asking): { readonly visitor: Caller; readonly isConfirmed: boolean } | null {
  const asker = askers.get(c);
  return asker === undefined ? null : { visitor: asker.visitor, isConfirmed: asker.wasGood || asker.isSettled };
}

/** The mailbox took the token. */
export function confirm(c: Asking): void {
  const asker = open(c);
  if (asker === null) return;
  asker.held?.giveBack();
  remember(asker.hash, "good");
}

/** The mailbox said no. A no to whoever asks counts as an attempt; the refusal to give, which may be that there were too many. */
export async function refuted(c: Asking, why: Refusal): Promise<Refusal> {
  const asker = open(c);
  if (asker === null) return why;
  if (why.code === "unauthorized" && why.field !== undefined) {
    // What was wrong stands beside the token: an attempt, with a token that is good.
    remember(asker.hash, "good");
    return (await countRefused(c, asker.held)) ?? why;
  }
  if (OF_NO_TOKEN.has(why.code)) asker.held?.giveBack();
  else if (!OBJECTIONS.has(why.code)) {
    asker.held?.giveBack();
    remember(asker.hash, "good");
  } else if (!(asker.wasGood && OF_GOOD_TOKENS.has(why.code))) {
    remember(asker.hash, "refused");
    return (await countRefused(c, asker.held)) ?? why;
  }
  return why;
}

/** The Worker said no itself: an attempt, unless the token was good before. Of the token nothing is learnt. */
export async function refused(c: Asking, why: Refusal): Promise<Refusal> {
  const asker = open(c);
  return asker === null || asker.wasGood ? why : ((await countRefused(c, asker.held)) ?? why);
}

/** The request is over. An attempt that nothing was said of is given back, unless the answer looks like a no. */
export function over(c: Asking, status: number): void {
  if (status < 300) return confirm(c);
  const asker = open(c);
  if (asker?.held == null) return;
  if (status === 401 || status === 403 || status === 429) void asker.held.keep();
  else asker.held.giveBack();
}

/** Counts an attempt, or the one that is reserved, and has the log say so; a refusal where there were too many. */
export function countRefused(c: Asking, held: Attempt | null): Promise<Refusal | null> {
  noteAttempt("token_refused", networkOf(c.req.raw, c.env));
  return held === null ? attempt(c.req.raw, c.env) : held.keep();
}

/** The asker, the first time that something is said of the token. */
function open(c: Asking): Asker | null {
  const asker = askers.get(c);
  if (asker === undefined || asker.isSettled) return null;
  asker.isSettled = true;
  return asker;
}
