// Whoever asks a mailbox for something: whose mailbox it is to be, and what shows that they may. Made by the Worker, which has
// looked at everything that can be looked at without waking an object; the mailbox has the last word.
import type { Refusal } from "./refusals.ts";
import type { Scope } from "./service.ts";

/** What was brought along. `hash`: SHA-256 of a token, hex. `needs`: what a service's token has to be good for.
 * `operator`: the Worker has seen to it. `expires`: ms since 1970. */
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

/** What a mailbox answers to a visitor. */
export type CallResult<T> = { readonly value: T } | { readonly refused: Refusal };

/** What a user lets others know, and sees of others. */
export interface Settings {
  readonly receipts: boolean;
  readonly presence: boolean;
}

/** A signed-in device, as its user sees it. Times in ms since 1970. */
export interface SignedInDevice {
  readonly id: string;
  readonly label: string;
  readonly created: number;
  readonly seen: number;
  /** Whether it has an open socket. */
  readonly online: boolean;
  /** Whether it is the one that asks. */
  readonly current: boolean;
}
