// The caller of a mailbox: its name and its proof. Made by the Worker, which has checked everything that can be checked
// without waking an object. The mailbox makes the final decision.
import type { Refusal } from "./refusals.ts";
import type { Scope } from "./service.ts";

/** `hash`: SHA-256 of a token, hex. `needs`: the scopes that a service's token must have. `operator`: verified by the
 * Worker. `expires`: ms since 1970. */
export type Proof =
  | { readonly is: "none" }
  | { readonly is: "operator" }
  | { readonly is: "token"; readonly hash: string }
  | { readonly is: "service"; readonly hash: string; readonly needs: readonly Scope[] }
  | { readonly is: "jwt"; readonly expires: number };

export interface Caller {
  /** The canonical userName. */
  readonly name: string;
  readonly proof: Proof;
}

/** The result of a caller's request to a mailbox. */
export type CallResult<T> = { readonly value: T } | { readonly refused: Refusal };

/** Privacy settings. Each works both ways: what a user hides from others, the user does not see of others. */
export interface Settings {
  readonly receipts: boolean;
  readonly presence: boolean;
}

/** What a user has set for a conversation, on all devices. */
export interface ConversationSettings {
  readonly pinned: boolean;
  readonly muted: boolean;
  /** Out of the list until the next message of either side. */
  readonly hidden: boolean;
}

/** What a user lets contacts see beside the userName. */
export interface Profile {
  readonly displayName: string | null;
}

/** A signed-in device, as its user sees it. Times in ms since 1970. */
export interface SignedInDevice {
  readonly id: string;
  readonly label: string;
  readonly created: number;
  readonly seen: number;
  /** Whether it has an open socket. */
  readonly online: boolean;
  /** Whether it is the calling device. */
  readonly current: boolean;
}
