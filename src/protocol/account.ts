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
}

/** What an authenticator is asked: to sign the challenge, with one of these or anew. */
export interface PasskeyOptions {
  readonly challenge: string;
  readonly passkeys: readonly Pick<Passkey, "id" | "transports">[];
}

/** What a sign-in leaves in the mailbox: the hash of the device's token, and what the device is called. */
export interface NewToken {
  readonly hash: string;
  readonly label: string;
}
