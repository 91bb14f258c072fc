// Quotas of one user, which an operator sets in place of the deployment's.
import { QUOTAS } from "./limits.ts";

/** A quota of a user. Attempts to sign in are counted by address, so no user has a limit of them. */
export type QuotaName = Exclude<keyof typeof QUOTAS, "ATTEMPTS_PER_MINUTE">;

export const QUOTA_NAMES = (Object.keys(QUOTAS) as (keyof typeof QUOTAS)[]).filter(
  (name): name is QuotaName => name !== "ATTEMPTS_PER_MINUTE",
);

/** The quotas of a user that differ from the deployment's. */
export type OwnQuotas = { readonly [Name in QuotaName]?: number };

/** A change of them; null: the deployment's applies again. */
export type QuotaChange = { readonly [Name in QuotaName]?: number | null | undefined };

/** How often a limit refused something of this user, since the isolate runs. `last`: ms since 1970. */
export interface RefusalCount {
  readonly limit: string;
  readonly times: number;
  readonly last: number;
}

/** The limits of a user. `values`: null where RATE_LIMIT is off. */
export interface UserLimitState {
  readonly values: { readonly [Name in QuotaName]: number } | null;
  readonly own: OwnQuotas;
  readonly refused: readonly RefusalCount[];
}
