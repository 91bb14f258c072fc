// Frames of a mailbox, as cases write them: short, with the same times and names everywhere.

export type Frame = Record<string, unknown>;

export const LIMITS = { window: 4_096, windowBytes: 4_194_304, bodyBytes: 65_536, textBytes: 1_000_000, frames: 4_096 };

/** Ms since 1970 of the first message. */
const AT = 1_790_000_000_000;

/** A message of somebody else to alice. */
export function message(seq: number, body: unknown = `message ${seq}`, more: Frame = {}): Frame {
  return { type: "message", seq, from: "bob", to: "alice", at: AT + seq, origin: seq, body, ...more };
}

/** Messages of bob with seqs from `from` to `to`. */
export function messages(from: number, to: number): Frame[] {
  return Array.from({ length: to - from + 1 }, (_, i) => message(from + i));
}

/** An own message of the client's device `phone`, without its body: the socket that sent it has it. */
export function own(seq: number, id: number, more: Frame = {}): Frame {
  return { type: "message", seq, from: "alice", to: "bob", at: AT + seq, id, device: "phone", ...more };
}

export function accepted(id: number, entry: number, more: Frame = {}): Frame {
  return { type: "accepted", id, entry, at: AT + entry, state: "stored", ...more };
}

export function refused(id: number, code: string, more: Frame = {}): Frame {
  return { type: "refused", id, code, message: `A sentence about ${code}.`, ...more };
}

export function mark(seq: number, marks: Frame, peer = "bob"): Frame {
  return { type: "mark", seq, peer, ...marks };
}
