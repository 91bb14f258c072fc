// Operators of this deployment: callers with its secret ADMIN_TOKEN, or with a service account's token with the scope
// admin. Operators' routes use `requireOperator`. A user's token is never enough, and the cookie is ignored.
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { setActingOperator } from "./acting-operator.ts";
import { auditAttempt } from "./audit.ts";
import { loggedNetworkOf } from "./address.ts";
import { confirmToken, countWorkerRefusal, settleRefusal } from "./request-token.ts";
import { logAttempt } from "./attempt-log.ts";
import { adminToken } from "./auth-mode.ts";
import { problemResponse } from "./problem-response.ts";
import { identifyByToken, modeOrRefusal } from "./identify-caller.ts";
import type { RequestContext } from "./request-context.ts";

/** Middleware: passes operators only. 401 without a token or with a wrong one, 403 with another caller's. */
export async function requireOperator(c: RequestContext, next: () => Promise<void>): Promise<Response | void> {
  const mode = modeOrRefusal(c);
  if (typeof mode === "object") return problemResponse(mode.refused);
  const token = /^Bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (token === undefined) return problemResponse(refusal("unauthorized"));
  // Before any limit: 256 bits can't be guessed, and others at the same address can't lock the operator out.
  if (await isSameSecret(token, adminToken(c.env))) {
    setActingOperator(c, null);
    return next();
  }
  const refused = await checkServiceToken(c, token);
  if (refused === null) return next();
  const network = loggedNetworkOf(c.req.raw, c.env);
  auditAttempt(c, network, refused.code, logAttempt("operator_refused", network));
  return problemResponse(refused);
}

/** Why a token other than ADMIN_TOKEN is refused, or null. The service's own mailbox knows its scopes. */
async function checkServiceToken(c: RequestContext, token: string): Promise<Refusal | null> {
  const caller = await identifyByToken(c, token, ["admin"]);
  if ("refused" in caller) return caller.refused;
  if (caller.proof.is !== "service") return countWorkerRefusal(c, refusal("forbidden", "it takes an operator's token"));
  const answer = await c.env.MAILBOX.getByName(caller.name).account(caller);
  if ("refused" in answer) return settleRefusal(c, answer.refused);
  confirmToken(c);
  setActingOperator(c, caller);
  return null;
}

/** Compares in constant time. */
async function isSameSecret(brought: string, secret: string | null): Promise<boolean> {
  const [one, other] = await Promise.all([digestOf(brought), digestOf(secret ?? "")]);
  return secret !== null && crypto.subtle.timingSafeEqual(one, other);
}

function digestOf(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
