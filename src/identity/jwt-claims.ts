// The claims of a JSON Web Token, checked before anything is fetched or computed: an impossible token costs nothing.
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from "jose";
import { JWT_LEEWAY_MS } from "../protocol/limits.ts";

/** The end of the year 9999, in seconds since 1970. Answers: times given in ms, which overflow when converted to ms. */
const END_S = 253_402_300_799;

/** Why a token was refused, for the operator's log. Clients get the same refusal for all of these. */
export type JwtReason = keyof typeof REASONS;

/** No sentence quotes the token. */
export const REASONS = {
  form: "it is no JSON Web Token",
  algorithm: "its alg is not one that this server takes: see JWT_ALGORITHMS",
  issuer: "its iss is not JWT_ISSUER",
  audience: "its aud is not JWT_AUDIENCE",
  no_expiry: "it has no exp, or one that is no number of seconds up to the year 9999",
  expired: "its exp has passed: compare the clocks",
  not_before: "its nbf is no number of seconds, or has not come: compare the clocks",
  no_name: "it has no claim JWT_CLAIM that is a text",
  name: "the claim JWT_CLAIM is no userName in its canonical form: see rule N2 of docs/PROTOCOL.md",
  no_keys: "the issuer's key set can't be had: see keys_failed",
  unknown_key: "the key set has no key for its kid and alg",
  signature:
    "its signature is wrong: by another key, by an older one of the same kid, or for ES in DER, not as r and s",
} as const;

export interface Expected {
  readonly algorithms: readonly string[];
  /** Null for any. */
  readonly issuers: readonly string[] | null;
  readonly audiences: readonly string[];
}

/** The claims of a token whose signature is not verified yet, or why it can't be valid. */
export function readClaims(token: string, expected: Expected): JWTPayload | JwtReason {
  let claims: JWTPayload;
  let alg: string | undefined;
  try {
    claims = decodeJwt(token);
    ({ alg } = decodeProtectedHeader(token));
  } catch {
    return "form";
  }
  if (alg === undefined || !expected.algorithms.includes(alg)) return "algorithm";
  const { iss, aud } = claims;
  if (expected.issuers !== null && (iss === undefined || !expected.issuers.includes(iss))) return "issuer";
  if (![aud ?? []].flat().some((one) => expected.audiences.includes(one))) return "audience";
  return checkTimes(claims, Date.now()) ?? claims;
}

/** When a token expires, in whole ms since 1970. Only for claims that readClaims returned. */
export function expiryOf({ exp = 0 }: JWTPayload): number {
  return Math.floor(exp * 1_000);
}

/** Checks `exp` and `nbf`. `iat` has no effect here, so it is ignored. */
function checkTimes({ exp, nbf }: JWTPayload, nowMs: number): JwtReason | null {
  if (!isTime(exp)) return "no_expiry";
  if (exp * 1_000 + JWT_LEEWAY_MS <= nowMs) return "expired";
  return nbf === undefined || (isTime(nbf) && nbf * 1_000 <= nowMs + JWT_LEEWAY_MS) ? null : "not_before";
}

/** RFC 7519 allows fractions of a second. */
function isTime(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= END_S;
}
