// Refusals of messages: those that a sender can detect itself, and those with which an accepted message finally fails.
// The part of the table in refusals.ts that the SDK includes.

export const MESSAGE_REFUSALS = {
  bad_frame: "This frame can't be read",
  bad_name: "A name has 1 to 64 letters, marks or digits of any script, or . _ -, and starts with a letter or digit",
  reserved_name: "This name is kept back and is nobody's mailbox",
  too_large: "This is larger than the limits allow",
  unknown_receiver: "There is no mailbox of this name",
  declined: "The receiver does not take this message",
  mailbox_full: "The receiver's mailbox is full",
} as const;

/** A refusal: its code, and a sentence on what was wrong. */
export interface RefusalRow<Code extends string> {
  readonly code: Code;
  readonly message: string;
}

/** A refusal with this sentence. `detail`: what exactly was wrong; it quotes at most a name or a number. */
export function rowOf<Code extends string>(code: Code, sentence: string, detail?: string): RefusalRow<Code> {
  return { code, message: `${sentence}${detail === undefined ? "" : `: ${detail}`}.` };
}

export type MessageRefusalCode = keyof typeof MESSAGE_REFUSALS;
export type MessageRefusal = RefusalRow<MessageRefusalCode>;

/** The refusal of this code. */
export function messageRefusal<C extends MessageRefusalCode>(code: C, detail?: string): RefusalRow<C> {
  return rowOf(code, MESSAGE_REFUSALS[code], detail);
}

/** Why a message failed, as a mailbox of any version may have written it. An unknown code is kept. */
export function messageRefusalOf(code: string, detail?: string): RefusalRow<string> {
  if (Object.hasOwn(MESSAGE_REFUSALS, code)) return messageRefusal(code as MessageRefusalCode, detail);
  return { code, message: "The receiver refused this message." };
}
