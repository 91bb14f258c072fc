// Who operates this deployment: whoever has its secret ADMIN_TOKEN, or a service account's token with the scope admin. Routes that only
// operators may call say `operatorOnly`. No user's token ever is one, and no cookie counts.
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { setActingOperator } from "./acting-operator.ts";
import { loggedNetworkOf } from "./address.ts";
import { confirmToken, countWorkerRefusal, settleRefusal } from "./request-token.ts";
import { logAttempt } from "./attempt-log.ts";
import { adminToken } from "./auth-mode.ts";
import { problem } from "./refuse-upgrade.ts";
import { identifyByToken, modeOrRefusal } from "./identify-caller.ts";
import type { RequestContext } from "./request-context.ts";

/** Lets operators through, and nobody else: 401 for whoever brings nothing or a wrong token, 403 for somebody else's. */
export async function requireOperator(c: RequestContext, next: () => Promise<void>): Promise<Response | void> {
  const mode = modeOrRefusal(c);
  if (typeof mode === "object") return problem(mode.refused);
  const token = /^Bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (token === undefined) return problem(refusal("unauthorized"));
  // Before any limit: 256 bits are not guessed, and the operator is let in whatever others did from the same address.
  if (await isSameSecret(token, adminToken(c.env))) {
    setActingOperator(c, null);
    return next();
  }
  const no = await checkServiceToken(c, token);
  if (no === null) return next();
  logAttempt("operator_refused", loggedNetworkOf(c.req.raw, c.env));
  return problem(no);
}

/** Why a token that is not the operator's secret opens nothing; the service's own mailbox knows what it is good for. */
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

/** Compared in a time that tells nothing of how much of it was right. */
async function isSameSecret(brought: string, secret: string | null): Promise<boolean> {
  const [one, other] = await Promise.all([digestOf(brought), digestOf(secret ?? "")]);
  return secret !== null && crypto.subtle.timingSafeEqual(one, other);
}

function digestOf(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
