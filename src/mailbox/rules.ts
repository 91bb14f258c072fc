// What holds for every mailbox of a deployment, read from its variables.
import { callsPerEvent } from "./call-budget.ts";
import { QUOTAS } from "../protocol/limits.ts";

export type Quotas = { readonly [Name in keyof typeof QUOTAS]: number };

export interface Rules {
  /** The AUTH variable; see identity/mode.ts. */
  readonly mode: string;
  /** Whether first contact is a request. */
  readonly requests: boolean;
  /** What a stranger may write before the user has accepted. */
  readonly strangerMessages: number;
  /** Hosts of webhooks that may be private, and without TLS. */
  readonly webhookHosts: ReadonlySet<string>;
  /** Null where the limits are off. */
  readonly quotas: Quotas | null;
  /** What an event of a mailbox may call before it goes on by an alarm. */
  readonly callsPerEvent: number;
}

type Variables = {
  readonly [
    Name in "AUTH" | "RATE_LIMIT" | "REQUESTS" | "WEBHOOK_HOSTS" | "CALLS_PER_EVENT" | keyof typeof QUOTAS
  ]?: string;
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
    webhookHosts: new Set(WEBHOOK_HOSTS.split(/[\s,]+/).filter((host) => host !== "")),
    strangerMessages: quotas.STRANGER_MESSAGES,
    quotas: RATE_LIMIT === "off" ? null : quotas,
    callsPerEvent: callsPerEvent(variables),
  };
}
