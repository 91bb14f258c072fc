// The table of refusals: code, sentence, close code, HTTP status and retry delay. The sentences of message refusals are
// in message-refusals.ts. Sentences for clients are short; reasons for the operator go to the log.
import { MESSAGE_REFUSALS, rowOf, type RefusalRow } from "./message-refusals.ts";

/** One line of the table. */
interface TableRow {
  readonly message: string;
  /** The WebSocket close code, if a connection can end with it. */
  readonly close?: number;
  /** The HTTP status. */
  readonly status: number;
  /** Milliseconds, if a retry can succeed. */
  readonly retryAfter?: number;
}

export const REFUSALS = {
  bad_frame: { message: MESSAGE_REFUSALS.bad_frame, status: 400 },
  bad_name: { message: MESSAGE_REFUSALS.bad_name, close: 4400, status: 400 },
  reserved_name: { message: MESSAGE_REFUSALS.reserved_name, close: 4400, status: 400 },
  too_large: { message: MESSAGE_REFUSALS.too_large, close: 1009, status: 413 },
  unknown_receiver: { message: MESSAGE_REFUSALS.unknown_receiver, status: 404 },
  declined: { message: MESSAGE_REFUSALS.declined, status: 403 },
  mailbox_full: { message: MESSAGE_REFUSALS.mailbox_full, status: 507, retryAfter: 60_000 },
  bad_query: { message: "The address of the connection is wrong", close: 4400, status: 400 },
  unauthorized: { message: "The token is missing, wrong or expired", close: 4401, status: 401 },
  name_taken: { message: "This name is taken", status: 409 },
  forbidden: { message: "This is not allowed", close: 4403, status: 403 },
  proof_required: {
    message: "Show first that it is you: with the recovery code or a passkey, or by signing in again",
    status: 403,
  },
  erased: { message: "This account was erased, and its name is nobody's for good", close: 4403, status: 403 },
  suspended: { message: "An operator suspended this account", close: 4403, status: 403 },
  disconnected: {
    message: "Closed by an operator",
    close: 1012,
    status: 409,
  },
  no_version: {
    message: "The server speaks none of the offered subprotocols; it speaks restante.v1 and restante.plain",
    close: 4406,
    status: 400,
  },
  replaced: { message: "A newer connection of this device took over", close: 4409, status: 409 },
  crowded_out: {
    message: "A newer connection of this user needed the place of this idle one",
    close: 4409,
    status: 409,
  },
  rate_limited: { message: "Too many; wait a moment", close: 4429, status: 429, retryAfter: 1_000 },
  unread: {
    message: "The device does not read what it is told",
    close: 4429,
    status: 429,
    retryAfter: 1_000,
  },
  out_of_order: { message: "Ids are consecutive: the next one is welcome.lastId + 1", status: 409 },
  id_reused: { message: "This id was accepted with another message", status: 409 },
  not_found: { message: "There is nothing at this address", status: 404 },
  upgrade_required: { message: "This address speaks WebSocket only", status: 426 },
  gone: { message: "Older messages are no longer kept", status: 410 },
  unable_to_store: {
    message: "The server can't store anything now",
    close: 1011,
    status: 503,
    retryAfter: 5_000,
  },
  internal: { message: "Something went wrong on the server", close: 1011, status: 500, retryAfter: 1_000 },
} as const satisfies Record<string, TableRow>;

export type Code = keyof typeof REFUSALS;

/** A refusal of any code. */
export interface Refusal extends RefusalRow<Code> {
  /** Milliseconds, only if a retry can succeed. */
  readonly retryAfter?: number;
  /** Of a message: only those to this receiver are refused now. */
  readonly affects?: "receiver";
  /** Over HTTP: the field of the request that is wrong. */
  readonly field?: string;
}

/** The refusal of this code. `detail`: what exactly was wrong; it quotes at most a name or a number. */
export function refusal(code: Code, detail?: string): Refusal {
  const { message, retryAfter }: TableRow = REFUSALS[code];
  const row = rowOf(code, message, detail);
  return retryAfter === undefined ? row : { ...row, retryAfter };
}

/** The close code of a refusal that ends a connection. */
export function closeCode(code: Code): number {
  const row: TableRow = REFUSALS[code];
  return row.close ?? 1011;
}

/** A refusal that came as JSON from another object of this deployment. */
export function readRefusal(value: unknown): Refusal {
  const code = typeof value === "object" && value !== null && "code" in value ? value.code : undefined;
  if (typeof code !== "string" || !Object.hasOwn(REFUSALS, code)) return refusal("internal");
  const { message, retryAfter } = value as { readonly message?: unknown; readonly retryAfter?: unknown };
  return {
    ...refusal(code as Code),
    ...(typeof message === "string" && { message }),
    ...(typeof retryAfter === "number" && { retryAfter }),
  };
}
