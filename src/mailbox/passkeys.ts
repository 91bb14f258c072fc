// Passkeys of an account. What an authenticator has signed the Worker verifies; that the challenge was ours, and is used once, is
// judged here. To be done in a group, what writes.
import type { NewToken, Passkey } from "../protocol/account.ts";
import { PASSKEYS } from "../protocol/limits.ts";
import { refusal } from "../protocol/refusals.ts";
import type { Answer } from "../protocol/visitor.ts";
import { admit } from "./account.ts";
import type { Box } from "./box.ts";
import type { Challenge } from "./challenge.ts";

/** Adds one. `challenge` null: it was not ours, or is no longer good. */
export function addPasskey(box: Box, challenge: Challenge | null, passkey: Passkey): Answer<null> {
  const { account } = box.log;
  if (!useUp(box, challenge)) return { refused: refusal("unauthorized", "the challenge is not or no longer good") };
  if (account.passkeys().length >= PASSKEYS) return { refused: refusal("forbidden", "there are too many passkeys") };
  if (account.passkeys().some(({ id }) => id === passkey.id))
    return { refused: refusal("forbidden", "it is there already") };
  account.addPasskey(passkey);
  return { value: null };
}

/** Signs a device in, whose authenticator has signed the challenge with a passkey of ours. */
export function enter(
  box: Box,
  challenge: Challenge | null,
  used: { readonly id: string; readonly counter: number },
  token: NewToken,
): Answer<{ readonly id: string }> {
  const passkey = box.log.account.passkeys().find(({ id }) => id === used.id);
  // A counter that does not grow, where there is one, is that of a copy.
  const copied = passkey !== undefined && passkey.counter > 0 && used.counter <= passkey.counter;
  if (passkey === undefined || copied || !useUp(box, challenge)) {
    return { refused: refusal("unauthorized", "the passkey is not or no longer good") };
  }
  box.log.account.usedPasskey(passkey, used.counter, Date.now());
  return { value: admit(box, token) };
}

export function removePasskey(box: Box, id: string): Answer<null> {
  if (!box.log.account.passkeys().some((one) => one.id === id)) {
    return { refused: refusal("not_found", "there is no such passkey") };
  }
  box.log.account.removePasskey(id);
  return { value: null };
}

/** True the first time. What has expired needs no remembering. */
function useUp(box: Box, challenge: Challenge | null): boolean {
  const { account } = box.log.account;
  const now = Date.now();
  if (account === null || challenge === null || challenge.expires <= now) return false;
  const used = account.used.filter(({ expires }) => expires > now);
  if (used.some(({ nonce }) => nonce === challenge.nonce)) return false;
  box.log.account.change({ used: [...used, challenge] });
  return true;
}
