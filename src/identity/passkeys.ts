// Passkeys: options for the browser, and what its authenticator has signed, verified by @simplewebauthn/server. The relying party is
// the host that was asked. The library is large and seldom needed, so it is loaded when it is.
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import type { Passkey } from "../protocol/account.ts";
import { refusal } from "../protocol/refusals.ts";
import { labelOf } from "./accounts.ts";
import { answered, ask, refusedBy } from "./ask.ts";
import { keepCookie } from "./cookie.ts";
import { problem } from "./refuse.ts";
import { base64url, hashOf, newToken } from "./token.ts";
import { type Asking, tokenKeyOf, whoAsks } from "./who.ts";

const library = () => import("@simplewebauthn/server");

const bytesOf = (text: string) => Uint8Array.from(new TextEncoder().encode(text));

const relyingParty = (c: Asking) => new URL(c.req.url).hostname;

/** The page's origin, which the Worker has checked; a program that names none can only mean this server. */
const originOf = (c: Asking) => c.req.header("Origin") ?? new URL(c.req.url).origin;

/** What a browser's authenticator has made: looked at by the library that verifies it. */
interface Made {
  readonly response: { readonly id: string };
  readonly label?: string | undefined;
}

/** What a browser needs to make a passkey for whoever is signed in. */
export async function passkeyOptions(c: Asking): Promise<Response> {
  const visitor = await whoAsks(c, null);
  if ("refused" in visitor) return problem(visitor.refused);
  const answer = await c.env.MAILBOX.getByName(visitor.name).passkeyOptions(visitor);
  if ("refused" in answer) return refusedBy(c, answer.refused);
  const { challenge, passkeys } = answer.value;
  const { generateRegistrationOptions } = await library();
  const options = await generateRegistrationOptions({
    rpName: "Restante",
    rpID: relyingParty(c),
    userName: visitor.name,
    userDisplayName: visitor.name,
    userID: bytesOf(visitor.name).slice(0, 64),
    challenge: bytesOf(challenge),
    excludeCredentials: passkeys.map(({ id, transports }) => ({ id, transports: [...transports] })),
    authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
  });
  return answered(c, options);
}

/** Adds a passkey that a browser has made: 204. */
export async function addPasskey(c: Asking, read: Made): Promise<Response> {
  const visitor = await whoAsks(c, null);
  if ("refused" in visitor) return problem(visitor.refused);
  let challenge = "";
  let passkey: Passkey;
  try {
    const { verifyRegistrationResponse } = await library();
    const made = await verifyRegistrationResponse({
      response: read.response as unknown as RegistrationResponseJSON,
      expectedChallenge: (signed) => ((challenge = textOf(signed)), true),
      expectedOrigin: originOf(c),
      expectedRPID: relyingParty(c),
    });
    if (!made.verified) return problem(refusal("bad_frame", "the passkey can't be verified"));
    const { id, publicKey, counter, transports = [] } = made.registrationInfo.credential;
    const now = Date.now();
    const label = labelOf(c, read.label);
    passkey = { id, key: base64url(publicKey), counter, transports, label, created: now, seen: now };
  } catch {
    return problem(refusal("bad_frame", "the passkey can't be verified"));
  }
  return ask(c, (mailbox, visitor) => mailbox.addPasskey(visitor, challenge, passkey));
}

/** What a browser needs to sign in as somebody: 200 for any name, so that it tells nothing of whether there is one. */
export async function signInOptions(c: Asking, userName: string): Promise<Response> {
  const { challenge, passkeys } = await c.env.MAILBOX.getByName(userName).enterOptions(userName);
  const { generateAuthenticationOptions } = await library();
  const options = await generateAuthenticationOptions({
    rpID: relyingParty(c),
    challenge: bytesOf(challenge),
    allowCredentials: passkeys.map(({ id, transports }) => ({ id, transports: [...transports] })),
    userVerification: "required",
  });
  return answered(c, options);
}

/** Signs a device in with a passkey: 200 with a token for it, and the cookie. */
export async function passkeySignIn(c: Asking, read: Made & { readonly userName: string }): Promise<Response> {
  const { userName } = read;
  const wrong = refusal("unauthorized", "the passkey is not or no longer good");
  const mailbox = c.env.MAILBOX.getByName(userName);
  const response = read.response as unknown as AuthenticationResponseJSON;
  const known = await mailbox.passkey(userName, response.id);
  if (known === null) return problem(wrong);
  let challenge = "";
  let counter = 0;
  try {
    const { verifyAuthenticationResponse } = await library();
    const signed = await verifyAuthenticationResponse({
      response,
      expectedChallenge: (text) => ((challenge = textOf(text)), true),
      expectedOrigin: originOf(c),
      expectedRPID: relyingParty(c),
      // The counter is judged by the mailbox, in the group that writes the next one.
      credential: { id: known.id, publicKey: keyOf(known.key), counter: 0, transports: [...known.transports] },
    });
    if (!signed.verified) return problem(wrong);
    counter = signed.authenticationInfo.newCounter;
  } catch {
    return problem(wrong);
  }
  const token = await newToken(userName, await tokenKeyOf(c));
  const fresh = { hash: await hashOf(token), label: labelOf(c, read.label) };
  const answer = await mailbox.enter(userName, challenge, { id: known.id, counter }, fresh);
  if ("refused" in answer) return problem(answer.refused);
  keepCookie(c, token);
  return answered(c, { userName, token, device: answer.value.id });
}

function textOf(base64: string): string {
  return new TextDecoder().decode(keyOf(base64));
}

function keyOf(base64: string): Uint8Array<ArrayBuffer> {
  const plain = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}
