// The variables that say who may come in. README's table has their defaults and meanings.

export interface Variables {
  readonly AUTH: string;
  readonly REGISTRATION?: string;
  readonly INVITE_SECRET?: string;
  readonly ALLOWED_ORIGINS?: string;
  readonly OPEN_ANYWHERE?: string;
  readonly JWT_SECRET?: string;
  readonly JWT_JWKS_URL?: string;
  readonly JWT_ISSUER?: string;
  readonly JWT_AUDIENCE?: string;
  readonly JWT_ALGORITHMS?: string;
  readonly JWT_CLAIM?: string;
  readonly ADMIN_TOKEN?: string;
  readonly RATE_LIMIT?: string;
  readonly ATTEMPTS_PER_MINUTE?: string;
  readonly CLIENT_ADDRESS?: string;
}

/** A list in a variable: its words, separated by commas or blanks. */
export function wordsOf(variable: string | undefined): readonly string[] {
  return (variable ?? "").split(/[\s,]+/).filter((word) => word !== "");
}
