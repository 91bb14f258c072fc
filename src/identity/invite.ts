// Invitations, where REGISTRATION is `invite`: texts signed with INVITE_SECRET, good until a time, for any name or for one.
// `npm run invite` makes them. Nothing about them is stored.
import { decodeJwt, jwtVerify } from "jose";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import type { Variables } from "./variables.ts";

/** What an invitation is for, so that no other token signed with the same secret is one. */
const AUDIENCE = "restante invitation";

/** Null if `name` may be claimed with what was brought, or why not. */
export async function invites(
  name: string,
  invitation: string | undefined,
  { REGISTRATION = "open", INVITE_SECRET = "" }: Variables,
): Promise<Refusal | null> {
  if (REGISTRATION === "open") return null;
  if (REGISTRATION === "closed") return refusal("forbidden", "nobody can register here");
  if (invitation === undefined) return refusal("forbidden", "to register here takes an invitation");
  const options = { algorithms: ["HS256"], audience: AUDIENCE, requiredClaims: ["exp"] };
  try {
    await jwtVerify(invitation, new TextEncoder().encode(INVITE_SECRET), options);
    const { sub } = decodeJwt(invitation);
    if (sub === undefined || sub === name) return null;
    return refusal("forbidden", "the invitation is for another name");
  } catch {
    return refusal("forbidden", "the invitation is not or no longer good");
  }
}
