// Passkeys of an account. The Worker verifies the signatures of authenticators; the mailbox checks that the challenge
// is its own and used once. Functions that write are to be called inside a transaction.
import type { NewToken, Passkey, UsedPasskey } from "../../protocol/account.ts";
import type { CallResult } from "../../protocol/caller.ts";
import { MAX_PASSKEYS, MAX_USED_CHALLENGES } from "../../protocol/limits.ts";
import { logEvent } from "../../protocol/log-events.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { notifyUser, refuseAttempt } from "./notify-user.ts";
import { signInDevice } from "./sign-in.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { Challenge } from "../log/accounts/account-rows.ts";

export function findPasskey(context: MailboxContext, id: string): Passkey | null {
  return context.log.account.passkeys().find((passkey) => passkey.id === id) ?? null;
}

/** The passkey, if something can be proved with it over this challenge. */
export function proofPasskey(context: MailboxContext, challenge: Challenge | null, id: string): CallResult<Passkey> {
  const passkey = findPasskey(context, id);
  if (passkey === null || !isFresh(context, challenge)) return { refused: refusePasskey(context, "proof_refused") };
  return { value: passkey };
}

/**
 * Checks whether a passkey can be added over this challenge: before the Worker verifies anything, and again when it is
 * stored.
 */
export function checkAdding(context: MailboxContext, challenge: Challenge | null): Refusal | null {
  if (!isFresh(context, challenge)) return refusal("unauthorized", "the challenge is not or no longer good");
  const { length } = context.log.account.passkeys();
  return length < MAX_PASSKEYS ? null : refusal("forbidden", "there are too many passkeys");
}

/** Adds a passkey. `challenge` null: this mailbox did not make it. */
export function addPasskey(context: MailboxContext, challenge: Challenge | null, passkey: Passkey): CallResult<null> {
  const { account } = context.log;
  const refused = checkAdding(context, challenge) ?? useUp(context, challenge);
  if (refused !== null) return { refused };
  if (findPasskey(context, passkey.id) !== null) return { refused: refusal("forbidden", "it is there already") };
  account.addPasskey(passkey);
  notifyUser(context, "new_passkey", passkey.label);
  logEvent("passkey_added", { user: context.user });
  return { value: null };
}

/** Signs in a device whose authenticator signed the challenge with a passkey of the account. */
export function enter(
  context: MailboxContext,
  challenge: Challenge | null,
  used: UsedPasskey,
  token: NewToken,
): CallResult<{ readonly id: string }> {
  const refused = usePasskey(context, "sign_in_refused", challenge, used);
  return refused === null ? { value: signInDevice(context, token, "passkey") } : { refused };
}

/** Uses up the challenge and notes that the passkey was used, or refuses it. */
export function usePasskey(
  context: MailboxContext,
  event: "sign_in_refused" | "proof_refused",
  challenge: Challenge | null,
  used: UsedPasskey,
): Refusal | null {
  const passkey = findPasskey(context, used.id);
  // Authenticators with a counter increase it each time: one that does not grow belongs to a copy of the key.
  const isCopy = passkey !== null && passkey.counter > 0 && used.counter <= passkey.counter;
  if (passkey === null || isCopy || !isFresh(context, challenge)) return refusePasskey(context, event);
  if (event === "sign_in_refused" && context.suspension.current !== null) return refusal("suspended");
  const refused = useUp(context, challenge);
  if (refused === null) context.log.account.recordPasskeyUse(passkey, used.counter, Date.now());
  return refused;
}

/** The refusal of a passkey that is unknown, or that signed something else. */
export function refusePasskey(context: MailboxContext, event: "sign_in_refused" | "proof_refused"): Refusal {
  const refused = refuseAttempt(context, event, "The passkey is not or no longer good.");
  return event === "proof_refused" ? { ...refused, field: "response" } : refused;
}

export function removePasskey(context: MailboxContext, id: string): CallResult<null> {
  const passkey = findPasskey(context, id);
  if (passkey === null) return { refused: refusal("not_found", "there is no such passkey") };
  dropPasskey(context, passkey);
  return { value: null };
}

export function dropPasskey(context: MailboxContext, { id, label }: Passkey): void {
  context.log.account.removePasskey(id);
  notifyUser(context, "passkey_removed", label);
  logEvent("passkey_removed", { user: context.user });
}

/** Whether the challenge is the mailbox's own, in time, and unused. */
function isFresh(context: MailboxContext, challenge: Challenge | null): challenge is Challenge {
  const { account } = context.log.account;
  if (account === null || challenge === null || challenge.expires <= Date.now()) return false;
  return !account.used.some(({ nonce }) => nonce === challenge.nonce);
}

/** Stores that the challenge was used. Only expired ones are forgotten, so that no challenge is good twice. */
function useUp(context: MailboxContext, challenge: Challenge | null): Refusal | null {
  const { account } = context.log.account;
  if (account === null || challenge === null) return refusal("unauthorized");
  const now = Date.now();
  const used = account.used.filter(({ expires }) => expires > now);
  if (used.length >= MAX_USED_CHALLENGES) {
    const first = Math.min(...used.map(({ expires }) => expires));
    return { ...refusal("rate_limited"), retryAfter: first - now };
  }
  context.log.account.change({ used: [...used, challenge] });
  return null;
}
