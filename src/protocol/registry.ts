// What the registry answers: the list of service accounts, and the key that marks tokens. It is on the path of no message.

/** The object that has the list, and the one that has the key. */
export const SERVICES_OBJECT = "services";
export const KEYS_OBJECT = "keys";

/** Bytes of the key. */
export const TOKEN_KEY_BYTES = 32;

/** A service account, as the list has it. `created`: ms since 1970. */
export interface ServiceListing {
  readonly userName: string;
  readonly created: number;
}

export interface RegistryCalls {
  /** The key that marks tokens, hex: made when it is asked for the first time, and the same from then on. */
  tokenKey(): Promise<string>;
  /** Puts a name down; one that is there stays as it is. */
  add(userName: string, created: number): Promise<void>;
  remove(userName: string): Promise<void>;
  /** At most `limit` of them after the name `after`, by name. */
  list(after: string, limit: number): Promise<readonly ServiceListing[]>;
}
