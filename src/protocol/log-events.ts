// The structured log: one JSON line an event, with a stable name and a time. Never a message's body, a token, or a
// stack.
import { count } from "./counters.ts";

/** Every event, with its meaning for operators. docs/OPERATIONS.md has the same list. */
export const EVENTS = {
  connect:
    "A socket opened, with the number of the user's sockets, and of users and sockets in the shard of the census",
  disconnect: "A socket ended, with the same fields",
  deliver_failed: "A try to hand a message on failed; it is tried again",
  delivered_late: "What had failed before is in its receiver's mailbox now, or was refused by it",
  open_failed: "A socket could not be opened, because the mailbox did not answer",
  broken: "A mailbox could not finish a group: nothing of it was told, and it starts again from its disk",
  webhook_failed: "A webhook's address did not take a post; it is tried again",
  webhook_disabled: "A webhook was given up after days without an answer",
  signal_lost: "Typing or presence did not reach somebody; nothing is tried again",
  report_failed: "A mailbox could not tell the census its number",
  audit_failed: "The census could not ask a mailbox for its number",
  counts_lost: "A report of what was counted did not reach the census; the next one has it",
  body_lost: "The body of a request broke off",
  request_failed: "A request failed for a reason that is ours",
  health_failed: "GET /api/health had no answer from an object",
  suspended: "An operator suspended a user",
  resumed: "An operator let a suspended user in again",
  disconnected: "An operator closed a user's sockets",
  exported: "An operator took a user's export",
  restored: "An operator set a mailbox back to an earlier time",
  restore_failed: "A mailbox could not be set back",
  erased: "An operator erased a user",
  token_refused: "Wrong tokens came from a network: one line a minute for each network",
  operator_refused: "Wrong tokens for what is for operators came from a network, likewise",
  attempts_exhausted: "An address of a network used up the attempts of its minute, likewise",
  attempts_unlisted: "How many more of these three events the minute before had than lines",
  account_claimed: "Somebody claimed a name",
  account_erased: "A user erased their account",
  signed_in: "A device signed in, with a recovery code, a link code or a passkey",
  sign_in_refused: "Somebody brought a wrong code or passkey; at most one line a minute for a mailbox",
  proof_refused: "A signed-in device could not prove that it is the user; counted and limited as the last one",
  device_removed: "A device was signed out: by itself, by another device, as idle, or as one too many",
  code_renewed: "A recovery code or a link code was made",
  passkey_added: "A passkey was added",
  passkey_removed: "A passkey was removed, by the user or with the device that made it",
  service_created: "An operator created a service account, with a first token",
  service_revoked: "An operator revoked a service account",
  service_token_granted: "An operator made one more token for a service account",
  service_token_revoked: "An operator took a token of a service account away",
  webhook_set: "An operator set a service's webhook, to this host",
  webhook_removed: "An operator took a service's webhook away",
  auth_open: "AUTH is open: a warning at the start",
  auth_misconfigured: "Variables make no sense, and nobody is let in",
  variable_misconfigured: "A variable has a value that makes no sense, or a name that is none: its default holds",
  origin_refused:
    "A page of this host, but of another scheme or port, was refused: is ORIGIN or --behind-proxy missing?",
  jwt_refused: "A JSON Web Token was refused, and why: one line a minute for each reason",
  keys_failed: "The issuer's key set could not be fetched; a set that was good is used for hours",
  admin_misconfigured: "ADMIN_TOKEN is too short, and opens nothing",
} as const;

export type EventName = keyof typeof EVENTS;

/** Writes one event. Fields are names, numbers and codes. */
export function logEvent(event: EventName, fields: Readonly<Record<string, string | number | boolean | null>>): void {
  count("event", event);
  console.log(JSON.stringify({ event, at: Date.now(), ...fields }));
}

/** The reason in a caught value; for the log, never for a client. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
