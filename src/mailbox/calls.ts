// What the Worker asks a mailbox about its account: who comes in, and by what. Only the calls; each leads to the file that has the rules.
import { DurableObject } from "cloudflare:workers";
import type { NewToken, Passkey, PasskeyOptions, UsedPasskey } from "../protocol/account.ts";
import { refusal } from "../protocol/refusals.ts";
import type { Answer, SignedInDevice, Visitor } from "../protocol/caller.ts";
import { account, holder, idOf } from "./access/account.ts";
import { handleOf, makeChallenge, type Purpose, randomText, readChallenge } from "./access/challenge.ts";
import { devices, openLinkCode, renewRecoveryCode, signOut, signOutOthers } from "./access/devices.ts";
import { addPasskey, enter, isFresh, objectionToAdding, refusePasskey, removePasskey } from "./access/passkeys.ts";
import { objectionToUnproved, proveByCode, proveByPasskey } from "./access/fresh-proof.ts";
import { claim, link, recover } from "./access/sign-in.ts";
import type { Parts, Wiring } from "./assemble.ts";

export class AccountCalls extends DurableObject<Env> {
  readonly #wiring: Wiring;

  constructor(ctx: DurableObjectState, env: Env, wiring: Wiring) {
    super(ctx, env);
    this.#wiring = wiring;
  }

  account(visitor: Visitor): Promise<Answer<{ readonly userName: string; readonly created: number | null }>> {
    return this.#wiring.for(visitor, account);
  }

