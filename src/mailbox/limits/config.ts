// The configuration of every mailbox of a deployment, read from its variables.
import type { AllowedHosts } from "../../protocol/allowed-hosts.ts";
import { QUOTAS } from "../../protocol/limits.ts";
import { valueOf, type Variables } from "../../protocol/variables.ts";

const DAY_MS = 86_400_000;

export type Quotas = { readonly [Name in keyof typeof QUOTAS]: number };

export interface MailboxConfig {
  /** The AUTH variable; see identity/auth-mode.ts. */
  readonly mode: string;
  /** Whether first contact is a request. */
  readonly requests: boolean;
  /** Messages that a stranger may write before the user has accepted. */
  readonly strangerMessages: number;
  /** A device not seen for this time, in ms, is signed out; null for never. */
  readonly sessionIdleMs: number | null;
  /** Hosts of webhooks that may be private, without TLS, and on any port. */
  readonly webhookHosts: AllowedHosts;
  /** Null where the limits are off. */
  readonly quotas: Quotas | null;
  /** Calls that one event of a mailbox may make; an alarm makes the others. */
  readonly callsPerEvent: number;
}

/** The configuration. In `open` mode every caller can use any name, so there are no requests unless REQUESTS is on. */
export function configOf(variables: Variables): MailboxConfig {
  const mode = variables.AUTH ?? "";
  const requests = valueOf(variables, "REQUESTS");
  const idleDays = valueOf(variables, "SESSION_IDLE_DAYS");
  const quotas = { ...QUOTAS } as Record<keyof typeof QUOTAS, number>;
  for (const name of Object.keys(QUOTAS) as (keyof typeof QUOTAS)[]) quotas[name] = valueOf(variables, name);
  return {
    mode,
    requests: requests === "on" || (requests === null && mode !== "open"),
    webhookHosts: new Set(valueOf(variables, "WEBHOOK_HOSTS")),
    sessionIdleMs: idleDays === 0 ? null : idleDays * DAY_MS,
    strangerMessages: quotas.STRANGER_MESSAGES,
    quotas: valueOf(variables, "RATE_LIMIT") === "off" ? null : quotas,
    callsPerEvent: valueOf(variables, "CALLS_PER_EVENT"),
  };
}
