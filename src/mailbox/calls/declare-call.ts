// Declares one call that the Worker makes to a mailbox: who may make it, and what it does. Each table lists the calls
// of a subject, calls.ts joins the tables, and mailbox.ts turns them into RPC methods. This file knows no single call.
import type { CallResult, Caller, Proof } from "../../protocol/caller.ts";
import type { Refusal } from "../../protocol/refusals.ts";
import { type AlsoAllowed, checkAccess } from "../access/check-token.ts";
import { checkFreshProof } from "../access/fresh-proof.ts";
import type { MailboxContext, MailboxObject } from "../instance/context.ts";
import { chargeAnswer, checkRequestAllowance } from "../limits/allowance.ts";

/** A call as the tables have it. The first argument names the mailbox; the object has begun the event before. */
export type Call<Who extends Caller | string, Args extends readonly unknown[], Result> = (
  object: MailboxObject,
  who: Who,
  ...args: Args
) => Promise<Result>;

/** Runs inside a transaction of the group commit, after the checks. */
type CallerWork<Args extends readonly unknown[], T> = (
  context: MailboxContext,
  proof: Proof,
  ...args: Args
) => CallResult<T>;

interface CallerRule {
  readonly even: AlsoAllowed | null;
  readonly needsFreshProof: boolean;
}

/** A caller whom the mailbox lets in: its user, or an operator on the user's behalf. */
export function caller<Args extends readonly unknown[], T>(
  work: CallerWork<Args, T>,
): Call<Caller, Args, CallResult<T>> {
  return checked(work, { even: null, needsFreshProof: false });
}

/** As `caller`, and a suspended user may make it too. */
export function callerEvenSuspended<Args extends readonly unknown[], T>(
  work: CallerWork<Args, T>,
): Call<Caller, Args, CallResult<T>> {
  return checked(work, { even: "suspended", needsFreshProof: false });
}

/** As `caller`, with a fresh proof that it is the user: for calls that change who gets in. */
export function provenCaller<Args extends readonly unknown[], T>(
  work: CallerWork<Args, T>,
): Call<Caller, Args, CallResult<T>> {
  return checked(work, { even: null, needsFreshProof: true });
}

/**
 * A caller without a token of this mailbox, who claims it or presents a code. `work` itself checks the code.
 */
export function anybody<Args extends readonly unknown[], Result>(
  work: (context: MailboxContext, ...args: Args) => Result,
): Call<string, Args, Result> {
  return byName(work);
}

/** An operator: the Worker has checked that, and the mailbox does not check it again. */
export function operator<Args extends readonly unknown[], Result>(
  work: (context: MailboxContext, ...args: Args) => Result,
): Call<string, Args, Result> {
  return byName(work);
}

/** The result of a call that only does something: the refusal, or null as the value. */
export function done(refused: Refusal | null): CallResult<null> {
  return refused === null ? { value: null } : { refused };
}

function byName<Args extends readonly unknown[], Result>(
  work: (context: MailboxContext, ...args: Args) => Result,
): Call<string, Args, Result> {
  return (object, name, ...args) => {
    const context = object.context(name);
    return context.groupCommit.run(() => work(context, ...args));
  };
}

function checked<Args extends readonly unknown[], T>(
  work: CallerWork<Args, T>,
  rule: CallerRule,
): Call<Caller, Args, CallResult<T>> {
  return (object, { name, proof }, ...args) => {
    const context = object.context(name);
    return context.groupCommit.run(() => {
      const refused = checkCaller(context, proof, rule);
      if (refused !== null) return { refused };
      const result = work(context, proof, ...args);
      if ("value" in result && typeof result.value === "string") chargeAnswer(context, result.value.length);
      return result;
    });
  };
}

/**
 * A request is charged to the user only after the proof was accepted: a stranger's request is charged to its address.
 */
function checkCaller(context: MailboxContext, proof: Proof, { even, needsFreshProof }: CallerRule): Refusal | null {
  const refused = checkAccess(context, proof, even);
  if (refused !== null) return refused;
  const tooMany = proof.is === "operator" ? null : checkRequestAllowance(context);
  if (tooMany !== null || !needsFreshProof) return tooMany;
  return checkFreshProof(context, proof);
}
