// Accounts without passwords: claiming a name, signing in and out, managing devices. The user's own mailbox is the
// authority. This file makes the random values, sets the cookie, and passes only hashes of secrets to the mailbox.
import type { NewToken } from "../protocol/account.ts";
import { refusal } from "../protocol/refusals.ts";
import type { Caller } from "../protocol/caller.ts";
import { callMailbox, jsonResponse, type MailboxStub, refuseByMailbox } from "./call-mailbox.ts";
import { countAttempt } from "./attempts.ts";
import { sessionCookie, deleteSessionCookie, setSessionCookie } from "./cookie.ts";
import { checkInvitation } from "./invite.ts";
import { authModeOf } from "./auth-mode.ts";
import { mayUseCookie } from "./origin.ts";
import { problemResponse } from "./problem-response.ts";
import {
  hashOf,
  hashOfCode,
  isLinkCode,
  deviceTokenName,
  newLinkCode,
  newRecoveryCode,
  newToken,
  normalizeCode,
  serviceTokenName,
} from "./token.ts";
import { modeOrRefusal, tokenKeyOf, findToken, identifyCaller } from "./identify-caller.ts";
import type { RequestContext } from "./request-context.ts";
import { claimListed, forgetUser, listSignedIn } from "./user-list.ts";

/** How users authenticate on this server, so that a web page can show the right form. */
export function describeAuth(c: RequestContext): Response {
  const auth = authModeOf(c.env);
  const registration = auth === "accounts" ? { registration: c.env.REGISTRATION ?? "open" } : {};
  return jsonResponse(c, { auth, ...registration });
}

/** Claims a free name: 201 with a token for this device, a recovery code that is shown only here, and the cookie. */
export async function claimName(
  c: RequestContext,
  {
    userName,
    label,
    invitation,
  }: { readonly userName: string; readonly label?: string | undefined; readonly invitation?: string | undefined },
): Promise<Response> {
  const refused = await checkInvitation(userName, invitation, c.env);
  if (refused !== null) return problemResponse(refused);
  const { token, record } = await newDeviceToken(c, userName, label);
  const recoveryCode = newRecoveryCode();
  const recovery = await hashOfCode(userName, normalizeCode(recoveryCode));
  const mailbox = c.env.MAILBOX.getByName(userName);
  const answer = await claimListed(c, userName, () => mailbox.claim(userName, { token: record, recovery }));
  if ("refused" in answer) return problemResponse(answer.refused);
  setSessionCookie(c, token);
  return jsonResponse(c, { userName, token, recoveryCode, device: answer.value.id }, 201);
}

/** Whether the caller could claim this name: 200. It is refused as a claim would be, and claims nothing. */
export async function askWhetherFree(
  c: RequestContext,
  { userName, invitation }: { readonly userName: string; readonly invitation?: string | undefined },
): Promise<Response> {
  const refused = await checkInvitation(userName, invitation, c.env);
  if (refused !== null) return problemResponse(refused);
  const answer = await c.env.MAILBOX.getByName(userName).isNameFree(userName);
  if ("refused" in answer) return problemResponse(answer.refused);
  return jsonResponse(c, { userName, free: answer.value });
}

/**
 * Signs a device in with a recovery code or a link code: 200 with a token for it, and the cookie. A recovery code is
 * replaced: the response has the next one.
 */
export async function signIn(
  c: RequestContext,
  request: { readonly userName: string; readonly code: string; readonly label?: string | undefined },
): Promise<Response> {
  const { userName } = request;
  const code = normalizeCode(request.code);
  const { token, record } = await newDeviceToken(c, userName, request.label);
  const recoveryCode = newRecoveryCode();
  const mailbox = c.env.MAILBOX.getByName(userName);
  const hash = await hashOfCode(userName, code);
  const linked = isLinkCode(code);
  const next = await hashOfCode(userName, normalizeCode(recoveryCode));
  const answer = linked
    ? await mailbox.link(userName, hash, record)
    : await mailbox.recover(userName, hash, next, record);
  if ("refused" in answer) return problemResponse(answer.refused);
  await listSignedIn(c, userName);
  setSessionCookie(c, token);
  const again = linked ? {} : { recoveryCode };
  return jsonResponse(c, { userName, token, ...again, device: answer.value.id });
}

/** Signs the calling device out: its sockets are closed, its token becomes invalid, and the cookie is deleted. */
export async function signOut(c: RequestContext): Promise<Response> {
  const answer = await callMailbox(c, (mailbox, caller) => mailbox.signOut(caller, null));
  if (answer.ok) deleteSessionCookie(c);
  return answer.ok ? c.body(null, 204) : answer;
}

/**
 * Signs another device out: 204. If that device had made the current recovery code, the code ends with it, and the
 * response is 200 with the next one.
 */
export function signOutDevice(c: RequestContext, id: string): Promise<Response> {
  const recoveryCode = newRecoveryCode();
  return callMailbox(c, async (mailbox, caller) => {
    const next = await hashOfCode(caller.name, normalizeCode(recoveryCode));
    const answer = await mailbox.signOut(caller, id, next);
    return "refused" in answer ? answer : { value: answer.value ? { recoveryCode } : null };
  });
}

