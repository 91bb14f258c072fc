// Calls to the registry's list of users: the names that were claimed while USER_LIST is on, and who is suspended. The
// users' own mailboxes are the authority. No message passes it.

/** Names of one page, and names that are looked through for it. Answers: a filter that reads all names at once. */
export const USER_PAGE = 1_000;
export const USER_SCAN = 5_000;

/** A user of the list. Times in ms since 1970. */
export interface ListedUser {
  readonly userName: string;
  /** When the name was claimed, or first signed in since USER_LIST is on; null if it is listed as suspended only. */
  readonly listed: number | null;
  /** As operators last ordered it; `until` null: without an end. */
  readonly suspended: { readonly at: number; readonly until: number | null } | null;
}

/** Which users to return, by name. `since`: listed at this time or later. */
export interface UserQuery {
  readonly prefix: string;
  readonly since: number;
  readonly suspendedOnly: boolean;
  /** The last name that the caller has. */
  readonly after: string;
}

export interface UserPage {
  readonly users: readonly ListedUser[];
  /** The `after` of the next page; null after the last one. A page may be empty and have a next one. */
  readonly next: string | null;
}

/** The calls to the registry's object with the list. */
export interface UserListCalls {
  /** Adds a name, if it is not in the list. */
  addUser(userName: string): Promise<void>;
  removeUser(userName: string): Promise<void>;
  setSuspended(userName: string, at: number, until: number | null): Promise<void>;
  setResumed(userName: string): Promise<void>;
  listUsers(query: UserQuery): Promise<UserPage>;
}
