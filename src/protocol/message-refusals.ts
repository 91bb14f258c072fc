// The refusals of messages: what whoever writes one can find by itself, and why one that was accepted fails in the end.
// The part of the table in refusals.ts that the SDK carries.

export const FAULTS = {
  bad_frame: "This frame can't be read",
  bad_name: "A name has 1 to 64 letters, marks or digits of any script, or . _ -, and starts with a letter or digit",
  reserved_name: "This name is kept back and is nobody's mailbox",
  too_large: "This is larger than the limits allow",
  unknown_receiver: "There is no mailbox of this name",
  declined: "The receiver does not take this message",
  mailbox_full: "The receiver's mailbox is full",
} as const;

/** A no: what was wrong, in a sentence. */
export interface No<Code extends string> {
  readonly code: Code;
  readonly message: string;
}

/** The no of this sentence; `detail` says what exactly was wrong and never quotes more than a name or a number. */
export function noOf<Code extends string>(code: Code, sentence: string, detail?: string): No<Code> {
  return { code, message: `${sentence}${detail === undefined ? "" : `: ${detail}`}.` };
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
