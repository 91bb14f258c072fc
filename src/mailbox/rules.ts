// What holds for every mailbox of a deployment, read from its variables.
import { QUOTAS, SESSION_IDLE_DAYS } from "../protocol/limits.ts";

const DAY_MS = 86_400_000;

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
  /** How long a device may show no sign, in ms; null for any time. */
  readonly sessionIdleMs: number | null;
  /** Null where the limits are off. */
  readonly quotas: Quotas | null;
}

type Variables = {
  readonly [
    Name in "AUTH" | "RATE_LIMIT" | "REQUESTS" | "WEBHOOK_HOSTS" | "SESSION_IDLE_DAYS" | keyof typeof QUOTAS
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
    sessionIdleMs: idleMsOf(variables.SESSION_IDLE_DAYS),
    strangerMessages: quotas.STRANGER_MESSAGES,
    quotas: RATE_LIMIT === "off" ? null : quotas,
  };
}

/** 0 or empty for any time; what is no number is the default. */
function idleMsOf(days: string | undefined): number | null {
  const given = days === undefined ? SESSION_IDLE_DAYS : Number(days);
  if (given === 0) return null;
  return (given > 0 ? given : SESSION_IDLE_DAYS) * DAY_MS;
}
