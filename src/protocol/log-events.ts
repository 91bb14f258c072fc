// The structured log: one JSON line an event, with a stable name and a time. Never a message's body, a token, or a
// stack.
import { countLabelled } from "./counters.ts";
import type { LogLevel } from "./variables.ts";

/** Every event, with its meaning for operators. docs/OPERATIONS.md has the same list. */
export const EVENTS = {
  connect: "A socket opened, with the user's number of sockets, and the users and sockets of its census shard",
  disconnect: "A socket closed, with the same fields",
  deliver_failed: "A delivery call failed; it is retried",
  delivered_late: "A message whose delivery had failed before is now stored or finally refused",
  open_failed: "A socket could not be opened, because the mailbox did not respond",
  broken: "A commit failed: nothing of it was sent, and the mailbox restarts from its storage",
  webhook_failed: "A webhook's post failed; it is retried",
  webhook_disabled: "A webhook was disabled after 3 days without success",
  signal_lost: "A typing or presence signal did not reach a mailbox; it is not retried",
  report_failed: "A mailbox could not report its number of sockets to the census",
  audit_failed: "The census could not query a mailbox for its number of sockets",
  counts_lost: "A report of counters did not reach the census; the next one includes it",
  body_lost: "The body of a request did not arrive whole",
  request_failed: "A request failed because of a server error",
  health_failed: "GET /api/health got no response from an object",
  suspended: "An operator suspended a user",
  resumed: "An operator lifted a user's suspension",
  disconnected: "An operator closed a user's sockets",
  quotas_set: "An operator set quotas of a user",
  exported: "An operator exported a user's mailbox",
  restored: "An operator restored a mailbox to an earlier time",
  restore_failed: "A mailbox could not be restored",
  erased: "An operator erased a user",
  user_list_failed: "The list of users or the reports could not be changed; an erased name may still be there",
  user_reported: "A user reported a correspondent (`peer`) to the operators",
  report_resolved: "An operator resolved a report",
  reports_full: "A report was refused, because 2,000 reports are unresolved",
  looked: "An operator looked at the data of a user or a service account",
  action_refused: "An operator's action was refused, with the code",
  audit_unwritten: "A line of the audit could not be written; before an action, the action was not carried out",
  token_refused: "Wrong tokens came from a network: at most one line a minute for each network",
  operator_refused: "Wrong operator tokens came from a network; limited in the same way",
  attempts_exhausted: "An address of a network used up its attempts of the minute; limited in the same way",
  attempts_unlisted: "How many of these three events got no line in the last minute",
  account_claimed: "A user claimed a name",
  account_erased: "A user erased their account",
  signed_in: "A device signed in, with a recovery code, a link code or a passkey",
  sign_in_refused: "A wrong code or passkey was used; at most one line a minute for each mailbox",
  proof_refused: "A signed-in device gave a wrong proof; counted and limited like sign_in_refused",
  device_removed: "A device was signed out: by itself, by another device, as idle, or as one too many",
  code_renewed: "A recovery code or a link code was made",
  passkey_added: "A passkey was added",
  passkey_removed: "A passkey was removed, by the user or with the device that made it",
  service_created: "An operator created a service account, with a first token",
  service_revoked: "An operator revoked a service account",
  service_token_granted: "An operator added a token to a service account",
  service_token_revoked: "An operator revoked a token of a service account",
  webhook_set: "An operator set a service's webhook to this host",
  webhook_removed: "An operator removed a service's webhook",
  auth_open: "AUTH is open: a warning at the start",
  auth_misconfigured: "Variables are invalid, and every request is refused",
  variable_misconfigured: "A variable is invalid or unknown: its default applies",
  origin_refused: "A page of this host, but of another scheme or port, was refused: check ORIGIN and --behind-proxy",
  jwt_refused: "A JSON Web Token was refused, with the reason: at most one line a minute for each reason",
  keys_failed: "The issuer's key set could not be fetched; an earlier set is used for 6 hours",
  admin_misconfigured: "ADMIN_TOKEN is too short, and is ignored",
} as const;

export type EventName = keyof typeof EVENTS;

/** Events that are no `info`. `error`: an operator has to act. `warn`: something failed, and is retried or refused. */
const LEVELS: Readonly<Partial<Record<EventName, LogLevel>>> = {
  broken: "error",
  request_failed: "error",
  health_failed: "error",
  restore_failed: "error",
  webhook_disabled: "error",
  auth_misconfigured: "error",
  admin_misconfigured: "error",
  variable_misconfigured: "error",
  keys_failed: "error",
  audit_unwritten: "error",
  user_list_failed: "warn",
  reports_full: "warn",
  auth_open: "warn",
  deliver_failed: "warn",
  open_failed: "warn",
  webhook_failed: "warn",
  signal_lost: "warn",
  report_failed: "warn",
  audit_failed: "warn",
  counts_lost: "warn",
  body_lost: "warn",
  token_refused: "warn",
  operator_refused: "warn",
  attempts_exhausted: "warn",
  attempts_unlisted: "warn",
  sign_in_refused: "warn",
  proof_refused: "warn",
  origin_refused: "warn",
  jwt_refused: "warn",
};

const RANKS: Readonly<Record<LogLevel, number>> = { info: 0, warn: 1, error: 2 };

/** What operators do: written at every level, because no other record has it. */
const AUDITED: ReadonlySet<EventName> = new Set([
  "suspended",
  "resumed",
  "disconnected",
  "exported",
  "restored",
  "erased",
  "service_created",
  "service_revoked",
  "service_token_granted",
  "service_token_revoked",
  "webhook_set",
  "webhook_removed",
]);

/** The lowest level that is written, of this isolate. */
let leastRank = RANKS.info;

export function setLogLevel(level: LogLevel): void {
  leastRank = RANKS[level];
}

export function levelOf(event: EventName): LogLevel {
  return LEVELS[event] ?? "info";
}

/** Writes one event, if its level is written; counts it in any case. Fields are names, numbers and codes. */
export function logEvent(event: EventName, fields: Readonly<Record<string, string | number | boolean | null>>): void {
  countLabelled("event", event);
  const level = levelOf(event);
  if (RANKS[level] < leastRank && !AUDITED.has(event)) return;
  const at = Date.now();
  // At the start of an isolate the platform's clock is at 0.
  const time = at > 0 ? { time: new Date(at).toISOString() } : {};
  console.log(JSON.stringify({ event, level, at, ...time, ...fields }));
}

/** The reason in a caught value; for the log, never for a client. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
