// Who changes who comes in shows first that they are the user: a device that somebody else has picked up can read and write, and nothing
// of what it does outlasts it. To be done in a transaction.
import { PROOF_MS } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import type { UsedPasskey } from "../../protocol/account.ts";
import type { Answer, Proof } from "../../protocol/caller.ts";
import { holder } from "./account.ts";
import type { Box } from "../context.ts";
import type { Challenge } from "./challenge.ts";
import { isSame, type Token } from "../log/account-rows.ts";
import { refuseAttempt } from "./notify-user.ts";
import { usePasskey } from "./passkeys.ts";

/** Why this may not be done now, or null. Only a device's token can be in the wrong hands for long, and only accounts have proofs. */
export function objectionToUnproved(box: Box, proof: Proof): Refusal | null {
  const token = holder(box, proof);
  return token === null || isProved(token) ? null : refusal("proof_required");
}

function isProved({ created, proved }: Token): boolean {
  return Date.now() - Math.max(created, proved) < PROOF_MS;
}

/** The device shows the recovery code, which goes on to be good. */
export function proveByCode(box: Box, proof: Proof, hash: string): Answer<null> {
  const { account } = box.log.account;
  if (account === null || !isSame(account.recovery, hash)) {
    return { refused: { ...refuseAttempt(box, "proof_refused", "The recovery code is wrong."), field: "code" } };
  }
  return proved(box, proof);
}

/** An authenticator has signed the challenge with a passkey of ours. */
export function proveByPasskey(box: Box, proof: Proof, challenge: Challenge | null, used: UsedPasskey): Answer<null> {
  const no = usePasskey(box, "proof_refused", challenge, used);
  return no === null ? proved(box, proof) : { refused: no };
}

function proved(box: Box, proof: Proof): Answer<null> {
  const token = holder(box, proof);
  if (token !== null) box.log.account.proved(token, Date.now());
  return { value: null };
}
