// The ways into an account: its name is claimed, or a code is right. Codes are long enough that nobody guesses them, so a wrong one
// changes nothing for the right one: whoever guesses is slowed down by address, before they come here. To be done in a transaction.
import type { NewToken } from "../../protocol/account.ts";
import { note } from "../../protocol/log-events.ts";
import { SIGNED_IN } from "../../protocol/limits.ts";
import { refusal } from "../../protocol/refusals.ts";
import type { Answer } from "../../protocol/caller.ts";
import { endIdle, idOf } from "./account.ts";
import { objectionToBeginning } from "./check-beginning.ts";
import type { Box } from "../context.ts";
import { randomText } from "./challenge.ts";
import { isSame } from "../log/account-rows.ts";
import { notify, refuseAttempt } from "./notify-user.ts";

const WRONG = "The name or the code is wrong.";

/** A device that has signed in: what it is called by everybody who is not to know its token. */
interface Device {
  readonly id: string;
}

/** Claims the name for whoever comes first. A mailbox that was in use before there were accounts is nobody's to claim. */
export function claim(
  box: Box,
  { token, recovery }: { readonly token: NewToken; readonly recovery: string },
): Answer<Device> {
  if (box.log.life !== null || box.log.erased) return { refused: refusal("name_taken") };
  const no = objectionToBeginning(box);
  if (no !== null) return { refused: no };
  box.log.found(box.user);
  box.log.account.claim({ recovery, recoveryBy: idOf(token), secret: randomText() }, Date.now());
  note("account_claimed", { user: box.user });
  return { value: admit(box, token) };
}

/** Signs a device in with the recovery code, and puts the next one in its place. */
export function recover(box: Box, hash: string, next: string, token: NewToken): Answer<Device> {
  const { account } = box.log.account;
  if (account === null || !isSame(account.recovery, hash)) {
    return { refused: refuseAttempt(box, "sign_in_refused", WRONG) };
  }
  if (box.suspension.now !== null) return { refused: refusal("suspended") };
  box.log.account.change({ recovery: next, recoveryBy: idOf(token) });
  notify(box, "new_recovery_code", token.label);
  return { value: signInDevice(box, token, "recovery_code") };
}

/** Signs a device in with the open link code, which is used up then. */
export function link(box: Box, hash: string, token: NewToken): Answer<Device> {
  const { account } = box.log.account;
  const isOpen = account !== null && account.link !== null && account.linkEnds > Date.now();
  if (!isOpen || !isSame(account.link ?? "", hash)) {
    return { refused: refuseAttempt(box, "sign_in_refused", WRONG) };
  }
  if (box.suspension.now !== null) return { refused: refusal("suspended") };
  box.log.account.change({ link: null, linkBy: null });
  return { value: signInDevice(box, token, "link_code") };
}

/** One more device, of which all others are told. */
export function signInDevice(box: Box, token: NewToken, how: "recovery_code" | "link_code" | "passkey"): Device {
  const device = admit(box, token);
  notify(box, "new_device", token.label);
  note("signed_in", { user: box.user, with: how });
  return device;
}

/** From now on this token opens the mailbox, in the place of the one that the same browser had before. */
function admit(box: Box, { hash, label, replaces }: NewToken): Device {
  const { account } = box.log;
  const now = Date.now();
  const id = idOf({ hash });
  endIdle(box);
  const before = replaces === undefined ? null : account.token(replaces);
  if (before !== null) {
    account.remove(before);
    account.inherit(idOf(before), id);
  }
  const known = account.tokens();
  const oldest = known.at(-1);
  if (known.length >= SIGNED_IN && oldest !== undefined) {
    account.remove(oldest);
    notify(box, "device_signed_out", oldest.label);
    note("device_removed", { user: box.user, why: "too_many" });
  }
  account.add({ hash, label, created: now, seen: now, proved: 0 });
  return { id };
}
