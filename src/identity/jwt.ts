// JSON Web Tokens of whoever has users already: signature, issuer, audience and times, by jose. The algorithms are pinned: a token
// never chooses how it is checked.
import { createRemoteJWKSet, decodeJwt, jwtVerify, type JWTVerifyOptions } from "jose";
import { canonical } from "../protocol/names.ts";
import { type Variables, wordsOf } from "./variables.ts";

/** What may sign with a public key. `none` and, beside public keys, any HMAC are never taken. */
const PUBLIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];
const SECRET = ["HS256"];

/** A secret shorter than the hash can be guessed (RFC 7518, 3.2). */
const SECRET_BYTES = 32;

/** Ms until a key that is not in the set makes us ask for the set again. Answers: invented key ids that each cost a request. */
const COOL_DOWN = 5_000;

/** One set a URL for the life of the isolate; jose keeps the keys and asks again when they change. */
const sets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

/** Who a token speaks of, and until when (ms since 1970); null for one that is not to be trusted. */
export async function readJwt(
  token: string,
  variables: Variables,
): Promise<{ readonly name: string; readonly expires: number } | null> {
  const { JWT_SECRET, JWT_CLAIM = "sub" } = variables;
  const options: JWTVerifyOptions = {
    issuer: [...wordsOf(variables.JWT_ISSUER)],
    audience: [...wordsOf(variables.JWT_AUDIENCE)],
    algorithms: [...algorithmsOf(variables)],
    requiredClaims: ["exp", JWT_CLAIM],
  };
  try {
    if (JWT_SECRET) await jwtVerify(token, new TextEncoder().encode(JWT_SECRET), options);
    else await jwtVerify(token, keysAt(variables.JWT_JWKS_URL ?? ""), options);
    const claims = decodeJwt(token);
    const name = claims[JWT_CLAIM];
    if (typeof name !== "string" || claims.exp === undefined) return null;
    const known = canonical(name);
    // Two spellings of one name would be one mailbox for two users of somebody else's.
    return "name" in known && known.name === name ? { name, expires: claims.exp * 1_000 } : null;
  } catch {
    return null;
  }
}

/** What the variables lack, in a sentence, or null. */
export function problemOfKeys(variables: Variables): string | null {
  const { JWT_SECRET = "", JWT_JWKS_URL = "", JWT_ISSUER = "", JWT_AUDIENCE = "" } = variables;
  if (JWT_ISSUER === "" || JWT_AUDIENCE === "") return "AUTH=jwt needs JWT_ISSUER and JWT_AUDIENCE.";
  if ((JWT_SECRET === "") === (JWT_JWKS_URL === "")) return "AUTH=jwt needs either JWT_SECRET or JWT_JWKS_URL.";
  if (JWT_SECRET !== "" && JWT_SECRET.length < SECRET_BYTES) return `JWT_SECRET needs at least ${SECRET_BYTES} bytes.`;
  if (JWT_JWKS_URL !== "" && !/^https:|^http:\/\/(localhost|127\.0\.0\.1)(:|\/)/.test(JWT_JWKS_URL)) {
    return "JWT_JWKS_URL must be https.";
  }
  return algorithmsOf(variables).length === 0 ? "JWT_ALGORITHMS names none that this kind of key can have." : null;
}

/** Those that are pinned: all that fit the kind of key, or of these the ones that the variable names. */
function algorithmsOf({ JWT_SECRET, JWT_ALGORITHMS }: Variables): readonly string[] {
  const fitting = JWT_SECRET ? SECRET : PUBLIC;
  const named = wordsOf(JWT_ALGORITHMS);
  return named.length === 0 ? fitting : fitting.filter((algorithm) => named.includes(algorithm));
}

function keysAt(url: string): ReturnType<typeof createRemoteJWKSet> {
  const known = sets.get(url) ?? createRemoteJWKSet(new URL(url), { cooldownDuration: COOL_DOWN });
  sets.set(url, known);
  return known;
}
