// Passkeys: options for the browser, and verification of its signatures by @simplewebauthn/server. The relying party is
// the host of ORIGIN, or the requested one. Cheap checks come first: the caller, and whether the challenge is known.
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import type { Passkey, UsedPasskey } from "../protocol/account.ts";
import { refusal } from "../protocol/refusals.ts";
import { newDeviceToken, labelOf } from "./accounts.ts";
import { jsonResponse, callMailbox, refuseByMailbox } from "./call-mailbox.ts";
import { countAttempt } from "./attempts.ts";
import { loadLibrary, stripAttestation } from "./attestation.ts";
import { setSessionCookie } from "./cookie.ts";
import { isFramed, ownOriginOf } from "./origin.ts";
import { problemResponse } from "./problem-response.ts";
import { base64url } from "./token.ts";
import { identifyCaller } from "./identify-caller.ts";
import type { RequestContext } from "./request-context.ts";
import { listSignedIn } from "./user-list.ts";

const utf8Of = (text: string) => Uint8Array.from(new TextEncoder().encode(text));

const relyingParty = (c: RequestContext) => new URL(ownOriginOf(c.req.url, c.env)).hostname;

/**
 * The origin that must have signed: the server's own. None for a frame in another origin's page, so it always fails.
 */
const expectedOrigin = (c: RequestContext, response: unknown) =>
  isFramed(response) ? [] : ownOriginOf(c.req.url, c.env);

const WRONG_PASSKEY = "The passkey is not or no longer good.";

/** A credential as the browser sends it. Only its id is checked here; the library verifies the rest. */
interface BrowserCredential {
  readonly response: { readonly id: string };
  readonly label?: string | undefined;
}

/** The browser's options to make a passkey for the signed-in user. */
export async function passkeyOptions(c: RequestContext): Promise<Response> {
  const caller = await identifyCaller(c, null);
  if ("refused" in caller) return problemResponse(caller.refused);
  const answer = await c.env.MAILBOX.getByName(caller.name).passkeyOptions(caller);
  if ("refused" in answer) return refuseByMailbox(c, answer.refused);
  const { challenge, passkeys, handle } = answer.value;
  const { generateRegistrationOptions } = await loadLibrary();
  const options = await generateRegistrationOptions({
    rpName: "Restante",
    rpID: relyingParty(c),
    userName: caller.name,
    userDisplayName: caller.name,
    // The authenticator's handle of the account, which it may reveal to others: so it is random, not the name.
    ...(handle !== undefined && { userID: bytesOfBase64(handle) }),
    challenge: utf8Of(challenge),
    excludeCredentials: passkeys.map(({ id, transports }) => ({ id, transports: [...transports] })),
    // A discoverable credential: at sign-in, the server need not disclose to a stranger which passkeys a user has.
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
  return jsonResponse(c, options);
}

/** Adds a passkey that the browser made: 204. */
export async function addPasskey(c: RequestContext, credential: BrowserCredential): Promise<Response> {
  const caller = await identifyCaller(c, null);
  if ("refused" in caller) return problemResponse(caller.refused);
  const challenge = challengeIn(credential.response);
  if (challenge === null) return refuseUnverifiable(c);
  const allowed = await c.env.MAILBOX.getByName(caller.name).checkChallenge(caller, challenge);
  if ("refused" in allowed) return refuseByMailbox(c, allowed.refused);
  const passkeyData = await verifyRegistration(c, credential.response, challenge).catch(() => null);
  if (passkeyData === null) return refuseUnverifiable(c);
  const now = Date.now();
  const passkey: Passkey = {
    ...passkeyData,
    label: labelOf(c, credential.label),
    created: now,
    seen: now,
    maker: null,
  };
  return callMailbox(c, (mailbox, caller) => mailbox.addPasskey(caller, challenge, passkey));
}

/** The browser's options to sign in: the same for every name, so that they do not reveal whether the user exists. */
export async function signInOptions(c: RequestContext, userName: string): Promise<Response> {
  const { challenge } = await c.env.MAILBOX.getByName(userName).enterOptions(userName);
  return jsonResponse(c, await requestOptions(c, challenge, []));
}

/** Signs a device in with a passkey: 200 with a token for it, and the cookie. */
export async function passkeySignIn(
  c: RequestContext,
  credential: BrowserCredential & { readonly userName: string },
): Promise<Response> {
  const { userName } = credential;
  const mailbox = c.env.MAILBOX.getByName(userName);
  const challenge = challengeIn(credential.response);
  const known = await mailbox.passkey(userName, credential.response.id);
  const used =
    known === null || challenge === null ? null : await verifyAssertion(c, credential.response, challenge, known);
  if (used === null || challenge === null) {
    await mailbox.passkeyRefused(userName, "sign_in_refused");
    return problemResponse({ ...refusal("unauthorized"), message: WRONG_PASSKEY });
  }
  const { token, record } = await newDeviceToken(c, userName, credential.label);
  const answer = await mailbox.enter(userName, challenge, used, record);
  if ("refused" in answer) return problemResponse(answer.refused);
  await listSignedIn(c, userName);
  setSessionCookie(c, token);
  return jsonResponse(c, { userName, token, device: answer.value.id });
}

/** The browser's options to prove with a passkey that the user operates the device: 200. */
export async function proofOptions(c: RequestContext): Promise<Response> {
  const caller = await identifyCaller(c, null);
  if ("refused" in caller) return problemResponse(caller.refused);
  const answer = await c.env.MAILBOX.getByName(caller.name).proofOptions(caller);
  if ("refused" in answer) return refuseByMailbox(c, answer.refused);
  return jsonResponse(c, await requestOptions(c, answer.value.challenge, answer.value.passkeys));
}

/** Proves with a passkey that the user operates the calling device: 204. */
export async function passkeyProof(c: RequestContext, { response }: BrowserCredential): Promise<Response> {
  const caller = await identifyCaller(c, null);
  if ("refused" in caller) return problemResponse(caller.refused);
  const challenge = challengeIn(response);
  if (challenge === null) return refuseUnverifiable(c);
  const mailbox = c.env.MAILBOX.getByName(caller.name);
  const known = await mailbox.proofPasskey(caller, challenge, response.id);
  if ("refused" in known) return refuseByMailbox(c, known.refused);
  const used = await verifyAssertion(c, response, challenge, known.value);
  if (used !== null) return callMailbox(c, (stub, prover) => stub.proveByPasskey(prover, challenge, used));
  await mailbox.passkeyRefused(caller.name, "proof_refused");
  return refuseByMailbox(c, { ...refusal("unauthorized"), message: WRONG_PASSKEY, field: "response" });
}

async function requestOptions(
  c: RequestContext,
  challenge: string,
  passkeys: readonly Pick<Passkey, "id" | "transports">[],
): Promise<unknown> {
  const { generateAuthenticationOptions } = await loadLibrary();
  return generateAuthenticationOptions({
    rpID: relyingParty(c),
    challenge: utf8Of(challenge),
    allowCredentials: passkeys.map(({ id, transports }) => ({ id, transports: [...transports] })),
    userVerification: "required",
  });
}

/** The passkey of a registration; null or an exception if it can't be verified. */
async function verifyRegistration(
  c: RequestContext,
  response: unknown,
  challenge: string,
): Promise<Pick<Passkey, "id" | "key" | "counter" | "transports"> | null> {
  const registration = response as RegistrationResponseJSON;
  const attestationObject = await stripAttestation(registration.response.attestationObject);
  if (attestationObject === null) return null;
  const { verifyRegistrationResponse } = await loadLibrary();
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: { ...registration, response: { ...registration.response, attestationObject } },
    expectedChallenge: (signed) => textOfBase64(signed) === challenge,
    expectedOrigin: expectedOrigin(c, response),
    expectedRPID: relyingParty(c),
  });
  if (!verified) return null;
  const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
  return { id, key: base64url(publicKey), counter, transports };
}

