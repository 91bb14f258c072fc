// Orders of operators to a mailbox, and their results: data about its store and sockets, never a message's body.
import type { SignedInDevice } from "./caller.ts";
import type { OwnQuotas, QuotaChange, UserLimitState } from "./own-quotas.ts";

/**
 * An operator's order. `look` inspects the mailbox, `see` one message. `device`: null for all. `drain` closes all sockets
 * because the server restarts.
 */
export type OperatorOrder =
  | { readonly is: "look" }
  | { readonly is: "see"; readonly which: MessageRef }
  | { readonly is: "disconnect"; readonly device: string | null }
  | { readonly is: "drain" }
  | { readonly is: "suspend"; readonly reason: string; readonly until?: number | null }
  | { readonly is: "quotas"; readonly change: QuotaChange }
  | { readonly is: "resume" };

/** The result of each order. `disconnect`, `drain`: the number of closed sockets. */
export interface OrderResult {
  readonly look: MailboxOverview;
  /** Null if there is no such mailbox. */
  readonly see: MessageTrace | null;
  readonly disconnect: number;
  readonly drain: number;
  readonly suspend: Suspension;
  readonly resume: null;
  /** The quotas that the user has now. */
  readonly quotas: OwnQuotas;
}

/** When the suspension started and when it ends, ms since 1970, and the operator's note. `until` null: no end. */
export interface Suspension {
  readonly at: number;
  readonly reason: string;
  readonly until: number | null;
}

/** Times are ms since 1970, sizes bytes. */
export interface MailboxOverview {
  readonly userName: string;
  /** `nobody`: nothing was ever stored under this name. */
  readonly is: "user" | "service" | "erased" | "nobody";
  readonly created: number | null;
  readonly suspended: Suspension | null;
  readonly epoch: string | null;
  readonly head: number;
  /** Messages of peers that no device has. */
  readonly unseen: number;
  readonly sizes: { readonly bytes: number; readonly entries: number; readonly conversations: number };
  readonly trimmed: number;
  readonly devices: readonly DeviceState[];
  readonly signedIn: readonly SignedInDevice[];
  readonly passkeys: number;
  readonly sockets: readonly SocketState[];
  /** Peers with unsettled messages, the oldest first; at most 20. */
  readonly owing: readonly UnsettledPeer[];
  /** When the next alarm is due. */
  readonly alarm: number | null;
  readonly limits: UserLimitState;
  readonly contacts: { readonly contact: number; readonly request: number; readonly blocked: number };
}

/** `behind`: entries that the device does not have. `seen`: when its last connection ended; 0 for never. */
export interface DeviceState {
  readonly device: string;
  readonly cursor: number;
  readonly behind: number;
  readonly lastId: number;
  readonly seen: number;
  readonly online: boolean;
}

export interface SocketState {
  readonly device: string;
  readonly dialect: string;
  readonly since: number;
  readonly position: number;
  readonly acked: number;
  /** Unacknowledged log frames, and their bytes. */
  readonly unacked: { readonly frames: number; readonly bytes: number };
}

export interface UnsettledPeer {
  readonly peer: string;
  readonly messages: number;
  readonly since: number;
}

/** An entry without its body. */
export interface MessageRow {
  readonly seq: number;
  readonly kind: string;
  readonly peer: string;
  readonly origin: number | null;
  readonly device: string | null;
  readonly id: number | null;
  readonly at: number;
  readonly failed: string | null;
  readonly bytes: number;
}

/** A message: by its seq in this mailbox, or by its seq in the author's log. */
export type MessageRef = { readonly seq: number } | { readonly from: string; readonly origin: number };

/** One mailbox's data about a message. `peer`: the other user's row, in this mailbox's seqs. */
export interface MessageTrace {
  readonly userName: string;
  readonly epoch: string;
  readonly message: MessageRow | null;
  /** Retention removed entries up to here. */
  readonly trimmed: number;
  readonly suspended: boolean;
  /** Whether it is unsettled: not yet stored or finally refused by its receiver. */
  readonly owed: boolean;
  readonly alarm: number | null;
  readonly peer: {
    readonly name: string;
    readonly epoch: string | null;
    readonly high: number;
    readonly refused: number;
    readonly stored: number;
    readonly delivered: number;
    readonly read: number;
    readonly mine: number;
    readonly standing: string | null;
  };
  readonly devices: readonly DeviceState[];
}

/** A message's history, over both mailboxes. `state` is the last certain state. */
export interface Trace {
  readonly from: string;
  readonly to: string;
  readonly state: "queued" | "stored" | "delivered" | "read" | "failed" | "unknown";
  readonly code: string | null;
  /** Null if the mailbox does not have the message, or does not exist. */
  readonly author: MessageTrace | null;
  readonly receiver: MessageTrace | null;
}
