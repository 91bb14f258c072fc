// What the Worker asks a mailbox about its account: who comes in, and by what. Only the calls; each leads to the file that has the rules.
import { DurableObject } from "cloudflare:workers";
import type { NewToken, Passkey, PasskeyOptions, UsedPasskey } from "../protocol/account.ts";
import { refusal } from "../protocol/refusals.ts";
import type { CallResult, SignedInDevice, Caller } from "../protocol/caller.ts";
import { account, tokenOf, idOf } from "./access/account.ts";
import { handleOf, makeChallenge, type Purpose, randomText, readChallenge } from "./access/challenge.ts";
import { devices, openLinkCode, renewRecoveryCode, signOut, signOutOthers } from "./access/devices.ts";
import { addPasskey, enter, isFresh, checkAdding, refusePasskey, removePasskey } from "./access/passkeys.ts";
import { checkFreshProof, proveByCode, proveByPasskey } from "./access/fresh-proof.ts";
import { claim, link, recover } from "./access/sign-in.ts";
import type { AssembledContext, Assembly } from "./assemble.ts";

export class AccountCalls extends DurableObject<Env> {
  readonly #assembly: Assembly;

  constructor(ctx: DurableObjectState, env: Env, assembly: Assembly) {
    super(ctx, env);
    this.#assembly = assembly;
  }

  account(visitor: Caller): Promise<CallResult<{ readonly userName: string; readonly created: number | null }>> {
    return this.#assembly.for(visitor, account);
  }

