// A message as an application sees it, and the state of an own one. It knows records and marks only.
import type { CheckBody } from "./body-schema.ts";
import type { Draft, Entry, Marks, Why } from "./store.ts";

/**
 * How far a message of the user's own has come. `sending`: no answer yet; `until`: the mailbox takes none to this
 * receiver before this time, ms since 1970. `queued`: the user's own mailbox holds it. `stored`: the receiver's does.
 * `delivered`: a device of the receiver has it. `read`: the receiver has read it. `failed`: finally not, and why.
 */
export type MessageState =
  | { readonly is: "sending"; readonly until?: number }
  | { readonly is: "queued" | "stored" | "delivered" | "read" }
  | ({ readonly is: "failed" } & Why);

/**
 * A message. `body` is any JSON value, `at` ms since 1970: by this device's clock until the mailbox has accepted the
 * message.
 */
export interface Message<Body = unknown> {
  /** Unique in this store, and the same from the first moment on. */
  readonly key: string;
  /** Its number in the user's own log; null until the mailbox has taken it. */
  readonly seq: number | null;
  readonly from: string;
  readonly to: string;
  /** The other user of the conversation. */
  readonly peer: string;
  readonly at: number;
  readonly body: Body;
  /** Only where the body is not of the application's schema: what is wrong. Then `body` is any JSON value. */
  readonly invalid?: string;
  /** The state of an own message; null for a message of others. */
  readonly state: MessageState | null;
}

/** A message that the mailbox has taken. */
export type Numbered = Message & Pick<Entry, "seq">;

/** In the order in which a message reaches them. */
export const STEPS = ["sending", "queued", "stored", "delivered", "read"] as const;
const STATES = STEPS.map((is): MessageState => ({ is }));

/** The state of a message without an answer, whose receiver may be held until a time. */
export function sendingUntil(until: number | undefined): MessageState {
  return until === undefined ? (STATES[0] as MessageState) : { is: "sending", until };
}

/** Whether both are the same to an application. */
export function isSameState(a: MessageState | null, b: MessageState | null): boolean {
  return a?.is === b?.is && (a?.is !== "sending" || b?.is !== "sending" || a.until === b.until);
}

/** The state of an own entry that has not failed. */
export function stateOf(seq: number, marks: Marks | undefined, toSelf: boolean): MessageState {
  const { stored = 0, delivered = 0, read = 0 } = marks ?? {};
  const step = seq <= read ? 4 : seq <= delivered ? 3 : seq <= stored || toSelf ? 2 : 1;
  return STATES[step] as MessageState;
}

/** An entry as a message of `user`'s mailbox. */
export function ofEntry(entry: Entry, user: string, marks: Marks | undefined, check: CheckBody | null): Numbered {
  const { key, seq, from, peer, at, body } = entry;
  const own = from === user;
  const state = own ? ownState(entry, user, marks) : null;
  const message = { key, seq, from, to: own ? peer : user, peer, at, body, state };
  const invalid = check?.(body);
  return invalid === undefined ? message : { ...message, invalid };
}

function ownState({ seq, peer, failed }: Entry, user: string, marks: Marks | undefined): MessageState {
  return failed === undefined ? stateOf(seq, marks, peer === user) : failedBy(failed);
}

/** A draft as a message of `user`'s mailbox. */
export function ofDraft({ key, peer, at, body, failed, until }: Draft, user: string): Message {
  const state = failed === null ? sendingUntil(until) : failedBy(failed);
  return { key, seq: null, from: user, to: peer, peer, at, body, state };
}

/** The state of a message that failed. */
export function failedBy({ code, message }: Why): MessageState {
  return { is: "failed", code, message };
}
