// Accounts, as the Worker and a mailbox speak of them.

/** A passkey as a mailbox keeps it: `key` is the public one, COSE as base64url; times in ms since 1970. */
export interface Passkey {
  readonly id: string;
  readonly key: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly label: string;
  readonly created: number;
  readonly seen: number;
  /** The id of the device that made it; null where that is not known. */
  readonly maker: string | null;
}

/** What an authenticator is asked: to sign the challenge, with one of these or anew. `handle`: what it knows the account by, base64url. */
export interface PasskeyOptions {
  readonly challenge: string;
  readonly passkeys: readonly Pick<Passkey, "id" | "transports">[];
  readonly handle?: string;
}

/** A passkey with which something was signed, and the authenticator's counter then. */
export interface UsedPasskey {
  readonly id: string;
  readonly counter: number;
}

/**
 * What a sign-in leaves in the mailbox: the hash of the device's token, and what the device is called. `replaces`: the hash of the token
 * that this browser had before.
 */
export interface NewToken {
  readonly hash: string;
  readonly label: string;
  readonly replaces?: string;
}
