// Service accounts: mailboxes for programs, whose names operators create. What operators have such a mailbox do, and what it tells of
// itself. A token of such an account carries scopes.
import type { NewToken } from "./account.ts";

/** send: writes in the account's name, and changes how it stands to others. read: its mailbox. admin: what operators may. */
export const SCOPES = ["send", "read", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** Characters of a token's hash by which everybody calls it who is not to know it. */
const ACCESS_ID_LENGTH = 16;

/** What a token is called by everybody who is not to know it. */
export function accessIdOf(hash: string): string {
  return hash.slice(0, ACCESS_ID_LENGTH);
}

/** A token of a service account, as operators see it: never the token itself. Times in ms since 1970. */
export interface ServiceToken {
  readonly id: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly created: number;
  readonly seen: number;
}

export interface Service {
  readonly userName: string;
  readonly created: number;
  readonly tokens: readonly ServiceToken[];
  readonly webhook: WebhookState | null;
}

/** How a webhook goes; times in ms since 1970, null for never. */
export interface WebhookState {
  readonly url: string;
  readonly created: number;
  /** Since when nothing was taken, after how many posts, and when the next one is due. */
  readonly failing: number | null;
  readonly tries: number;
  readonly due: number | null;
  /** When it was given up. */
  readonly disabled: number | null;
}

/** What a new token leaves in the mailbox. */
export interface NewAccess extends NewToken {
  readonly scopes: readonly Scope[];
}

/** What operators have a service's mailbox do. Each is answered with the service as it is then. */
export type ServiceOrder =
  | { readonly is: "show" }
  | { readonly is: "create"; readonly token: NewAccess }
  | { readonly is: "grant"; readonly token: NewAccess }
  | { readonly is: "revoke"; readonly id: string }
  | { readonly is: "hook"; readonly url: string; readonly secret: string }
  | { readonly is: "unhook" }
  | { readonly is: "end" };
