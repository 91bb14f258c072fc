// JSON Web Tokens of deployments with users of their own: form and claims first, then the signature, by jose. The
// algorithms are pinned: a token never chooses how it is checked. Clients get one refusal; the reason is in the log.
import { type JWTPayload, jwtVerify, type JWTVerifyOptions } from "jose";
import { logEvent } from "../protocol/log-events.ts";
import { JWT_LEEWAY_MS } from "../protocol/limits.ts";
import { canonical } from "../protocol/names.ts";
import { valueOf } from "../protocol/variables.ts";
import { expiryOf, type JwtReason, readClaims, REASONS } from "./jwt-claims.ts";
import { mayLog } from "./log-throttle.ts";
import { KeySet } from "./key-sets.ts";
import { algorithmsOf, type Variables } from "./check-variables.ts";

/** The key sets of this isolate by URL. Bounded: the URL is a variable, so there is one. */
const keySets = new Map<string, KeySet>();

/** The user that a token names and when it expires (ms since 1970); null for an invalid token. */
export async function verifyJwt(
  token: string,
  variables: Variables,
): Promise<{ readonly name: string; readonly expires: number } | null> {
  const claimed = claimsOf(token, variables);
  if ("reason" in claimed) return refuseAndLog(claimed.reason);
  const { name, expires, options } = claimed;
  const secret = valueOf(variables, "JWT_SECRET");
  const reason =
    secret === ""
      ? await keySetAt(valueOf(variables, "JWT_JWKS_URL")).verify(token, options)
      : await jwtVerify(token, new TextEncoder().encode(secret), options).then(
          () => null,
          () => "signature" as const,
        );
  return reason === null ? { name, expires } : refuseAndLog(reason);
}

/** Whether keys may have to be fetched for this token: not with a secret, and not if a cached key verifies it. */
export async function mayNeedKeyFetch(token: string, variables: Variables): Promise<boolean> {
  if (valueOf(variables, "JWT_SECRET") !== "") return false;
  const claimed = claimsOf(token, variables);
  return (
    "reason" in claimed || !(await keySetAt(valueOf(variables, "JWT_JWKS_URL")).verifiesNow(token, claimed.options))
  );
}

interface ClaimedIdentity {
  readonly name: string;
  readonly expires: number;
  readonly options: JWTVerifyOptions;
}

/** The unverified claims of a token and the options to verify it with; or why it can't be valid. */
function claimsOf(token: string, variables: Variables): ClaimedIdentity | { readonly reason: JwtReason } {
  const algorithms = algorithmsOf(variables);
  const issuers = valueOf(variables, "JWT_ISSUER");
  const audiences = valueOf(variables, "JWT_AUDIENCE");
  const claims = readClaims(token, { algorithms, issuers, audiences });
  if (typeof claims === "string") return { reason: claims };
  const name = nameClaim(claims, valueOf(variables, "JWT_CLAIM"));
  if ("reason" in name) return name;
  const options = {
    algorithms: [...algorithms],
    issuer: [...issuers],
    audience: [...audiences],
    clockTolerance: JWT_LEEWAY_MS / 1_000,
  };
  return { name: name.name, expires: expiryOf(claims), options };
}

/** The name must be canonical: otherwise two users of the issuer could get the same mailbox by two spellings. */
function nameClaim(claims: JWTPayload, claim: string): { readonly name: string } | { readonly reason: JwtReason } {
  const name = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  if (typeof name !== "string") return { reason: "no_name" };
  const known = canonical(name);
  return "name" in known && known.name === name ? { name } : { reason: "name" };
}

function refuseAndLog(reason: JwtReason): null {
  if (mayLog(`token ${reason}`)) logEvent("jwt_refused", { reason, why: REASONS[reason] });
  return null;
}

function keySetAt(url: string): KeySet {
  const known = keySets.get(url) ?? new KeySet(url);
  keySets.set(url, known);
  return known;
}
