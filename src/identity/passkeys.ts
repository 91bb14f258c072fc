// Passkeys: options for the browser, and what its authenticator has signed, verified by @simplewebauthn/server. The relying party is
// the host of ORIGIN, or the one that was asked. What costs nothing is looked at first: who asks, and whether the challenge is ours.
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import type { Passkey, UsedPasskey } from "../protocol/account.ts";
import { refusal } from "../protocol/refusals.ts";
import { freshToken, labelOf } from "./accounts.ts";
import { answered, callMailbox, refusedBy } from "./call-mailbox.ts";
import { attempt } from "./attempts.ts";
import { library, plainAttestation } from "./attestation.ts";
import { keepCookie } from "./cookie.ts";
import { isFramed, originOf as ownOrigin } from "./origin.ts";
import { problem } from "./refuse-upgrade.ts";
import { base64url } from "./token.ts";
import { type Asking, identifyCaller } from "./identify-caller.ts";

const bytesOf = (text: string) => Uint8Array.from(new TextEncoder().encode(text));

const relyingParty = (c: Asking) => new URL(ownOrigin(c.req.url, c.env)).hostname;

/** The server's own origin alone: no page of another, and no frame in one, may have anything signed. Then there is none to expect. */
const originOf = (c: Asking, response: unknown) => (isFramed(response) ? [] : ownOrigin(c.req.url, c.env));

const WRONG = "The passkey is not or no longer good.";

/** What a browser's authenticator has made: looked at by the library that verifies it. */
interface Made {
  readonly response: { readonly id: string };
  readonly label?: string | undefined;
}

