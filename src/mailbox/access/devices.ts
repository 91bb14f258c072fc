// Signed-in devices: to see them, to make codes for further ones, and to sign them out. What a device made ends with it when another one
// signs it out: whoever has a stolen device is out for good. To be done in a transaction.
import { logEvent } from "../../protocol/log-events.ts";
import { LINK_MS } from "../../protocol/limits.ts";
import { refusal } from "../../protocol/refusals.ts";
import type { CallResult, Proof, SignedInDevice } from "../../protocol/caller.ts";
import { endIdle, tokenOf, idOf } from "./account.ts";
import type { MailboxContext } from "../context.ts";
import type { Token } from "../log/accounts/account-rows.ts";
import { notifyUser } from "./notify-user.ts";
import { dropPasskey } from "./passkeys.ts";
import { checkFreshProof } from "./fresh-proof.ts";

/** The signed-in devices, the latest first. */
export function devices(context: MailboxContext, proof: Proof): readonly SignedInDevice[] {
  const current = tokenOf(context, proof);
  // Operators only look.
  if (proof.is === "token") endIdle(context);
  const online = new Set([...context.sockets.all()].map(({ token }) => token));
  return context.log.account.tokens().map((token) => {
    const { label, created, seen } = token;
    const id = idOf(token);
    return { id, label, created, seen, online: online.has(id), current: token === current };
  });
}

/** Puts another recovery code, of which this is the hash, in the place of the old one. */
export function renewRecoveryCode(context: MailboxContext, proof: Proof, recovery: string): null {
  const own = tokenOf(context, proof);
  context.log.account.change({ recovery, recoveryBy: own === null ? null : idOf(own) });
  notifyUser(context, "new_recovery_code", own?.label);
  logEvent("code_renewed", { user: context.user, code: "recovery_code" });
  return null;
}

/** Opens a link code in place of the last one. Returns until when it is good, ms since 1970. */
export function openLinkCode(context: MailboxContext, proof: Proof, hash: string): number {
  const own = tokenOf(context, proof);
  const linkEnds = Date.now() + LINK_MS;
  context.log.account.change({ link: hash, linkEnds, linkBy: own === null ? null : idOf(own) });
  notifyUser(context, "new_link_code", own?.label);
  logEvent("code_renewed", { user: context.user, code: "link_code" });
  return linkEnds;
}

/**
 * Takes a device's token away, by its id, or the asker's own for null; its sockets are closed at the end of the transaction. A device that
 * signs itself out leaves what it made. Of another one it ends: where that takes the recovery code along, `next`, the hash of another, is
 * put in its place, and the answer is true.
 */
export function signOut(
  context: MailboxContext,
  proof: Proof,
  id: string | null,
  next: string | null,
): CallResult<boolean> {
  const own = tokenOf(context, proof);
  const token = id === null ? own : context.log.account.tokens().find((one) => idOf(one) === id);
  if (token === null || token === undefined) return { refused: refusal("not_found", "there is no such device") };
  const no = token === own ? null : checkFreshProof(context, proof);
  if (no !== null) return { refused: no };
  drop(context, token, token === own ? "by_itself" : "by_another");
  notifyUser(context, "device_signed_out", token.label);
  if (token === own) return { value: false };
  const madeIt = context.log.account.account?.recoveryBy === idOf(token);
  endWhatWasMade(context, (maker) => maker === idOf(token));
  if (!madeIt || next === null) return { value: false };
  renewRecoveryCode(context, proof, next);
  return { value: true };
}

/** Signs all other devices out, and ends all that this one has not made: link codes, passkeys, and the recovery code. */
export function signOutOthers(context: MailboxContext, proof: Proof, next: string): CallResult<null> {
  const own = tokenOf(context, proof);
  const no = own === null ? refusal("unauthorized") : checkFreshProof(context, proof);
  if (own === null || no !== null) return { refused: no ?? refusal("unauthorized") };
  for (const token of context.log.account.tokens()) if (token !== own) drop(context, token, "by_another");
  notifyUser(context, "others_signed_out");
  endWhatWasMade(context, (maker) => maker !== idOf(own));
  if (context.log.account.account?.link !== null) context.log.account.change({ link: null, linkBy: null });
  return { value: renewRecoveryCode(context, proof, next) };
}

function drop(context: MailboxContext, token: Token, why: string): void {
  context.log.account.remove(token);
  logEvent("device_removed", { user: context.user, why });
}

/** Ends the open link code and the passkeys of these makers. */
function endWhatWasMade(context: MailboxContext, isTheirs: (maker: string | null) => boolean): void {
  const { account } = context.log;
  if (account.account !== null && account.account.link !== null && isTheirs(account.account.linkBy)) {
    account.change({ link: null, linkBy: null });
  }
  for (const passkey of account.passkeys()) if (isTheirs(passkey.maker)) dropPasskey(context, passkey);
}
