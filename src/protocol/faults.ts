// The refusals of messages: what whoever writes one can find by itself, and why one that was accepted fails in the end.
// The part of the table in refusals.ts that the SDK carries.

/** One line of the table. */
export interface TableRow {
  readonly message: string;
  /** The WebSocket close code, where a connection ends with it. */
  readonly close?: number;
  /** The HTTP status, where a request is answered with it. */
  readonly status: number;
  /** Milliseconds, where trying again can help. */
  readonly retryAfter?: number;
}

export const FAULTS = {
  bad_frame: { message: "This frame can't be read", status: 400 },
  bad_name: {
    message: "A name has 1 to 64 letters, marks or digits of any script, or . _ -, and starts with a letter or digit",
    close: 4400,
    status: 400,
  },
  reserved_name: { message: "This name is kept back and is nobody's mailbox", close: 4400, status: 400 },
  too_large: { message: "This is larger than the limits allow", close: 1009, status: 413 },
  unknown_receiver: { message: "There is no mailbox of this name", status: 404 },
  declined: { message: "The receiver does not take this message", status: 403 },
  mailbox_full: { message: "The receiver's mailbox is full", status: 507, retryAfter: 60_000 },
} as const satisfies Record<string, TableRow>;

/** A no: what was wrong, in a sentence. `retryAfter` (ms) only where trying again can help. */
export interface No<Code extends string> {
  readonly code: Code;
  readonly message: string;
  readonly retryAfter?: number;
}

/** The no of this line; `detail` says what exactly was wrong and never quotes more than a name or a number. */
export function noOf<Code extends string>(code: Code, row: TableRow, detail?: string): No<Code> {
  const message = `${row.message}${detail === undefined ? "" : `: ${detail}`}.`;
  return row.retryAfter === undefined ? { code, message } : { code, message, retryAfter: row.retryAfter };
}

export type FaultCode = keyof typeof FAULTS;
export type Fault = No<FaultCode>;

/** The fault of this code. */
export function fault(code: FaultCode, detail?: string): Fault {
  return noOf(code, FAULTS[code], detail);
}

/** Why a message failed, as a mailbox of another version may have written it: a code that is not among these keeps its name. */
export function faultOf(code: string, detail?: string): No<string> {
  if (Object.hasOwn(FAULTS, code)) return fault(code as FaultCode, detail);
  return { code, message: "The receiver refused this message." };
}
