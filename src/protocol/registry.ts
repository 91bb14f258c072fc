// Calls to the registry: the list of service accounts, and the key that marks tokens. No message passes it.

/** The names of the object with the list and of the object with the key. */
export const SERVICES_OBJECT = "services";
export const KEYS_OBJECT = "keys";

/** Bytes of the key. */
export const TOKEN_KEY_BYTES = 32;

/** A service account in the list. `created`: ms since 1970. */
export interface ServiceListing {
  readonly userName: string;
  readonly created: number;
}

export interface RegistryCalls {
  /** The key that marks tokens, hex. Made at the first call, and constant from then on. */
  tokenKey(): Promise<string>;
  /** Adds a name, if it is not in the list. */
  add(userName: string, created: number): Promise<void>;
  remove(userName: string): Promise<void>;
  /** At most `limit` accounts after the name `after`, ordered by name. */
  list(after: string, limit: number): Promise<readonly ServiceListing[]>;
}