/** Signs all other devices out and revokes the codes and passkeys that they made: 200 with the next recovery code. */
export function signOutOthers(c: RequestContext): Promise<Response> {
  const recoveryCode = newRecoveryCode();
  return callMailbox(c, async (mailbox, caller) => {
    const next = await hashOfCode(caller.name, normalizeCode(recoveryCode));
    const answer = await mailbox.signOutOthers(caller, next);
    return "refused" in answer ? answer : { value: { recoveryCode } };
  });
}

/** Proves with the recovery code that the user operates the calling device: 204. The code stays valid. */
export function proveByRecoveryCode(c: RequestContext, code: string): Promise<Response> {
  return callMailbox(c, async (mailbox, caller) =>
    mailbox.prove(caller, await hashOfCode(caller.name, normalizeCode(code))),
  );
}

/** Erases the account permanently: 204. */
export async function eraseAccount(c: RequestContext): Promise<Response> {
  const answer = await callMailbox(c, async (mailbox, caller) => {
    const erased = await mailbox.erase(caller);
    if ("value" in erased) await forgetUser(c, caller.name);
    return erased;
  });
  if (answer.ok) deleteSessionCookie(c);
  return answer.ok ? c.body(null, 204) : answer;
}

/** The whole mailbox as JSON Lines. */
export async function exportMailbox(c: RequestContext): Promise<Response> {
  const caller = await identifyCaller(c, null);
  if ("refused" in caller) return problemResponse(caller.refused);
  const answer = await c.env.MAILBOX.getByName(caller.name).export(caller);
  if ("refused" in answer) return refuseByMailbox(c, answer.refused);
  return c.body(answer.value, 200, {
    "Content-Type": "application/jsonl",
    "Content-Disposition": `attachment; filename="restante.jsonl"`,
    "Cache-Control": "no-store",
  });
}

/** A short code with which one more device can sign in within ten minutes: 201. */
export function createLinkCode(c: RequestContext): Promise<Response> {
  const question = async (mailbox: MailboxStub, caller: Caller) => {
    const code = newLinkCode();
    const answer = await mailbox.linkCode(caller, await hashOfCode(caller.name, normalizeCode(code)));
    return "refused" in answer ? answer : { value: { code, expires: answer.value } };
  };
  return callMailbox(c, question, 201);
}

/** Replaces the recovery code: 201 with the new one. */
export function recoveryCode(c: RequestContext): Promise<Response> {
  const question = async (mailbox: MailboxStub, caller: Caller) => {
    const code = newRecoveryCode();
    const answer = await mailbox.recoveryCode(caller, await hashOfCode(caller.name, normalizeCode(code)));
    return "refused" in answer ? answer : { value: { recoveryCode: code } };
  };
  return callMailbox(c, question, 201);
}

/** Middleware: refuses every request unless AUTH is accounts. */
export async function requireAccounts(c: RequestContext, next: () => Promise<void>): Promise<Response | void> {
  const mode = modeOrRefusal(c);
  if (typeof mode === "object") return problemResponse(mode.refused);
  if (mode !== "accounts")
    return problemResponse(refusal("not_found", "there are no accounts here: AUTH is not accounts"));
  return requirePerson(c, next);
}

/** Middleware: refuses service accounts. Their tokens and their revocation are managed by operators. */
export async function requirePerson(c: RequestContext, next: () => Promise<void>): Promise<Response | void> {
  const token = findToken(c);
  if (token === null || serviceTokenName(token) === null) return next();
  return problemResponse(refusal("forbidden", "this is for people; operators see to service accounts"));
}

/** Middleware: limits the attempts to claim a name or to sign in, by network address. */
export async function limitAttempts(c: RequestContext, next: () => Promise<void>): Promise<Response | void> {
  const tooMany = await countAttempt(c.req.raw, c.env);
  return tooMany === null ? next() : problemResponse(tooMany);
}

/**
 * A token for a device that is signing in, and the record of it for the mailbox. If the browser's cookie has a token of
 * the same user, the record says that the new token replaces it.
 */
export async function newDeviceToken(
  c: RequestContext,
  userName: string,
  label: string | undefined,
): Promise<{ readonly token: string; readonly record: NewToken }> {
  const token = await newToken(userName, await tokenKeyOf(c));
  const earlier = mayUseCookie(c.req.raw, c.env) ? sessionCookie(c) : null;
  const replaces = earlier !== null && deviceTokenName(earlier) === userName ? { replaces: await hashOf(earlier) } : {};
  return { token, record: { hash: await hashOf(token), label: labelOf(c, label), ...replaces } };
}

/** The device's label: the one given, or browser and system as the User-Agent names them. */
export function labelOf(c: RequestContext, label: string | undefined): string {
  if (label !== undefined) return label;
  const agent = c.req.header("User-Agent") ?? "";
  const browser = /(Edg|OPR|Firefox|Chrome|Safari|curl)\b/.exec(agent)?.[1];
  const system = /\b(Android|iPhone|iPad|Windows|Mac OS|Linux)\b/.exec(agent)?.[1];
  const parts = [browser === "Edg" ? "Edge" : browser === "OPR" ? "Opera" : browser, system].filter(Boolean);
  return parts.length === 0 ? "Unknown device" : parts.join(", ");
}
