// JSON Web Tokens as somebody else's issuer signs them, for tests inside the runtime.
import { env } from "cloudflare:workers";
import { SignJWT } from "jose";

export const key = new TextEncoder().encode((env as Env & { readonly JWT_SECRET: string }).JWT_SECRET);
export const now = () => Math.floor(Date.now() / 1_000);

interface Claims {
  readonly sub?: string;
  readonly iss?: string;
  readonly aud?: string;
  readonly exp?: number | null;
  readonly nbf?: number;
  readonly [claim: string]: unknown;
}

/** A token that is good, but for what `change` says. */
export function signed(sub: string, change: Claims = {}, secret = key, alg = "HS256"): Promise<string> {
  const { exp = now() + 600, ...claims } = { sub, iss: "https://issuer.test", aud: "restante", ...change };
  const jwt = new SignJWT(claims).setProtectedHeader({ alg });
  return (exp === null ? jwt : jwt.setExpirationTime(exp)).sign(secret);
}
