// Who operates this deployment: whoever has its secret ADMIN_TOKEN, or a service account's token with the scope admin. Routes that only
// operators may call say `operatorOnly`. No user's token ever is one, and no cookie counts.
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { setActing } from "./acting-operator.ts";
import { networkOf } from "./address.ts";
import { confirm, refused, refuted } from "./request-token.ts";
import { noteAttempt } from "./attempt-log.ts";
import { adminToken } from "./auth-mode.ts";
import { problem } from "./refuse-upgrade.ts";
import { type Asking, identify, modeFor } from "./identify-caller.ts";

/** Lets operators through, and nobody else: 401 for whoever brings nothing or a wrong token, 403 for somebody else's. */
export async function operatorOnly(c: Asking, next: () => Promise<void>): Promise<Response | void> {
  const mode = modeFor(c);
  if (typeof mode === "object") return problem(mode.refused);
  const token = /^Bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (token === undefined) return problem(refusal("unauthorized"));
  // Before any limit: 256 bits are not guessed, and the operator is let in whatever others did from the same address.
  if (await isSame(token, adminToken(c.env))) {
    setActing(c, null);
    return next();
  }
  const no = await objectionTo(c, token);
  if (no === null) return next();
  noteAttempt("operator_refused", networkOf(c.req.raw, c.env));
  return problem(no);
}

/** Why a token that is not the operator's secret opens nothing; the service's own mailbox knows what it is good for. */
async function objectionTo(c: Asking, token: string): Promise<Refusal | null> {
  const visitor = await identify(c, token, ["admin"]);
  if ("refused" in visitor) return visitor.refused;
  if (visitor.proof.is !== "service") return refused(c, refusal("forbidden", "it takes an operator's token"));
  const answer = await c.env.MAILBOX.getByName(visitor.name).account(visitor);
  if ("refused" in answer) return refuted(c, answer.refused);
  confirm(c);
  setActing(c, visitor);
  return null;
}

/** Compared in a time that tells nothing of how much of it was right. */
async function isSame(brought: string, secret: string | null): Promise<boolean> {
  const [one, other] = await Promise.all([digestOf(brought), digestOf(secret ?? "")]);
  return secret !== null && crypto.subtle.timingSafeEqual(one, other);
}

function digestOf(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
