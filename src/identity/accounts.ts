// Accounts without passwords: to claim a name, to sign in and out, and to see one's devices. A user's own mailbox is the authority;
// this makes what is random, sees to the cookie, and lets no secret but its hash through to the mailbox.
import type { NewToken } from "../protocol/account.ts";
import { refusal } from "../protocol/refusals.ts";
import type { Caller } from "../protocol/caller.ts";
import { callMailbox, answered, type MailboxStub, refusedBy } from "./call-mailbox.ts";
import { attempt } from "./attempts.ts";
import { cookieOf, dropCookie, keepCookie } from "./cookie.ts";
import { invites } from "./invite.ts";
import { modeOf } from "./auth-mode.ts";
import { cookieCounts } from "./origin.ts";
import { problem } from "./refuse-upgrade.ts";
import {
  hashOf,
  hashOfCode,
  isLinkCode,
  nameOf,
  newLinkCode,
  newRecoveryCode,
  newToken,
  plainCode,
  serviceOf,
} from "./token.ts";
import { type Asking, modeFor, tokenKeyOf, tokenOf, identifyCaller } from "./identify-caller.ts";

/** What this server asks of whoever comes: for pages that show the right form. */
export function about(c: Asking): Response {
  const auth = modeOf(c.env);
  const registration = auth === "accounts" ? { registration: c.env.REGISTRATION ?? "open" } : {};
  return answered(c, { auth, ...registration });
}

/** Claims a free name: 201 with a token for this device, a recovery code that is shown once, and the cookie. */
export async function claim(
  c: Asking,
  {
    userName,
    label,
    invitation,
  }: { readonly userName: string; readonly label?: string | undefined; readonly invitation?: string | undefined },
): Promise<Response> {
  const why = await invites(userName, invitation, c.env);
  if (why !== null) return problem(why);
  const { token, fresh } = await freshToken(c, userName, label);
  const recoveryCode = newRecoveryCode();
  const answer = await c.env.MAILBOX.getByName(userName).claim(userName, {
    token: fresh,
    recovery: await hashOfCode(userName, plainCode(recoveryCode)),
  });
  if ("refused" in answer) return problem(answer.refused);
  keepCookie(c, token);
  return answered(c, { userName, token, recoveryCode, device: answer.value.id }, 201);
}

/** Signs a device in with a recovery code, which is then replaced, or a link code: 200 with a token for it, and the cookie. */
export async function signIn(
  c: Asking,
  read: { readonly userName: string; readonly code: string; readonly label?: string | undefined },
): Promise<Response> {
  const { userName } = read;
  const code = plainCode(read.code);
  const { token, fresh } = await freshToken(c, userName, read.label);
  const recoveryCode = newRecoveryCode();
  const mailbox = c.env.MAILBOX.getByName(userName);
  const hash = await hashOfCode(userName, code);
  const linked = isLinkCode(code);
  const next = await hashOfCode(userName, plainCode(recoveryCode));
  const answer = linked
    ? await mailbox.link(userName, hash, fresh)
    : await mailbox.recover(userName, hash, next, fresh);
  if ("refused" in answer) return problem(answer.refused);
  keepCookie(c, token);
  const again = linked ? {} : { recoveryCode };
  return answered(c, { userName, token, ...again, device: answer.value.id });
}

/** The device that asks is signed out: its sockets are closed, its token is worth nothing, and the cookie is gone. */
export async function signOut(c: Asking): Promise<Response> {
  const answer = await callMailbox(c, (mailbox, visitor) => mailbox.signOut(visitor, null));
  if (answer.ok) dropCookie(c);
  return answer.ok ? c.body(null, 204) : answer;
}

/** Signs another device out: 204, or 200 with the next recovery code where the device had made the last one, which ended with it. */
export function revoke(c: Asking, id: string): Promise<Response> {
  const recoveryCode = newRecoveryCode();
  return callMailbox(c, async (mailbox, visitor) => {
    const next = await hashOfCode(visitor.name, plainCode(recoveryCode));
    const answer = await mailbox.signOut(visitor, id, next);
    return "refused" in answer ? answer : { value: answer.value ? { recoveryCode } : null };
  });
}

/** Signs all other devices out, and what they have made ends: 200 with the next recovery code. */
export function revokeOthers(c: Asking): Promise<Response> {
  const recoveryCode = newRecoveryCode();
  return callMailbox(c, async (mailbox, visitor) => {
    const next = await hashOfCode(visitor.name, plainCode(recoveryCode));
    const answer = await mailbox.signOutOthers(visitor, next);
    return "refused" in answer ? answer : { value: { recoveryCode } };
  });
}

