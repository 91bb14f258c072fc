// Signed-in devices: lists them, makes codes for more of them, and signs them out. When one device signs out another,
// the codes and passkeys that the other made end too, so that the thief of a device can't come back. To be called
// inside a transaction.
import type { CallResult, Proof, SignedInDevice } from "../../protocol/caller.ts";
import { LINK_CODE_MS } from "../../protocol/limits.ts";
import { logEvent } from "../../protocol/log-events.ts";
import { refusal } from "../../protocol/refusals.ts";
import { tokenIdOf } from "../../protocol/service.ts";
import { endIdle, makerOf, tokenOf } from "./check-token.ts";
import { checkFreshProof } from "./fresh-proof.ts";
import { notifyUser } from "./notify-user.ts";
import { dropPasskey } from "./passkeys.ts";
import type { MailboxContext } from "../instance/context.ts";
import type { Token } from "../log/accounts/account-rows.ts";

/** The signed-in devices, the latest first. */
export function devices(context: MailboxContext, proof: Proof): readonly SignedInDevice[] {
  const current = tokenOf(context, proof);
  // A look by an operator changes nothing.
  if (proof.is === "token") endIdle(context);
  const online = new Set([...context.sockets.all()].map(({ token }) => token));
  return context.log.account.tokens().map((token) => {
    const { label, created, seen } = token;
    const id = tokenIdOf(token.hash);
    return { id, label, created, seen, online: online.has(id), current: token === current };
  });
}

/** Replaces the recovery code by the one with this hash. */
export function renewRecoveryCode(context: MailboxContext, proof: Proof, recovery: string): null {
  context.log.account.change({ recovery, recoveryBy: makerOf(context, proof) });
  notifyUser(context, "new_recovery_code", tokenOf(context, proof)?.label);
  logEvent("code_renewed", { user: context.user, code: "recovery_code" });
  return null;
}

/** Opens a link code in place of the last one. Returns when it ends, ms since 1970. */
export function openLinkCode(context: MailboxContext, proof: Proof, hash: string): number {
  const linkEnds = Date.now() + LINK_CODE_MS;
  context.log.account.change({ link: hash, linkEnds, linkBy: makerOf(context, proof) });
  notifyUser(context, "new_link_code", tokenOf(context, proof)?.label);
  logEvent("code_renewed", { user: context.user, code: "link_code" });
  return linkEnds;
}

/**
 * Signs out the device with this id, or the calling one for null; its sockets are closed at the end of the transaction.
 * A device that signs itself out leaves what it made. With another one its codes and passkeys end: if the recovery code
 * is among them, the one with the hash `next` replaces it, and the result is true.
 */
export function signOut(
  context: MailboxContext,
  proof: Proof,
  id: string | null,
  next: string | null,
): CallResult<boolean> {
  const own = tokenOf(context, proof);
  const token = id === null ? own : context.log.account.tokens().find(({ hash }) => tokenIdOf(hash) === id);
  if (token === null || token === undefined) return { refused: refusal("not_found", "there is no such device") };
  const isOwn = token === own;
  const refused = isOwn ? null : checkFreshProof(context, proof);
  if (refused !== null) return { refused };
  drop(context, token, isOwn ? "by_itself" : "by_another");
  notifyUser(context, "device_signed_out", token.label);
  if (isOwn) return { value: false };
  const maker = tokenIdOf(token.hash);
  const hadRecoveryCode = context.log.account.account?.recoveryBy === maker;
  endCodesAndPasskeys(context, (by) => by === maker);
  if (!hadRecoveryCode || next === null) return { value: false };
  renewRecoveryCode(context, proof, next);
  return { value: true };
}

/** Signs out all other devices, and ends every link code, passkey and recovery code that this device has not made. */
export function signOutOthers(context: MailboxContext, proof: Proof, next: string): CallResult<null> {
  const own = tokenOf(context, proof);
  if (own === null) return { refused: refusal("unauthorized") };
  const refused = checkFreshProof(context, proof);
  if (refused !== null) return { refused };
  for (const token of context.log.account.tokens()) if (token !== own) drop(context, token, "by_another");
  notifyUser(context, "others_signed_out");
  const maker = tokenIdOf(own.hash);
  endCodesAndPasskeys(context, (by) => by !== maker);
  if (context.log.account.account?.link !== null) context.log.account.change({ link: null, linkBy: null });
  return { value: renewRecoveryCode(context, proof, next) };
}

function drop(context: MailboxContext, token: Token, why: string): void {
  context.log.account.removeToken(token);
  logEvent("device_removed", { user: context.user, why });
}

/** Ends the open link code and the passkeys of these makers. */
function endCodesAndPasskeys(context: MailboxContext, isTheirs: (maker: string | null) => boolean): void {
  const { account } = context.log;
  if (account.account !== null && account.account.link !== null && isTheirs(account.account.linkBy)) {
    account.change({ link: null, linkBy: null });
  }
  for (const passkey of account.passkeys()) if (isTheirs(passkey.maker)) dropPasskey(context, passkey);
}
