// The calls about passkeys. WebCrypto is asynchronous, so a challenge is made or verified before the transaction
// begins.
import type { NewToken, Passkey, PasskeyOptions, UsedPasskey } from "../../protocol/account.ts";
import type { CallResult, Caller } from "../../protocol/caller.ts";
import { makerOf } from "../access/check-token.ts";
import { handleOf, makeChallenge, type Purpose, randomText, readChallenge } from "../access/challenge.ts";
import { proveByPasskey } from "../access/fresh-proof.ts";
import {
  addPasskey,
  checkAdding,
  enter,
  findPasskey,
  proofPasskey,
  refusePasskey,
  removePasskey,
} from "../access/passkeys.ts";
import { anybody, type Call, caller, callerEvenSuspended, done, provenCaller } from "./declare-call.ts";
import type { MailboxContext, MailboxObject } from "../instance/context.ts";
import type { Challenge } from "../log/accounts/account-rows.ts";

export const passkeyCalls = {
  /** The options for an authenticator that makes a passkey for this account. */
  passkeyOptions: optionsCall("add", provenCaller(accountSecret)),

  /** The options for an authenticator that shows that the caller is the user. */
  proofOptions: optionsCall("prove", callerEvenSuspended(accountSecret)),

  /**
   * A challenge to sign in with. For a name without an account it looks the same, takes the same work, and never
   * verifies.
   */
  enterOptions: async (object: MailboxObject, name: string): Promise<Pick<PasskeyOptions, "challenge">> => ({
    challenge: await makeChallenge(secretOf(object.context(name)), "enter"),
  }),

  passkeys: caller((context) => ({ value: context.log.account.passkeys() })),

  passkey: (object: MailboxObject, name: string, id: string): Promise<Passkey | null> =>
    Promise.resolve(findPasskey(object.context(name), id)),

  /** The passkey, if the caller may prove something with it over this challenge. */
  proofPasskey: overChallenge(
    "prove",
    callerEvenSuspended((context, _, challenge: Challenge | null, id: string) => proofPasskey(context, challenge, id)),
  ),

  proveByPasskey: overChallenge(
    "prove",
    callerEvenSuspended((context, proof, challenge: Challenge | null, used: UsedPasskey) =>
      proveByPasskey(context, proof, challenge, used),
    ),
  ),

  /** The Worker could not verify a signature, or there is no such passkey: the mailbox notifies its user. */
  passkeyRefused: anybody((context, event: "sign_in_refused" | "proof_refused") => {
    refusePasskey(context, event);
    return null;
  }),

  /**
   * Whether the caller may add a passkey over this challenge. The Worker asks before it parses the authenticator's
   * response.
   */
  checkChallenge: overChallenge(
    "add",
    provenCaller((context, _, challenge: Challenge | null) => done(checkAdding(context, challenge))),
  ),

  addPasskey: overChallenge(
    "add",
    provenCaller((context, proof, challenge: Challenge | null, passkey: Passkey) =>
      addPasskey(context, challenge, { ...passkey, maker: makerOf(context, proof) }),
    ),
  ),

  removePasskey: provenCaller((context, _, id: string) => removePasskey(context, id)),

  enter: overChallenge(
    "enter",
    anybody((context, challenge: Challenge | null, used: UsedPasskey, token: NewToken) =>
      enter(context, challenge, used, token),
    ),
  ),
};

/**
 * Reads a challenge from its text, null if this mailbox did not make it for this purpose, and then makes the call with
 * it.
 */
function overChallenge<Who extends Caller | string, Args extends readonly unknown[], Result>(
  purpose: Purpose,
  call: Call<Who, readonly [Challenge | null, ...Args], Result>,
): Call<Who, readonly [text: string, ...Args], Result> {
  return async (object, who, text, ...args) => {
    const secret = secretOf(object.context(typeof who === "string" ? who : who.name));
    return call(object, who, await readChallenge(secret, purpose, text), ...args);
  };
}

/** The options with a fresh challenge, for a caller who passes the checks of `call`. */
function optionsCall(
  purpose: Purpose,
  call: Call<Caller, readonly [], CallResult<string>>,
): Call<Caller, readonly [], CallResult<PasskeyOptions>> {
  return async (object, who) => {
    const secret = await call(object, who);
    if ("refused" in secret) return secret;
    const [challenge, handle] = await Promise.all([makeChallenge(secret.value, purpose), handleOf(secret.value)]);
    const passkeys = object.context(who.name).log.account.passkeys();
    return { value: { challenge, handle, passkeys: passkeys.map(({ id, transports }) => ({ id, transports })) } };
  };
}

function accountSecret(context: MailboxContext): CallResult<string> {
  return { value: secretOf(context) };
}

/** The account's secret. Without an account it is random: what it signs never verifies. */
function secretOf(context: MailboxContext): string {
  return context.log.account.account?.secret ?? randomText();
}
