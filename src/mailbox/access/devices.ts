// Signed-in devices: to see them, to make codes for further ones, and to sign them out. What a device made ends with it when another one
// signs it out: whoever has a stolen device is out for good. To be done in a transaction.
import { note } from "../../protocol/log-events.ts";
import { LINK_MS } from "../../protocol/limits.ts";
import { refusal } from "../../protocol/refusals.ts";
import type { Answer, Proof, SignedInDevice } from "../../protocol/caller.ts";
import { endIdle, holder, idOf } from "./account.ts";
import type { Box } from "../context.ts";
import type { Token } from "../log/account-rows.ts";
import { notify } from "./notify-user.ts";
import { dropPasskey } from "./passkeys.ts";
import { objectionToUnproved } from "./fresh-proof.ts";

/** The signed-in devices, the latest first. */
export function devices(box: Box, proof: Proof): readonly SignedInDevice[] {
  const current = holder(box, proof);
  // Operators only look.
  if (proof.is === "token") endIdle(box);
  const online = new Set([...box.sockets.all()].map(({ token }) => token));
  return box.log.account.tokens().map((token) => {
    const { label, created, seen } = token;
    const id = idOf(token);
    return { id, label, created, seen, online: online.has(id), current: token === current };
  });
}

/** Puts another recovery code, of which this is the hash, in the place of the old one. */
export function renewRecoveryCode(box: Box, proof: Proof, recovery: string): null {
  const own = holder(box, proof);
  box.log.account.change({ recovery, recoveryBy: own === null ? null : idOf(own) });
  notify(box, "new_recovery_code", own?.label);
  note("code_renewed", { user: box.user, code: "recovery_code" });
  return null;
}

/** Opens a link code in place of the last one. Returns until when it is good, ms since 1970. */
export function openLinkCode(box: Box, proof: Proof, hash: string): number {
  const own = holder(box, proof);
  const linkEnds = Date.now() + LINK_MS;
  box.log.account.change({ link: hash, linkEnds, linkBy: own === null ? null : idOf(own) });
  notify(box, "new_link_code", own?.label);
  note("code_renewed", { user: box.user, code: "link_code" });
  return linkEnds;
}

/**
 * Takes a device's token away, by its id, or the asker's own for null; its sockets are closed at the end of the transaction. A device that
 * signs itself out leaves what it made. Of another one it ends: where that takes the recovery code along, `next`, the hash of another, is
 * put in its place, and the answer is true.
 */
export function signOut(box: Box, proof: Proof, id: string | null, next: string | null): Answer<boolean> {
  const own = holder(box, proof);
  const token = id === null ? own : box.log.account.tokens().find((one) => idOf(one) === id);
  if (token === null || token === undefined) return { refused: refusal("not_found", "there is no such device") };
  const no = token === own ? null : objectionToUnproved(box, proof);
  if (no !== null) return { refused: no };
  drop(box, token, token === own ? "by_itself" : "by_another");
  notify(box, "device_signed_out", token.label);
  if (token === own) return { value: false };
  const madeIt = box.log.account.account?.recoveryBy === idOf(token);
  endWhatWasMade(box, (maker) => maker === idOf(token));
  if (!madeIt || next === null) return { value: false };
  renewRecoveryCode(box, proof, next);
  return { value: true };
}

/** Signs all other devices out, and ends all that this one has not made: link codes, passkeys, and the recovery code. */
export function signOutOthers(box: Box, proof: Proof, next: string): Answer<null> {
  const own = holder(box, proof);
  const no = own === null ? refusal("unauthorized") : objectionToUnproved(box, proof);
  if (own === null || no !== null) return { refused: no ?? refusal("unauthorized") };
  for (const token of box.log.account.tokens()) if (token !== own) drop(box, token, "by_another");
  notify(box, "others_signed_out");
  endWhatWasMade(box, (maker) => maker !== idOf(own));
  if (box.log.account.account?.link !== null) box.log.account.change({ link: null, linkBy: null });
  return { value: renewRecoveryCode(box, proof, next) };
}

function drop(box: Box, token: Token, why: string): void {
  box.log.account.remove(token);
  note("device_removed", { user: box.user, why });
}

/** Ends the open link code and the passkeys of these makers. */
function endWhatWasMade(box: Box, isTheirs: (maker: string | null) => boolean): void {
  const { account } = box.log;
  if (account.account !== null && account.account.link !== null && isTheirs(account.account.linkBy)) {
    account.change({ link: null, linkBy: null });
  }
  for (const passkey of account.passkeys()) if (isTheirs(passkey.maker)) dropPasskey(box, passkey);
}
