// What the list of service accounts answers. Only what operators do touches it: it is on the path of no message.

/** A service account, as the list has it. `created`: ms since 1970. */
export interface Listed {
  readonly userName: string;
  readonly created: number;
}

export interface RegistryCalls {
  /** Puts a name down; one that is there stays as it is. */
  add(userName: string, created: number): Promise<void>;
  remove(userName: string): Promise<void>;
  /** At most `limit` of them after the name `after`, by name. */
  list(after: string, limit: number): Promise<readonly Listed[]>;
}