  async claim(name: string, claimed: Parameters<typeof claim>[1]): Promise<CallResult<{ readonly id: string }>> {
    const context = this.#assembly.enter(name);
    if (await this.#assembly.wasErasing(context)) return { refused: refusal("name_taken") };
    return context.groupCommit.run(() => claim(context, claimed));
  }

  recover(name: string, hash: string, next: string, token: NewToken): Promise<CallResult<{ readonly id: string }>> {
    const context = this.#assembly.enter(name);
    return context.groupCommit.run(() => recover(context, hash, next, token));
  }

  link(name: string, hash: string, token: NewToken): Promise<CallResult<{ readonly id: string }>> {
    const context = this.#assembly.enter(name);
    return context.groupCommit.run(() => link(context, hash, token));
  }

  linkCode(visitor: Caller, hash: string): Promise<CallResult<number>> {
    return this.#proved(visitor, (context) => ({ value: openLinkCode(context, visitor.proof, hash) }));
  }

  recoveryCode(visitor: Caller, hash: string): Promise<CallResult<null>> {
    return this.#proved(visitor, (context) => ({ value: renewRecoveryCode(context, visitor.proof, hash) }));
  }

  devices(visitor: Caller): Promise<CallResult<readonly SignedInDevice[]>> {
    return this.#assembly.for(visitor, (context) => devices(context, visitor.proof));
  }

  /** `next`: the hash of a recovery code for the case that the present one ends with the device; true if it did. */
  signOut(visitor: Caller, device: string | null, next: string | null = null): Promise<CallResult<boolean>> {
    const even = device === null ? "suspended" : null;
    return this.#assembly.answer(visitor, (context) => signOut(context, visitor.proof, device, next), { even });
  }

  signOutOthers(visitor: Caller, next: string): Promise<CallResult<null>> {
    return this.#assembly.answer(visitor, (context) => signOutOthers(context, visitor.proof, next));
  }

  /** The device shows the recovery code, of which this is the hash. */
  prove(visitor: Caller, hash: string): Promise<CallResult<null>> {
    return this.#assembly.answer(visitor, (context) => proveByCode(context, visitor.proof, hash), {
      even: "suspended",
    });
  }

  /** What an authenticator needs to make a passkey for this account. */
  async passkeyOptions(visitor: Caller): Promise<CallResult<PasskeyOptions>> {
    const answer = await this.#proved(visitor, (context) => ({ value: context.log.account.account?.secret }));
    return "refused" in answer ? answer : { value: await this.#options(visitor.name, "add", answer.value) };
  }

  /** What an authenticator needs to show that it is the user who asks. */
  async proofOptions(visitor: Caller): Promise<CallResult<PasskeyOptions>> {
    const ask = (context: AssembledContext) => ({ value: context.log.account.account?.secret });
    const answer = await this.#assembly.answer(visitor, ask, { even: "suspended" });
    return "refused" in answer ? answer : { value: await this.#options(visitor.name, "prove", answer.value) };
  }

  /** A challenge to sign in with; for a name that nobody has it looks the same, took the same work, and leads nowhere. */
  async enterOptions(name: string): Promise<Pick<PasskeyOptions, "challenge">> {
    const secret = this.#assembly.enter(name).log.account.account?.secret ?? randomText();
    return { challenge: await makeChallenge(secret, "enter") };
  }

  passkeys(visitor: Caller): Promise<CallResult<readonly Passkey[]>> {
    return this.#assembly.for(visitor, (context) => context.log.account.passkeys());
  }

  passkey(name: string, id: string): Promise<Passkey | null> {
    return Promise.resolve(passkeyOf(this.#assembly.enter(name), id));
  }

  /** The passkey, if the visitor may prove something with it over this challenge. */
  async proofPasskey(visitor: Caller, text: string, id: string): Promise<CallResult<Passkey>> {
    const challenge = await readChallenge(this.#secret(visitor.name), "prove", text);
    const ask = (context: AssembledContext): CallResult<Passkey> => {
      const passkey = passkeyOf(context, id);
      if (passkey === null || !isFresh(context, challenge)) return { refused: refusePasskey(context, "proof_refused") };
      return { value: passkey };
    };
    return this.#assembly.answer(visitor, ask, { even: "suspended" });
  }

  async proveByPasskey(visitor: Caller, text: string, used: UsedPasskey): Promise<CallResult<null>> {
    const challenge = await readChallenge(this.#secret(visitor.name), "prove", text);
    const prove = (context: AssembledContext) => proveByPasskey(context, visitor.proof, challenge, used);
    return this.#assembly.answer(visitor, prove, { even: "suspended" });
  }

  /** What was signed with a passkey the Worker could not verify, or there is no such passkey: the user hears of it. */
  passkeyRefused(name: string, event: "sign_in_refused" | "proof_refused"): Promise<null> {
    const context = this.#assembly.enter(name);
    return context.groupCommit.run(() => {
      refusePasskey(context, event);
      return null;
    });
  }

  /** Whether the visitor may add a passkey over this challenge: asked before anything that was sent is looked at. */
  async checkChallenge(visitor: Caller, text: string): Promise<CallResult<null>> {
    const challenge = await readChallenge(this.#secret(visitor.name), "add", text);
    return this.#proved(visitor, (context) => {
      const no = checkAdding(context, challenge);
      return no === null ? { value: null } : { refused: no };
    });
  }

  async addPasskey(visitor: Caller, text: string, passkey: Passkey): Promise<CallResult<null>> {
    const challenge = await readChallenge(this.#secret(visitor.name), "add", text);
    return this.#proved(visitor, (context) => {
      const own = tokenOf(context, visitor.proof);
      return addPasskey(context, challenge, { ...passkey, maker: own === null ? null : idOf(own) });
    });
  }

  removePasskey(visitor: Caller, id: string): Promise<CallResult<null>> {
    return this.#proved(visitor, (context) => removePasskey(context, id));
  }

  async enter(
    name: string,
    text: string,
    used: UsedPasskey,
    token: NewToken,
  ): Promise<CallResult<{ readonly id: string }>> {
    const challenge = await readChallenge(this.#secret(name), "enter", text);
    const context = this.#assembly.context(name);
    return context.groupCommit.run(() => enter(context, challenge, used, token));
  }

  /** As `answer`, for what changes who comes in: it takes a fresh proof that it is the user. */
  #proved<T>(visitor: Caller, work: (context: AssembledContext) => CallResult<T>): Promise<CallResult<T>> {
    const proved = (context: AssembledContext): CallResult<T> => {
      const no = checkFreshProof(context, visitor.proof);
      return no === null ? work(context) : { refused: no };
    };
    return this.#assembly.answer(visitor, proved);
  }

  async #options(name: string, purpose: Purpose, secret = randomText()): Promise<PasskeyOptions> {
    const [challenge, handle] = await Promise.all([makeChallenge(secret, purpose), handleOf(secret)]);
    const passkeys = this.#assembly.context(name).log.account.passkeys();
    return { challenge, handle, passkeys: passkeys.map(({ id, transports }) => ({ id, transports })) };
  }

  #secret(name: string): string {
    return this.#assembly.enter(name).log.account.account?.secret ?? randomText();
  }
}

function passkeyOf(context: AssembledContext, id: string): Passkey | null {
  return context.log.account.passkeys().find((one) => one.id === id) ?? null;
}
