// The refusals of messages: what whoever writes one can find by itself, and why one that was accepted fails in the end.
// The part of the table in refusals.ts that the SDK carries.

export const MESSAGE_REFUSALS = {
  bad_frame: "This frame can't be read",
  bad_name: "A name has 1 to 64 letters, marks or digits of any script, or . _ -, and starts with a letter or digit",
  reserved_name: "This name is kept back and is nobody's mailbox",
  too_large: "This is larger than the limits allow",
  unknown_receiver: "There is no mailbox of this name",
  declined: "The receiver does not take this message",
  mailbox_full: "The receiver's mailbox is full",
} as const;

/** A no: what was wrong, in a sentence. */
export interface RefusalRow<Code extends string> {
  readonly code: Code;
  readonly message: string;
}

/** The no of this sentence; `detail` says what exactly was wrong and never quotes more than a name or a number. */
export function rowOf<Code extends string>(code: Code, sentence: string, detail?: string): RefusalRow<Code> {
  return { code, message: `${sentence}${detail === undefined ? "" : `: ${detail}`}.` };
}

export type MessageRefusalCode = keyof typeof MESSAGE_REFUSALS;
export type MessageRefusal = RefusalRow<MessageRefusalCode>;

/** The fault of this code. */
export function messageRefusal(code: MessageRefusalCode, detail?: string): MessageRefusal {
  return rowOf(code, MESSAGE_REFUSALS[code], detail);
}

/** Why a message failed, as a mailbox of another version may have written it: a code that is not among these keeps its name. */
export function messageRefusalOf(code: string, detail?: string): RefusalRow<string> {
  if (Object.hasOwn(MESSAGE_REFUSALS, code)) return messageRefusal(code as MessageRefusalCode, detail);
  return { code, message: "The receiver refused this message." };
}
