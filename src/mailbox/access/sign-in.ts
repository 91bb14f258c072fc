// The ways into an account: to claim its name, or to bring a code. Codes are too long to guess, so wrong ones don't end
// the right one; guessing is rate-limited by address before it gets here. To be called inside a transaction.
import type { NewToken } from "../../protocol/account.ts";
import type { CallResult } from "../../protocol/caller.ts";
import { MAX_SIGNED_IN_DEVICES } from "../../protocol/limits.ts";
import { logEvent } from "../../protocol/log-events.ts";
import { refusal } from "../../protocol/refusals.ts";
import { tokenIdOf } from "../../protocol/service.ts";
import { endIdle } from "./check-token.ts";
import { randomText } from "./challenge.ts";
import { checkBeginning } from "./check-beginning.ts";
import { notifyUser, refuseAttempt } from "./notify-user.ts";
import type { MailboxContext } from "../instance/context.ts";
import { isSame } from "../log/accounts/account-rows.ts";

const WRONG = "The name or the code is wrong.";

/** The first device of an account, and the hash of its recovery code. */
export interface Claim {
  readonly token: NewToken;
  readonly recovery: string;
}

/** A device that has signed in. `id`: the public name of its token. */
export interface Device {
  readonly id: string;
}

/** Whether `claim` would give the name away. A mailbox that was in use before there were accounts can't be claimed. */
export function isFree(context: MailboxContext): CallResult<boolean> {
  if (context.log.row !== null || context.log.isErased) return { value: false };
  const no = checkBeginning(context);
  return no === null ? { value: true } : { refused: no };
}

/** Claims the name for the first caller. */
export function claim(context: MailboxContext, { token, recovery }: Claim): CallResult<Device> {
  const free = isFree(context);
  if ("refused" in free) return free;
  if (!free.value) return { refused: refusal("name_taken") };
  context.log.ensureCreated(context.user);
  context.log.account.claim({ recovery, recoveryBy: tokenIdOf(token.hash), secret: randomText() }, Date.now());
  logEvent("account_claimed", { user: context.user });
  return { value: admit(context, token) };
}

/** Signs a device in with the recovery code, which `next` replaces. */
export function recover(context: MailboxContext, hash: string, next: string, token: NewToken): CallResult<Device> {
  const { account } = context.log.account;
  if (account === null || !isSame(account.recovery, hash)) {
    return { refused: refuseAttempt(context, "sign_in_refused", WRONG) };
  }
  if (context.suspension.current !== null) return { refused: refusal("suspended") };
  context.log.account.change({ recovery: next, recoveryBy: tokenIdOf(token.hash) });
  notifyUser(context, "new_recovery_code", token.label);
  return { value: signInDevice(context, token, "recovery_code") };
}

/** Signs a device in with the open link code, which ends. */
export function link(context: MailboxContext, hash: string, token: NewToken): CallResult<Device> {
  const { account } = context.log.account;
  const isOpen = account !== null && account.link !== null && account.linkEnds > Date.now();
  if (!isOpen || !isSame(account.link ?? "", hash)) {
    return { refused: refuseAttempt(context, "sign_in_refused", WRONG) };
  }
  if (context.suspension.current !== null) return { refused: refusal("suspended") };
  context.log.account.change({ link: null, linkBy: null });
  return { value: signInDevice(context, token, "link_code") };
}

/** Signs a device in, and notifies all others. */
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

/**
 * Stores the token. It replaces the one that the same browser had before, and, above `SIGNED_IN`, the one not seen for
 * longest.
 */
function admit(context: MailboxContext, { hash, label, replaces }: NewToken): Device {
  const { account } = context.log;
  const now = Date.now();
  const id = tokenIdOf(hash);
  endIdle(context);
  const replaced = replaces === undefined ? null : account.token(replaces);
  if (replaced !== null) {
    account.removeToken(replaced);
    account.moveToDevice(tokenIdOf(replaced.hash), id);
  }
  const tokens = account.tokens();
  const oldest = tokens.at(-1);
  if (tokens.length >= MAX_SIGNED_IN_DEVICES && oldest !== undefined) {
    account.removeToken(oldest);
    notifyUser(context, "device_signed_out", oldest.label);
    logEvent("device_removed", { user: context.user, why: "too_many" });
  }
  account.addToken({ hash, label, created: now, seen: now, proved: 0 });
  return { id };
}
