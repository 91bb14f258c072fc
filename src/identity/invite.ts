// Invitations, for REGISTRATION=invite: texts signed with INVITE_SECRET, valid until a time, for any name or for one.
// `npm run invite` makes them. Nothing is stored.
import { jwtVerify } from "jose";
import { JWT_LEEWAY_MS } from "../protocol/limits.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { valueOf } from "../protocol/variables.ts";
import { readClaims } from "./jwt-claims.ts";
import type { Variables } from "./check-variables.ts";

/** The audience claim. It keeps other tokens signed with the same secret from counting as invitations. */
const AUDIENCE = "restante invitation";

const EXPECTED = { algorithms: ["HS256"], issuers: null, audiences: [AUDIENCE] } as const;

/** Why `name` can't be claimed with this invitation (undefined for none), or null. */
export async function checkInvitation(
  name: string,
  invitation: string | undefined,
  variables: Variables,
): Promise<Refusal | null> {
  const registration = valueOf(variables, "REGISTRATION");
  if (registration === "open") return null;
  if (registration === "closed") return refusal("forbidden", "nobody can register here");
  if (invitation === undefined) return refusal("forbidden", "to register here takes an invitation");
  const claims = readClaims(invitation, EXPECTED);
  const secret = valueOf(variables, "INVITE_SECRET");
  if (typeof claims === "string" || secret === "" || !(await isSigned(invitation, secret))) {
    return refusal("forbidden", "the invitation is not or no longer good");
  }
  const { sub } = claims;
  return sub === undefined || sub === name ? null : refusal("forbidden", "the invitation is for another name");
}

async function isSigned(invitation: string, secret: string): Promise<boolean> {
  const options = { algorithms: ["HS256"], audience: AUDIENCE, clockTolerance: JWT_LEEWAY_MS / 1_000 };
  try {
    await jwtVerify(invitation, new TextEncoder().encode(secret), options);
    return true;
  } catch {
    return false;
  }
}
