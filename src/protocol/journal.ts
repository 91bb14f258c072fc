// The structured log: one JSON line an event, with a stable name and its time. Never a message's text, a token, or a stack.
import { count } from "./counts.ts";

/** Every event that there is, and what it says to an operator. docs/OPERATIONS.md has the same list. */
export const EVENTS = {
  connect: "A socket opened; the user has so many now, and the shard of the census so many users and sockets",
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
  auth_open: "AUTH is open: a warning at the start",
  auth_misconfigured: "Variables make no sense, and nobody is let in",
  admin_misconfigured: "ADMIN_TOKEN is too short, and opens nothing",
} as const;

export type Event = keyof typeof EVENTS;

/** Writes one event. Fields are names, numbers and codes. */
export function note(event: Event, fields: Readonly<Record<string, string | number | boolean | null>>): void {
  count("event", event);
  console.log(JSON.stringify({ event, at: Date.now(), ...fields }));
}

/** What a caught value says of itself; for the log, never for a client. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
