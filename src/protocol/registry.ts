// Calls to the registry: the list of service accounts, the key that marks tokens, the audit, the list of users, and
// their reports. No message passes it, except those that a reporter shows.
import type { AuditCalls } from "./audit.ts";
import type { ReportCalls } from "./reports.ts";
import type { UserListCalls } from "./user-list.ts";

/** The names of the objects: with the list of services, the key, the audit, the list of users, and their reports. */
export const SERVICES_OBJECT = "services";
export const KEYS_OBJECT = "keys";
export const AUDIT_OBJECT = "audit";
export const USERS_OBJECT = "users";
export const REPORTS_OBJECT = "reports";

/** Bytes of the key. */
export const TOKEN_KEY_BYTES = 32;

/** A service account in the list. `created`: ms since 1970. */
export interface ServiceListing {
  readonly userName: string;
  readonly created: number;
}

export interface RegistryCalls extends AuditCalls, UserListCalls, ReportCalls {
  /** The key that marks tokens, hex. Made at the first call, and constant from then on. */
  tokenKey(): Promise<string>;
  /** Adds a name, if it is not in the list. */
  add(userName: string, created: number): Promise<void>;
  remove(userName: string): Promise<void>;
  /** At most `limit` accounts after the name `after`, ordered by name. */
  list(after: string, limit: number): Promise<readonly ServiceListing[]>;
}