/** The passkey and its counter if it signed the challenge; otherwise null. */
async function verifyAssertion(
  c: RequestContext,
  response: unknown,
  challenge: string,
  { id, key, transports }: Passkey,
): Promise<UsedPasskey | null> {
  const { verifyAuthenticationResponse } = await loadLibrary();
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: response as AuthenticationResponseJSON,
      expectedChallenge: (signed) => textOfBase64(signed) === challenge,
      expectedOrigin: expectedOrigin(c, response),
      expectedRPID: relyingParty(c),
      // The mailbox checks the counter, in the transaction that writes the new one.
      credential: { id, publicKey: bytesOfBase64(key), counter: 0, transports: [...transports] },
    });
    return verified ? { id, counter: authenticationInfo.newCounter } : null;
  } catch {
    return null;
  }
}

/** Refuses an invalid credential and counts it as an attempt. Answers: probing with invented credentials. */
async function refuseUnverifiable(c: RequestContext): Promise<Response> {
  return problemResponse(
    (await countAttempt(c.req.raw, c.env)) ?? refusal("bad_frame", "the passkey can't be verified"),
  );
}

/** The challenge that the client data name, unverified: the library checks the signature. Null if unreadable. */
function challengeIn(credential: unknown): string | null {
  try {
    const { clientDataJSON } = (credential as RegistrationResponseJSON).response;
    const { challenge } = JSON.parse(textOfBase64(clientDataJSON)) as { readonly challenge?: unknown };
    return typeof challenge === "string" ? textOfBase64(challenge) : null;
  } catch {
    return null;
  }
}

function textOfBase64(base64: string): string {
  return new TextDecoder().decode(bytesOfBase64(base64));
}

function bytesOfBase64(base64: string): Uint8Array<ArrayBuffer> {
  const plain = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}