/** The device that asks shows with the recovery code that it is the user: 204. The code stays good. */
export function prove(c: Asking, code: string): Promise<Response> {
  return callMailbox(c, async (mailbox, visitor) =>
    mailbox.prove(visitor, await hashOfCode(visitor.name, plainCode(code))),
  );
}

/** Everything gone, for good: 204. */
export async function erase(c: Asking): Promise<Response> {
  const answer = await callMailbox(c, (mailbox, visitor) => mailbox.erase(visitor));
  if (answer.ok) dropCookie(c);
  return answer.ok ? c.body(null, 204) : answer;
}

/** Everything that the mailbox keeps, as JSON Lines. */
export async function exportAll(c: Asking): Promise<Response> {
  const visitor = await identifyCaller(c, null);
  if ("refused" in visitor) return problem(visitor.refused);
  const answer = await c.env.MAILBOX.getByName(visitor.name).export(visitor);
  if ("refused" in answer) return refusedBy(c, answer.refused);
  return c.body(answer.value, 200, {
    "Content-Type": "application/jsonl",
    "Content-Disposition": `attachment; filename="restante.jsonl"`,
    "Cache-Control": "no-store",
  });
}

/** A short code that lets one more device in, within ten minutes: 201. */
export function linkCode(c: Asking): Promise<Response> {
  const question = async (mailbox: MailboxStub, visitor: Caller) => {
    const code = newLinkCode();
    const answer = await mailbox.linkCode(visitor, await hashOfCode(visitor.name, plainCode(code)));
    return "refused" in answer ? answer : { value: { code, expires: answer.value } };
  };
  return callMailbox(c, question, 201);
}

/** A new recovery code in place of the old one: 201. */
export function recoveryCode(c: Asking): Promise<Response> {
  const question = async (mailbox: MailboxStub, visitor: Caller) => {
    const code = newRecoveryCode();
    const answer = await mailbox.recoveryCode(visitor, await hashOfCode(visitor.name, plainCode(code)));
    return "refused" in answer ? answer : { value: { recoveryCode: code } };
  };
  return callMailbox(c, question, 201);
}

/** Lets nobody through where there are no accounts. */
export async function accountsOnly(c: Asking, next: () => Promise<void>): Promise<Response | void> {
  const mode = modeFor(c);
  if (typeof mode === "object") return problem(mode.refused);
  if (mode !== "accounts") return problem(refusal("not_found", "there are no accounts here: AUTH is not accounts"));
  return peopleOnly(c, next);
}

/** Lets no service account through: its tokens and its end are its operators' business. */
export async function peopleOnly(c: Asking, next: () => Promise<void>): Promise<Response | void> {
  const token = tokenOf(c);
  if (token === null || serviceOf(token) === null) return next();
  return problem(refusal("forbidden", "this is for people; operators see to service accounts"));
}

/** Somebody without a token wants to have one: not too often. */
export async function strangers(c: Asking, next: () => Promise<void>): Promise<Response | void> {
  const tooMany = await attempt(c.req.raw, c.env);
  return tooMany === null ? next() : problem(tooMany);
}

/** A token for a device that may be about to sign in. The one that this browser has of the same user, in its cookie, ends when it does. */
export async function freshToken(
  c: Asking,
  userName: string,
  label: string | undefined,
): Promise<{ readonly token: string; readonly fresh: NewToken }> {
  const token = await newToken(userName, await tokenKeyOf(c));
  const before = cookieCounts(c.req.raw, c.env) ? cookieOf(c) : null;
  const replaces = before !== null && nameOf(before) === userName ? { replaces: await hashOf(before) } : {};
  return { token, fresh: { hash: await hashOf(token), label: labelOf(c, label), ...replaces } };
}

/** What the user calls the device, or what its browser says that it is. */
export function labelOf(c: Asking, given: string | undefined): string {
  if (given !== undefined) return given;
  const agent = c.req.header("User-Agent") ?? "";
  const browser = /(Edg|OPR|Firefox|Chrome|Safari|curl)\b/.exec(agent)?.[1];
  const system = /\b(Android|iPhone|iPad|Windows|Mac OS|Linux)\b/.exec(agent)?.[1];
  const known = [browser === "Edg" ? "Edge" : browser === "OPR" ? "Opera" : browser, system].filter(Boolean);
  return known.length === 0 ? "Unknown device" : known.join(", ");
}