/** What a browser needs to make a passkey for whoever is signed in. */
export async function passkeyOptions(c: Asking): Promise<Response> {
  const visitor = await identifyCaller(c, null);
  if ("refused" in visitor) return problem(visitor.refused);
  const answer = await c.env.MAILBOX.getByName(visitor.name).passkeyOptions(visitor);
  if ("refused" in answer) return refusedBy(c, answer.refused);
  const { challenge, passkeys, handle } = answer.value;
  const { generateRegistrationOptions } = await library();
  const options = await generateRegistrationOptions({
    rpName: "Restante",
    rpID: relyingParty(c),
    userName: visitor.name,
    userDisplayName: visitor.name,
    // An authenticator knows the account by it, and may show it to others: no name.
    ...(handle !== undefined && { userID: decoded(handle) }),
    challenge: bytesOf(challenge),
    excludeCredentials: passkeys.map(({ id, transports }) => ({ id, transports: [...transports] })),
    // It is found without being named: nobody who asks as somebody else has to be told which passkeys there are.
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
  return answered(c, options);
}

/** Adds a passkey that a browser has made: 204. */
export async function addPasskey(c: Asking, read: Made): Promise<Response> {
  const visitor = await identifyCaller(c, null);
  if ("refused" in visitor) return problem(visitor.refused);
  const challenge = challengeIn(read.response);
  if (challenge === null) return unverifiable(c);
  const allowed = await c.env.MAILBOX.getByName(visitor.name).checkChallenge(visitor, challenge);
  if ("refused" in allowed) return refusedBy(c, allowed.refused);
  const made = await verifyMade(c, read.response, challenge).catch(() => null);
  if (made === null) return unverifiable(c);
  const now = Date.now();
  const passkey: Passkey = { ...made, label: labelOf(c, read.label), created: now, seen: now, maker: null };
  return callMailbox(c, (mailbox, visitor) => mailbox.addPasskey(visitor, challenge, passkey));
}

/** What a browser needs to sign in as somebody: the same for every name, so that it tells nothing of whether there is one. */
export async function signInOptions(c: Asking, userName: string): Promise<Response> {
  const { challenge } = await c.env.MAILBOX.getByName(userName).enterOptions(userName);
  return answered(c, await requestOptions(c, challenge, []));
}

/** Signs a device in with a passkey: 200 with a token for it, and the cookie. */
export async function passkeySignIn(c: Asking, read: Made & { readonly userName: string }): Promise<Response> {
  const { userName } = read;
  const mailbox = c.env.MAILBOX.getByName(userName);
  const challenge = challengeIn(read.response);
  const known = await mailbox.passkey(userName, read.response.id);
  const used = known === null || challenge === null ? null : await verifyUsed(c, read.response, challenge, known);
  if (used === null || challenge === null) {
    await mailbox.passkeyRefused(userName, "sign_in_refused");
    return problem({ ...refusal("unauthorized"), message: WRONG });
  }
  const { token, fresh } = await freshToken(c, userName, read.label);
  const answer = await mailbox.enter(userName, challenge, used, fresh);
  if ("refused" in answer) return problem(answer.refused);
  keepCookie(c, token);
  return answered(c, { userName, token, device: answer.value.id });
}

/** What a browser needs to show with a passkey that its user asks: 200. */
export async function proofOptions(c: Asking): Promise<Response> {
  const visitor = await identifyCaller(c, null);
  if ("refused" in visitor) return problem(visitor.refused);
  const answer = await c.env.MAILBOX.getByName(visitor.name).proofOptions(visitor);
  if ("refused" in answer) return refusedBy(c, answer.refused);
  return answered(c, await requestOptions(c, answer.value.challenge, answer.value.passkeys));
}

/** The device that asks has shown with a passkey that it is the user: 204. */
export async function passkeyProof(c: Asking, { response }: Made): Promise<Response> {
  const visitor = await identifyCaller(c, null);
  if ("refused" in visitor) return problem(visitor.refused);
  const challenge = challengeIn(response);
  if (challenge === null) return unverifiable(c);
  const mailbox = c.env.MAILBOX.getByName(visitor.name);
  const known = await mailbox.proofPasskey(visitor, challenge, response.id);
  if ("refused" in known) return refusedBy(c, known.refused);
  const used = await verifyUsed(c, response, challenge, known.value);
  if (used !== null) return callMailbox(c, (box, asking) => box.proveByPasskey(asking, challenge, used));
  await mailbox.passkeyRefused(visitor.name, "proof_refused");
  return refusedBy(c, { ...refusal("unauthorized"), message: WRONG, field: "response" });
}

async function requestOptions(
  c: Asking,
  challenge: string,
  passkeys: readonly Pick<Passkey, "id" | "transports">[],
): Promise<unknown> {
  const { generateAuthenticationOptions } = await library();
  return generateAuthenticationOptions({
    rpID: relyingParty(c),
    challenge: bytesOf(challenge),
    allowCredentials: passkeys.map(({ id, transports }) => ({ id, transports: [...transports] })),
    userVerification: "required",
  });
}

/** The passkey that was made; null or an error where that can't be verified. */
async function verifyMade(
  c: Asking,
  response: unknown,
  challenge: string,
): Promise<Pick<Passkey, "id" | "key" | "counter" | "transports"> | null> {
  const made = response as RegistrationResponseJSON;
  const attestationObject = await plainAttestation(made.response.attestationObject);
  if (attestationObject === null) return null;
  const { verifyRegistrationResponse } = await library();
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: { ...made, response: { ...made.response, attestationObject } },
    expectedChallenge: (signed) => textOf(signed) === challenge,
    expectedOrigin: originOf(c, response),
    expectedRPID: relyingParty(c),
  });
  if (!verified) return null;
  const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
  return { id, key: base64url(publicKey), counter, transports };
}

/** With what counter the passkey has signed the challenge; null where it has not. */
async function verifyUsed(
  c: Asking,
  response: unknown,
  challenge: string,
  { id, key, transports }: Passkey,
): Promise<UsedPasskey | null> {
  const { verifyAuthenticationResponse } = await library();
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: response as AuthenticationResponseJSON,
      expectedChallenge: (signed) => textOf(signed) === challenge,
      expectedOrigin: originOf(c, response),
      expectedRPID: relyingParty(c),
      // The counter is judged by the mailbox, in the transaction that writes the next one.
      credential: { id, publicKey: decoded(key), counter: 0, transports: [...transports] },
    });
    return verified ? { id, counter: authenticationInfo.newCounter } : null;
  } catch {
    return null;
  }
}

/** What was sent is none: it counts as an attempt, for whoever goes on like this tries something. */
async function unverifiable(c: Asking): Promise<Response> {
  return problem((await attempt(c.req.raw, c.env)) ?? refusal("bad_frame", "the passkey can't be verified"));
}

/** The challenge that the browser says it has signed; whether it has, the library will see. Null where it can't be read. */
function challengeIn(made: unknown): string | null {
  try {
    const { clientDataJSON } = (made as RegistrationResponseJSON).response;
    const { challenge } = JSON.parse(textOf(clientDataJSON)) as { readonly challenge?: unknown };
    return typeof challenge === "string" ? textOf(challenge) : null;
  } catch {
    return null;
  }
}

function textOf(base64: string): string {
  return new TextDecoder().decode(decoded(base64));
}

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  const plain = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}
