// The table of refusals: code, sentence, close code, HTTP status, retry delay, where the code is sent, and what a
// client does next. The sentences of message refusals are in message-refusals.ts. Sentences for clients are short;
// reasons for the operator go to the log.
import { MESSAGE_REFUSALS, rowOf, type RefusalRow } from "./message-refusals.ts";

/**
 * Where a code is sent: in the frame of this name, over HTTP, or in the plain dialect alone, which also has those of
 * frames.
 */
export type Place = "error" | "refused" | "failed" | "closing" | "plain" | "http";

/**
 * What the client does next. `never`: it does not send this again as it is. `new number`: it sends the message again
 * with another id. `after retryAfter`: it sends it again then, in the same place. `close`: what the close code says.
 */
export type NextStep = "never" | "new number" | "after retryAfter" | "close";

/** One line of the table. */
interface TableRow {
  readonly message: string;
  /** The WebSocket close code, if a connection can end with it. */
  readonly close?: number;
  /** The HTTP status. */
  readonly status: number;
  /** Milliseconds, if a retry can succeed. */
  readonly retryAfter?: number;
  readonly at: Readonly<Partial<Record<Place, NextStep>>>;
}

/** Refused when the connection is opened, or when it ends; and over HTTP. */
const CLOSES = { closing: "close", http: "never" } as const;
const FINAL = { error: "never", refused: "never", http: "never" } as const;
const HTTP = { http: "never" } as const;

export const REFUSALS = {
  bad_frame: { message: MESSAGE_REFUSALS.bad_frame, status: 400, at: FINAL },
  bad_name: { message: MESSAGE_REFUSALS.bad_name, close: 4400, status: 400, at: { ...FINAL, closing: "close" } },
  reserved_name: {
    message: MESSAGE_REFUSALS.reserved_name,
    close: 4400,
    status: 400,
    at: { ...FINAL, closing: "close" },
  },
  too_large: { message: MESSAGE_REFUSALS.too_large, close: 1009, status: 413, at: { ...FINAL, closing: "close" } },
  no_such_message: {
    message: "The message that this one refers to is not there",
    status: 404,
    at: { refused: "never", http: "never" },
  },
  unknown_receiver: { message: MESSAGE_REFUSALS.unknown_receiver, status: 404, at: { failed: "never", http: "never" } },
  declined: {
    message: MESSAGE_REFUSALS.declined,
    status: 403,
    at: { refused: "never", failed: "never", http: "never" },
  },
  mailbox_full: {
    message: MESSAGE_REFUSALS.mailbox_full,
    status: 507,
    retryAfter: 60_000,
    at: { refused: "after retryAfter", failed: "never", http: "after retryAfter" },
  },
  bad_query: { message: "The address of the connection is wrong", close: 4400, status: 400, at: CLOSES },
  unauthorized: { message: "The token is missing, wrong or expired", close: 4401, status: 401, at: CLOSES },
  name_taken: { message: "This name is taken", status: 409, at: HTTP },
  forbidden: {
    message: "This is not allowed",
    close: 4403,
    status: 403,
    at: { ...CLOSES, refused: "never", failed: "never" },
  },
  signed_out: { message: "This device was signed out", close: 4403, status: 403, at: { closing: "close" } },
  forbidden_origin: {
    message: "Pages of this origin may not use this server; see ALLOWED_ORIGINS",
    close: 4403,
    status: 403,
    at: CLOSES,
  },
  proof_required: {
    message: "Show first that it is you: with the recovery code or a passkey, or by signing in again",
    status: 403,
    at: HTTP,
  },
  erased: {
    message: "This account was erased, and its name is nobody's for good",
    close: 4403,
    status: 403,
    at: CLOSES,
  },
  suspended: { message: "An operator suspended this account", close: 4403, status: 403, at: CLOSES },
  disconnected: { message: "Closed by an operator", close: 1012, status: 409, at: { closing: "close" } },
  restarting: {
    message: "The server restarts, and is back in some seconds",
    close: 1012,
    status: 503,
    retryAfter: 1_000,
    at: { closing: "close", http: "after retryAfter" },
  },
  no_version: {
    message: "The server speaks none of the offered subprotocols; it speaks restante.v1 and restante.plain",
    close: 4406,
    status: 400,
    at: CLOSES,
  },
  replaced: {
    message: "A newer connection of this device took over",
    close: 4409,
    status: 409,
    at: CLOSES,
  },
  crowded_out: {
    message: "A newer connection of this user needed the place of this idle one",
    close: 4409,
    status: 409,
    at: { closing: "close" },
  },
  rate_limited: {
    message: "Too many in a short time; wait, then try again",
    close: 4429,
    status: 429,
    retryAfter: 1_000,
    at: { error: "after retryAfter", refused: "after retryAfter", closing: "close", http: "after retryAfter" },
  },
  unread: {
    message: "The device does not read what it is sent",
    close: 4429,
    status: 429,
    retryAfter: 1_000,
    at: { closing: "close" },
  },
  out_of_order: {
    message: "Ids are consecutive: the next one is welcome.lastId + 1",
    status: 409,
    at: { refused: "new number" },
  },
  id_reused: {
    message: "This id was accepted with another message",
    status: 409,
    at: { refused: "new number", http: "never" },
  },
  not_found: { message: "There is nothing at this address", status: 404, at: HTTP },
  upgrade_required: { message: "This address speaks WebSocket only", status: 426, at: {} },
  gone: { message: "Older messages are no longer kept", status: 410, at: { plain: "never", http: "never" } },
  unable_to_store: {
    message: "The server can't store anything now",
    close: 1011,
    status: 503,
    retryAfter: 5_000,
    at: { closing: "close", http: "after retryAfter" },
  },
  internal: {
    message: "Something went wrong on the server",
    close: 1011,
    status: 500,
    retryAfter: 1_000,
    at: { closing: "close", http: "after retryAfter" },
  },
} as const satisfies Record<string, TableRow>;

