// JSON Web Tokens of an external issuer, for tests inside the runtime.
import { env } from "cloudflare:workers";
import { type JWTPayload, SignJWT } from "jose";

export const jwtKey = new TextEncoder().encode((env as Env & { readonly JWT_SECRET: string }).JWT_SECRET);
export const nowSeconds = () => Math.floor(Date.now() / 1_000);

type Claims = Readonly<Record<string, unknown>>;

/** A valid token, with the claims of `change` replaced. */
export function signToken(sub: string, change: Claims = {}, secret = jwtKey, alg = "HS256"): Promise<string> {
  const claims = { sub, iss: "https://issuer.test", aud: "restante", exp: nowSeconds() + 600, ...change };
  return new SignJWT(claims as JWTPayload).setProtectedHeader({ alg }).sign(secret);
}
