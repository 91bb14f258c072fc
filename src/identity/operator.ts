// Who operates this deployment: whoever has its secret ADMIN_TOKEN, or a service account's token with the scope admin. Routes that only
// operators may call say `operatorOnly`. No user's token ever is one, and no cookie counts.
import { type Refusal, refusal } from "../protocol/refusals.ts";
import type { Visitor } from "../protocol/visitor.ts";
import { setActing } from "./acting.ts";
import { counted } from "./ask.ts";
import { attempt, isVouchedFor, usedUp, vouch } from "./attempts.ts";
import { adminToken } from "./mode.ts";
import { problem } from "./refuse.ts";
import { type Asking, modeFor, readToken } from "./who.ts";

/** Lets operators through, and nobody else: 401 for whoever brings nothing or a wrong token, 403 for somebody else's. */
export async function operatorOnly(c: Asking, next: () => Promise<void>): Promise<Response | void> {
  const no = await objectionToOperator(c);
  return no === null ? next() : problem(no);
}

async function objectionToOperator(c: Asking): Promise<Refusal | null> {
  const mode = modeFor(c);
  if (typeof mode === "object") return mode.refused;
  const token = /^Bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (token === undefined) return refusal("unauthorized");
  const tooMany = usedUp(c.req.raw, c.env);
  if (tooMany === null && (await isSame(token, adminToken(c.env)))) {
    setActing(c, null);
    return null;
  }
  const visitor = await readToken(token, c.env, ["admin"]);
  if (visitor === null) return tooMany ?? (await attempt(c.req.raw, c.env)) ?? refusal("unauthorized");
  if (visitor.proof.is !== "service") return refusal("forbidden", "it takes an operator's token");
  return isVouchedFor(visitor.proof) || tooMany === null ? objectionOf(c, visitor) : tooMany;
}

/** The service's own mailbox knows what the token is good for. */
async function objectionOf(c: Asking, visitor: Visitor): Promise<Refusal | null> {
  const answer = await c.env.MAILBOX.getByName(visitor.name).account(visitor);
  if ("refused" in answer) return counted(c, answer.refused);
  vouch(visitor.proof);
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