  async claim(name: string, claimed: Parameters<typeof claim>[1]): Promise<Answer<{ readonly id: string }>> {
    const box = this.#wiring.enter(name);
    if (await this.#wiring.wasErasing(box)) return { refused: refusal("name_taken") };
    return box.turn.joined(() => claim(box, claimed));
  }

  recover(name: string, hash: string, next: string, token: NewToken): Promise<Answer<{ readonly id: string }>> {
    const box = this.#wiring.enter(name);
    return box.turn.joined(() => recover(box, hash, next, token));
  }

  link(name: string, hash: string, token: NewToken): Promise<Answer<{ readonly id: string }>> {
    const box = this.#wiring.enter(name);
    return box.turn.joined(() => link(box, hash, token));
  }

  linkCode(visitor: Visitor, hash: string): Promise<Answer<number>> {
    return this.#proved(visitor, (box) => ({ value: openLinkCode(box, visitor.proof, hash) }));
  }

  recoveryCode(visitor: Visitor, hash: string): Promise<Answer<null>> {
    return this.#proved(visitor, (box) => ({ value: renewRecoveryCode(box, visitor.proof, hash) }));
  }

  devices(visitor: Visitor): Promise<Answer<readonly SignedInDevice[]>> {
    return this.#wiring.for(visitor, (box) => devices(box, visitor.proof));
  }

  /** `next`: the hash of a recovery code for the case that the present one ends with the device; true if it did. */
  signOut(visitor: Visitor, device: string | null, next: string | null = null): Promise<Answer<boolean>> {
    const even = device === null ? "suspended" : null;
    return this.#wiring.answer(visitor, (box) => signOut(box, visitor.proof, device, next), { even });
  }

  signOutOthers(visitor: Visitor, next: string): Promise<Answer<null>> {
    return this.#wiring.answer(visitor, (box) => signOutOthers(box, visitor.proof, next));
  }

  /** The device shows the recovery code, of which this is the hash. */
  prove(visitor: Visitor, hash: string): Promise<Answer<null>> {
    return this.#wiring.answer(visitor, (box) => proveByCode(box, visitor.proof, hash), { even: "suspended" });
  }

  /** What an authenticator needs to make a passkey for this account. */
  async passkeyOptions(visitor: Visitor): Promise<Answer<PasskeyOptions>> {
    const answer = await this.#proved(visitor, (box) => ({ value: box.log.account.account?.secret }));
    return "refused" in answer ? answer : { value: await this.#options(visitor.name, "add", answer.value) };
  }

  /** What an authenticator needs to show that it is the user who asks. */
  async proofOptions(visitor: Visitor): Promise<Answer<PasskeyOptions>> {
    const ask = (box: Parts) => ({ value: box.log.account.account?.secret });
    const answer = await this.#wiring.answer(visitor, ask, { even: "suspended" });
    return "refused" in answer ? answer : { value: await this.#options(visitor.name, "prove", answer.value) };
  }

  /** A challenge to sign in with; for a name that nobody has it looks the same, took the same work, and leads nowhere. */
  async enterOptions(name: string): Promise<Pick<PasskeyOptions, "challenge">> {
    const secret = this.#wiring.enter(name).log.account.account?.secret ?? randomText();
    return { challenge: await makeChallenge(secret, "enter") };
  }

  passkeys(visitor: Visitor): Promise<Answer<readonly Passkey[]>> {
    return this.#wiring.for(visitor, (box) => box.log.account.passkeys());
  }

  passkey(name: string, id: string): Promise<Passkey | null> {
    return Promise.resolve(passkeyOf(this.#wiring.enter(name), id));
  }

  /** The passkey, if the visitor may prove something with it over this challenge. */
  async proofPasskey(visitor: Visitor, text: string, id: string): Promise<Answer<Passkey>> {
    const challenge = await readChallenge(this.#secret(visitor.name), "prove", text);
    const ask = (box: Parts): Answer<Passkey> => {
      const passkey = passkeyOf(box, id);
      if (passkey === null || !isFresh(box, challenge)) return { refused: refusePasskey(box, "proof_refused") };
      return { value: passkey };
    };
    return this.#wiring.answer(visitor, ask, { even: "suspended" });
  }

  async proveByPasskey(visitor: Visitor, text: string, used: UsedPasskey): Promise<Answer<null>> {
    const challenge = await readChallenge(this.#secret(visitor.name), "prove", text);
    const prove = (box: Parts) => proveByPasskey(box, visitor.proof, challenge, used);
    return this.#wiring.answer(visitor, prove, { even: "suspended" });
  }

  /** What was signed with a passkey the Worker could not verify, or there is no such passkey: the user hears of it. */
  passkeyRefused(name: string, event: "sign_in_refused" | "proof_refused"): Promise<null> {
    const box = this.#wiring.enter(name);
    return box.turn.joined(() => {
      refusePasskey(box, event);
      return null;
    });
  }

  /** Whether the visitor may add a passkey over this challenge: asked before anything that was sent is looked at. */
  async checkChallenge(visitor: Visitor, text: string): Promise<Answer<null>> {
    const challenge = await readChallenge(this.#secret(visitor.name), "add", text);
    return this.#proved(visitor, (box) => {
      const no = objectionToAdding(box, challenge);
      return no === null ? { value: null } : { refused: no };
    });
  }

  async addPasskey(visitor: Visitor, text: string, passkey: Passkey): Promise<Answer<null>> {
    const challenge = await readChallenge(this.#secret(visitor.name), "add", text);
    return this.#proved(visitor, (box) => {
      const own = holder(box, visitor.proof);
      return addPasskey(box, challenge, { ...passkey, maker: own === null ? null : idOf(own) });
    });
  }

  removePasskey(visitor: Visitor, id: string): Promise<Answer<null>> {
    return this.#proved(visitor, (box) => removePasskey(box, id));
  }

  async enter(
    name: string,
    text: string,
    used: UsedPasskey,
    token: NewToken,
  ): Promise<Answer<{ readonly id: string }>> {
    const challenge = await readChallenge(this.#secret(name), "enter", text);
    const box = this.#wiring.box(name);
    return box.turn.joined(() => enter(box, challenge, used, token));
  }

  /** As `answer`, for what changes who comes in: it takes a fresh proof that it is the user. */
  #proved<T>(visitor: Visitor, work: (box: Parts) => Answer<T>): Promise<Answer<T>> {
    const proved = (box: Parts): Answer<T> => {
      const no = objectionToUnproved(box, visitor.proof);
      return no === null ? work(box) : { refused: no };
    };
    return this.#wiring.answer(visitor, proved);
  }

  async #options(name: string, purpose: Purpose, secret = randomText()): Promise<PasskeyOptions> {
    const [challenge, handle] = await Promise.all([makeChallenge(secret, purpose), handleOf(secret)]);
    const passkeys = this.#wiring.box(name).log.account.passkeys();
    return { challenge, handle, passkeys: passkeys.map(({ id, transports }) => ({ id, transports })) };
  }

  #secret(name: string): string {
    return this.#wiring.enter(name).log.account.account?.secret ?? randomText();
  }
}

function passkeyOf(box: Parts, id: string): Passkey | null {
  return box.log.account.passkeys().find((one) => one.id === id) ?? null;
}
