// The calls about an account: how devices sign in, and which are signed in.
import type { NewToken } from "../../protocol/account.ts";
import type { Caller, CallResult } from "../../protocol/caller.ts";
import { refusal } from "../../protocol/refusals.ts";
import { account } from "../access/account.ts";
import { isErasureUnderWay } from "../access/check-beginning.ts";
import { devices, openLinkCode, renewRecoveryCode, signOut, signOutOthers } from "../access/devices.ts";
import { proveByCode } from "../access/fresh-proof.ts";
import { claim, type Claim, isFree, link, recover } from "../access/sign-in.ts";
import { anybody, caller, callerEvenSuspended, provenCaller } from "./declare-call.ts";
import type { MailboxObject } from "../instance/context.ts";

const claimName = anybody((context, claimed: Claim) => claim(context, claimed));
const askWhetherFree = anybody((context) => isFree(context));

export const accountCalls = {
  account: caller((context) => ({ value: account(context) })),

  claim: async (object: MailboxObject, name: string, claimed: Claim) => {
    if (await isErasureUnderWay(object.context(name))) return { refused: refusal("name_taken") };
    return claimName(object, name, claimed);
  },

  isNameFree: async (object: MailboxObject, name: string): Promise<CallResult<boolean>> => {
    if (await isErasureUnderWay(object.context(name))) return { value: false };
    return askWhetherFree(object, name);
  },

  /** `hash`: of the recovery code that the caller presents; `next`: of the code that replaces it. */
  recover: anybody((context, hash: string, next: string, token: NewToken) => recover(context, hash, next, token)),

  link: anybody((context, hash: string, token: NewToken) => link(context, hash, token)),

  linkCode: provenCaller((context, proof, hash: string) => ({ value: openLinkCode(context, proof, hash) })),

  recoveryCode: provenCaller((context, proof, hash: string) => ({ value: renewRecoveryCode(context, proof, hash) })),

  devices: caller((context, proof) => ({ value: devices(context, proof) })),

  /**
   * `device` null: the calling device, which a suspended user may sign out too. `next`: the hash of another recovery
   * code, used if the present one ends with the device; true if it was used.
   */
  signOut: (object: MailboxObject, who: Caller, device: string | null, next: string | null = null) => {
    const declare = device === null ? callerEvenSuspended : caller;
    return declare((context, proof) => signOut(context, proof, device, next))(object, who);
  },

  signOutOthers: caller((context, proof, next: string) => signOutOthers(context, proof, next)),

  /** The device shows the recovery code with this hash. */
  prove: callerEvenSuspended((context, proof, hash: string) => proveByCode(context, proof, hash)),
};