export type Code = keyof typeof REFUSALS;

/** The codes that are sent in a place. */
export type CodeIn<P extends Place> = {
  [C in Code]: P extends keyof (typeof REFUSALS)[C]["at"] ? C : never;
}[Code];

/** A refusal: of any code, or of some. */
export interface Refusal<C extends Code = Code> extends RefusalRow<C> {
  /** Milliseconds, only if a retry can succeed. */
  readonly retryAfter?: number;
  /** Of a message: only those to this receiver are refused now. */
  readonly affects?: "receiver";
  /** Over HTTP: the field of the request that is wrong. */
  readonly field?: string;
}

/** The refusal of this code. `detail`: what exactly was wrong; it quotes at most a name or a number. */
export function refusal<C extends Code>(code: C, detail?: string): Refusal<C> {
  const { message, retryAfter }: TableRow = REFUSALS[code];
  const row = rowOf(code, message, detail);
  return retryAfter === undefined ? row : { ...row, retryAfter };
}

/** The codes that are sent in a place, in the order of the table. */
export function codesIn<P extends Place>(place: P): readonly CodeIn<P>[] {
  const isSent = (code: string): code is CodeIn<P> => Object.hasOwn(REFUSALS[code as Code].at, place);
  return Object.keys(REFUSALS).filter(isSent);
}

/** Whether the code of a refusal is sent in this place. */
export function isSentIn<P extends Place>(place: P, why: Refusal): why is Refusal<CodeIn<P>> {
  return Object.hasOwn(REFUSALS[why.code].at, place);
}

/** A close code that this server sends. */
export type CloseCode = (typeof REFUSALS)[CodeIn<"closing">]["close"];

/** The close code of a refusal that ends a connection. */
export function closeCode(code: CodeIn<"closing">): CloseCode {
  return REFUSALS[code].close;
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
