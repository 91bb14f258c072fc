// The ways into an account: its name is claimed, or a code is right. Codes are long enough that nobody guesses them, so a wrong one
// changes nothing for the right one: whoever guesses is slowed down by address, before they come here. To be done in a transaction.
import type { NewToken } from "../../protocol/account.ts";
import { logEvent } from "../../protocol/log-events.ts";
import { SIGNED_IN } from "../../protocol/limits.ts";
import { refusal } from "../../protocol/refusals.ts";
import type { CallResult } from "../../protocol/caller.ts";
import { endIdle, idOf } from "./account.ts";
import { checkBeginning } from "./check-beginning.ts";
import type { MailboxContext } from "../context.ts";
import { randomText } from "./challenge.ts";
import { isSame } from "../log/accounts/account-rows.ts";
import { notifyUser, refuseAttempt } from "./notify-user.ts";

const WRONG = "The name or the code is wrong.";

/** A device that has signed in: what it is called by everybody who is not to know its token. */
interface Device {
  readonly id: string;
}

/** Claims the name for whoever comes first. A mailbox that was in use before there were accounts is nobody's to claim. */
export function claim(
  context: MailboxContext,
  { token, recovery }: { readonly token: NewToken; readonly recovery: string },
): CallResult<Device> {
  if (context.log.row !== null || context.log.erased) return { refused: refusal("name_taken") };
  const no = checkBeginning(context);
  if (no !== null) return { refused: no };
  context.log.ensureCreated(context.user);
  context.log.account.claim({ recovery, recoveryBy: idOf(token), secret: randomText() }, Date.now());
  logEvent("account_claimed", { user: context.user });
  return { value: admit(context, token) };
}

/** Signs a device in with the recovery code, and puts the next one in its place. */
export function recover(context: MailboxContext, hash: string, next: string, token: NewToken): CallResult<Device> {
  const { account } = context.log.account;
  if (account === null || !isSame(account.recovery, hash)) {
    return { refused: refuseAttempt(context, "sign_in_refused", WRONG) };
  }
  if (context.suspension.now !== null) return { refused: refusal("suspended") };
  context.log.account.change({ recovery: next, recoveryBy: idOf(token) });
  notifyUser(context, "new_recovery_code", token.label);
  return { value: signInDevice(context, token, "recovery_code") };
}

/** Signs a device in with the open link code, which is used up then. */
export function link(context: MailboxContext, hash: string, token: NewToken): CallResult<Device> {
  const { account } = context.log.account;
  const isOpen = account !== null && account.link !== null && account.linkEnds > Date.now();
  if (!isOpen || !isSame(account.link ?? "", hash)) {
    return { refused: refuseAttempt(context, "sign_in_refused", WRONG) };
  }
  if (context.suspension.now !== null) return { refused: refusal("suspended") };
  context.log.account.change({ link: null, linkBy: null });
  return { value: signInDevice(context, token, "link_code") };
}

/** One more device, of which all others are told. */
export function signInDevice(
  context: MailboxContext,
  token: NewToken,
  how: "recovery_code" | "link_code" | "passkey",
): Device {
  const device = admit(context, token);
  notifyUser(context, "new_device", token.label);
  logEvent("signed_in", { user: context.user, with: how });
  return device;
}

/** From now on this token opens the mailbox, in the place of the one that the same browser had before. */
function admit(context: MailboxContext, { hash, label, replaces }: NewToken): Device {
  const { account } = context.log;
  const now = Date.now();
  const id = idOf({ hash });
  endIdle(context);
  const before = replaces === undefined ? null : account.token(replaces);
  if (before !== null) {
    account.remove(before);
    account.inherit(idOf(before), id);
  }
  const known = account.tokens();
  const oldest = known.at(-1);
  if (known.length >= SIGNED_IN && oldest !== undefined) {
    account.remove(oldest);
    notifyUser(context, "device_signed_out", oldest.label);
    logEvent("device_removed", { user: context.user, why: "too_many" });
  }
  account.add({ hash, label, created: now, seen: now, proved: 0 });
  return { id };
}
