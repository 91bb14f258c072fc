// What holds for every mailbox of a deployment, read from its variables.
import { type Hosts, hostsOf } from "../protocol/hosts.ts";
import { QUOTAS } from "../protocol/limits.ts";

export type Quotas = { readonly [Name in keyof typeof QUOTAS]: number };

export interface Rules {
  /** The AUTH variable; see identity/mode.ts. */
  readonly mode: string;
  /** Whether first contact is a request. */
  readonly requests: boolean;
  /** What a stranger may write before the user has accepted. */
  readonly strangerMessages: number;
  /** Hosts of webhooks that may be private, without TLS, and on any port. */
  readonly webhookHosts: Hosts;
  /** Null where the limits are off. */
  readonly quotas: Quotas | null;
}

type Variables = {
  readonly [Name in "AUTH" | "RATE_LIMIT" | "REQUESTS" | "WEBHOOK_HOSTS" | keyof typeof QUOTAS]?: string;
};

/** In `open` mode anybody is anybody, so there are no strangers unless REQUESTS says so. */
export function rulesOf(variables: Variables): Rules {
  const { AUTH = "", RATE_LIMIT, REQUESTS, WEBHOOK_HOSTS = "" } = variables;
  const quotas = { ...QUOTAS } as Record<keyof typeof QUOTAS, number>;
  for (const name of Object.keys(QUOTAS) as (keyof typeof QUOTAS)[]) {
    const given = Number(variables[name]);
    if (given >= 1) quotas[name] = given;
  }
  return {
    mode: AUTH,
    requests: REQUESTS === "on" || (REQUESTS !== "off" && AUTH !== "open"),
    webhookHosts: hostsOf(WEBHOOK_HOSTS).hosts,
    strangerMessages: quotas.STRANGER_MESSAGES,
    quotas: RATE_LIMIT === "off" ? null : quotas,
  };
}
