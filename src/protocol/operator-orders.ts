// What operators ask of a mailbox, and what it tells them: facts of its store and its sockets, never what anybody wrote.
import type { SignedInDevice } from "./caller.ts";

/** What an operator has a mailbox tell or do. `device`: null for all. */
export type Order =
  | { readonly is: "look" }
  | { readonly is: "see"; readonly which: MessageRef }
  | { readonly is: "disconnect"; readonly device: string | null }
  | { readonly is: "suspend"; readonly reason: string }
  | { readonly is: "resume" };

/** What each is answered with. `disconnect`: how many sockets were closed. */
export interface OrderResult {
  readonly look: Overview;
  /** Null where there is no such mailbox. */
  readonly see: MessageTrace | null;
  readonly disconnect: number;
  readonly suspend: Suspended;
  readonly resume: null;
}

/** Since when, ms since 1970, and what the operator noted. */
export interface Suspended {
  readonly at: number;
  readonly reason: string;
}

/** Times are ms since 1970, sizes bytes. */
export interface Overview {
  readonly userName: string;
  /** `nobody`: nothing was ever kept under this name. */
  readonly is: "user" | "service" | "erased" | "nobody";
  readonly created: number | null;
  readonly suspended: Suspended | null;
  readonly epoch: string | null;
  readonly head: number;
  /** Messages of others that no device has. */
  readonly unseen: number;
  readonly sizes: { readonly bytes: number; readonly entries: number; readonly conversations: number };
  readonly trimmed: number;
  readonly devices: readonly DeviceFacts[];
  readonly signedIn: readonly SignedInDevice[];
  readonly passkeys: number;
  readonly sockets: readonly SocketFacts[];
  /** What is on its way to whom, the oldest first; at most 20. */
  readonly owing: readonly Owing[];
  /** When the next try is due. */
  readonly alarm: number | null;
  readonly contacts: { readonly contact: number; readonly request: number; readonly blocked: number };
}

/** `behind`: entries that the device does not hold. `seen`: when its last connection ended; 0 for never. */
export interface DeviceFacts {
  readonly device: string;
  readonly cursor: number;
  readonly behind: number;
  readonly lastId: number;
  readonly seen: number;
  readonly online: boolean;
}

export interface SocketFacts {
  readonly device: string;
  readonly dialect: string;
  readonly since: number;
  readonly position: number;
  readonly acked: number;
  /** Log frames on their way, and their bytes. */
  readonly unacked: { readonly frames: number; readonly bytes: number };
}

export interface Owing {
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

/** Which message: an entry of the mailbox's own, or what `from` sent as `origin`. */
export type MessageRef = { readonly seq: number } | { readonly from: string; readonly origin: number };

/** What one mailbox's store says of a message. `peer` is the other side's row, in this mailbox's numbering. */
export interface MessageTrace {
  readonly userName: string;
  readonly epoch: string;
  readonly message: MessageRow | null;
  /** Up to here retention took entries away. */
  readonly trimmed: number;
  readonly suspended: boolean;
  /** Whether it is on its way to its receiver, and when the next try is due. */
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
  readonly devices: readonly DeviceFacts[];
}

/** A message's life, over both mailboxes. `state` is the last thing that is certain. */
export interface Trace {
  readonly from: string;
  readonly to: string;
  readonly state: "queued" | "stored" | "delivered" | "read" | "failed" | "unknown";
  readonly code: string | null;
  /** Null where it is not kept, or there is no such mailbox. */
  readonly author: MessageTrace | null;
  readonly receiver: MessageTrace | null;
}
