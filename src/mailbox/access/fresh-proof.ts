// Who changes who comes in shows first that they are the user: a device that somebody else has picked up can read and write, and nothing
// of what it does outlasts it. To be done in a transaction.
import { PROOF_MS } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { UsedPasskey } from "../../protocol/account.ts";
import type { CallResult, Proof } from "../../protocol/caller.ts";
import { tokenOf } from "./account.ts";
import type { MailboxContext } from "../context.ts";
import type { Challenge } from "../log/accounts/account-rows.ts";
import { isSame, type Token } from "../log/accounts/account-rows.ts";
import { refuseAttempt } from "./notify-user.ts";
import { usePasskey } from "./passkeys.ts";

/** Why this may not be done now, or null. Only a device's token can be in the wrong hands for long, and only accounts have proofs. */
export function checkFreshProof(context: MailboxContext, proof: Proof): Refusal | null {
  const token = tokenOf(context, proof);
  return token === null || isProved(token) ? null : refusal("proof_required");
}

function isProved({ created, proved }: Token): boolean {
  return Date.now() - Math.max(created, proved) < PROOF_MS;
}

/** The device shows the recovery code, which goes on to be good. */
export function proveByCode(context: MailboxContext, proof: Proof, hash: string): CallResult<null> {
  const { account } = context.log.account;
  if (account === null || !isSame(account.recovery, hash)) {
    return { refused: { ...refuseAttempt(context, "proof_refused", "The recovery code is wrong."), field: "code" } };
  }
  return proved(context, proof);
}

/** An authenticator has signed the challenge with a passkey of ours. */
export function proveByPasskey(
  context: MailboxContext,
  proof: Proof,
  challenge: Challenge | null,
  used: UsedPasskey,
): CallResult<null> {
  const no = usePasskey(context, "proof_refused", challenge, used);
  return no === null ? proved(context, proof) : { refused: no };
}

function proved(context: MailboxContext, proof: Proof): CallResult<null> {
  const token = tokenOf(context, proof);
  if (token !== null) context.log.account.proved(token, Date.now());
  return { value: null };
}
