// Passkeys of an account. What an authenticator has signed the Worker verifies; that the challenge was ours, and is used once, is
// judged here. To be done in a transaction, what writes.
import type { NewToken, Passkey, UsedPasskey } from "../../protocol/account.ts";
import { logEvent } from "../../protocol/log-events.ts";
import { PASSKEYS, USED_CHALLENGES } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { CallResult } from "../../protocol/caller.ts";
import type { MailboxContext } from "../context.ts";
import type { Challenge } from "../log/accounts/account-rows.ts";
import { notifyUser, refuseAttempt } from "./notify-user.ts";
import { signInDevice } from "./sign-in.ts";

/** Why a passkey can't be added over this challenge, or null. Looked at before anything is verified, and again when it is kept. */
export function checkAdding(context: MailboxContext, challenge: Challenge | null): Refusal | null {
  if (!isFresh(context, challenge)) return refusal("unauthorized", "the challenge is not or no longer good");
  const { length } = context.log.account.passkeys();
  return length < PASSKEYS ? null : refusal("forbidden", "there are too many passkeys");
}

/** Adds one. `challenge` null: it was not ours, or is no longer good. */
export function addPasskey(context: MailboxContext, challenge: Challenge | null, passkey: Passkey): CallResult<null> {
  const { account } = context.log;
  const no = checkAdding(context, challenge) ?? useUp(context, challenge);
  if (no !== null) return { refused: no };
  if (account.passkeys().some(({ id }) => id === passkey.id))
    return { refused: refusal("forbidden", "it is there already") };
  account.addPasskey(passkey);
  notifyUser(context, "new_passkey", passkey.label);
  logEvent("passkey_added", { user: context.user });
  return { value: null };
}

/** Signs a device in, whose authenticator has signed the challenge with a passkey of ours. */
export function enter(
  context: MailboxContext,
  challenge: Challenge | null,
  used: UsedPasskey,
  token: NewToken,
): CallResult<{ readonly id: string }> {
  const no = usePasskey(context, "sign_in_refused", challenge, used);
  return no === null ? { value: signInDevice(context, token, "passkey") } : { refused: no };
}

/** The passkey was used over this challenge, which is used up; or why that counts for nothing. */
export function usePasskey(
  context: MailboxContext,
  event: "sign_in_refused" | "proof_refused",
  challenge: Challenge | null,
  used: UsedPasskey,
): Refusal | null {
  const passkey = context.log.account.passkeys().find(({ id }) => id === used.id);
  // A counter that does not grow, where there is one, is that of a copy.
  const copied = passkey !== undefined && passkey.counter > 0 && used.counter <= passkey.counter;
  if (passkey === undefined || copied || !isFresh(context, challenge)) return refusePasskey(context, event);
  if (event === "sign_in_refused" && context.suspension.now !== null) return refusal("suspended");
  const no = useUp(context, challenge);
  if (no === null) context.log.account.usedPasskey(passkey, used.counter, Date.now());
  return no;
}

/** The answer to a passkey that is none of ours, or that signed something else. */
export function refusePasskey(context: MailboxContext, event: "sign_in_refused" | "proof_refused"): Refusal {
  const no = refuseAttempt(context, event, "The passkey is not or no longer good.");
  return event === "proof_refused" ? { ...no, field: "response" } : no;
}

export function removePasskey(context: MailboxContext, id: string): CallResult<null> {
  const passkey = context.log.account.passkeys().find((one) => one.id === id);
  if (passkey === undefined) return { refused: refusal("not_found", "there is no such passkey") };
  dropPasskey(context, passkey);
  return { value: null };
}

export function dropPasskey(context: MailboxContext, { id, label }: Passkey): void {
  context.log.account.removePasskey(id);
  notifyUser(context, "passkey_removed", label);
  logEvent("passkey_removed", { user: context.user });
}

/** Whether a challenge is ours, in time, and was not used. */
export function isFresh(context: MailboxContext, challenge: Challenge | null): challenge is Challenge {
  const { account } = context.log.account;
  if (account === null || challenge === null || challenge.expires <= Date.now()) return false;
  return !account.used.some(({ nonce }) => nonce === challenge.nonce);
}

/** Null the first time. What has expired needs no remembering; nothing else is forgotten, so that no challenge is good twice. */
function useUp(context: MailboxContext, challenge: Challenge | null): Refusal | null {
  const { account } = context.log.account;
  if (account === null || challenge === null) return refusal("unauthorized");
  const now = Date.now();
  const used = account.used.filter(({ expires }) => expires > now);
  if (used.length >= USED_CHALLENGES) {
    const first = Math.min(...used.map(({ expires }) => expires));
    return { ...refusal("rate_limited"), retryAfter: first - now };
  }
  context.log.account.change({ used: [...used, challenge] });
  return null;
}
