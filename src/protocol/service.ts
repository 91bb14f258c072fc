// Service accounts: mailboxes for programs, created by operators. Orders of operators to such a mailbox, and its state.
// A token of a service account has scopes.
import type { NewToken } from "./account.ts";

/** send: send messages and change contacts as the account. read: read its mailbox. admin: act as an operator. */
export const SCOPES = ["send", "read", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** Characters of a token's hash that are its public id. */
const ACCESS_ID_LENGTH = 16;

/** The public id of a token, which does not reveal it. */
export function tokenIdOf(hash: string): string {
  return hash.slice(0, ACCESS_ID_LENGTH);
}

/** A token of a service account, without the token itself. Times in ms since 1970. */
export interface ServiceToken {
  readonly id: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly created: number;
  readonly seen: number;
}

export interface ServiceAccount {
  readonly userName: string;
  readonly created: number;
  readonly tokens: readonly ServiceToken[];
  readonly webhook: WebhookState | null;
}

/** The state of a webhook; times in ms since 1970, null for never. */
export interface WebhookState {
  readonly url: string;
  readonly created: number;
  /** Since when posts have failed, how many, and when the next one is due. */
  readonly failing: number | null;
  readonly tries: number;
  readonly due: number | null;
  /** When it was disabled after too long without success. */
  readonly disabled: number | null;
}

/** What a mailbox stores of a new token. */
export interface NewServiceToken extends NewToken {
  readonly scopes: readonly Scope[];
}

/** Orders of operators to a service's mailbox. Each returns the service account's new state. */
export type ServiceOrder =
  | { readonly is: "show" }
  | { readonly is: "create"; readonly token: NewServiceToken }
  | { readonly is: "grant"; readonly token: NewServiceToken }
  | { readonly is: "revoke"; readonly id: string }
  | { readonly is: "hook"; readonly url: string; readonly secret: string }
  | { readonly is: "unhook" }
  | { readonly is: "end" };
