// Fresh proofs. A change of credentials needs one. Answers: a stranger who picks up a device, reads and writes with it,
// and makes a credential that outlasts the device. To be called inside a transaction.
import type { UsedPasskey } from "../../protocol/account.ts";
import type { CallResult, Proof } from "../../protocol/caller.ts";
import { PROOF_MS } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { tokenOf } from "./check-token.ts";
import { refuseAttempt } from "./notify-user.ts";
import { usePasskey } from "./passkeys.ts";
import type { MailboxContext } from "../instance/context.ts";
import { type Challenge, isSame, type Token } from "../log/accounts/account-rows.ts";

/**
 * Checks for a fresh proof. Only a device's token can be in the wrong hands for long, and only accounts have proofs.
 */
export function checkFreshProof(context: MailboxContext, proof: Proof): Refusal | null {
  const token = tokenOf(context, proof);
  return token === null || isFreshlyProved(token) ? null : refusal("proof_required");
}

function isFreshlyProved({ created, proved }: Token): boolean {
  return Date.now() - Math.max(created, proved) < PROOF_MS;
}

/** Proof by the recovery code, which stays valid. */
export function proveByCode(context: MailboxContext, proof: Proof, hash: string): CallResult<null> {
  const { account } = context.log.account;
  if (account === null || !isSame(account.recovery, hash)) {
    return { refused: { ...refuseAttempt(context, "proof_refused", "The recovery code is wrong."), field: "code" } };
  }
  return proved(context, proof);
}

/** Proof by a passkey of the account, with which an authenticator signed the challenge. */
export function proveByPasskey(
  context: MailboxContext,
  proof: Proof,
  challenge: Challenge | null,
  used: UsedPasskey,
): CallResult<null> {
  const refused = usePasskey(context, "proof_refused", challenge, used);
  return refused === null ? proved(context, proof) : { refused };
}

function proved(context: MailboxContext, proof: Proof): CallResult<null> {
  const token = tokenOf(context, proof);
  if (token !== null) context.log.account.recordProof(token, Date.now());
  return { value: null };
}
