// Shapes of account data between the Worker and a mailbox. Knows neither tokens as text nor how they are stored.

/** A passkey as a mailbox stores it: `key` is the public key, COSE as base64url; times in ms since 1970. */
export interface Passkey {
  readonly id: string;
  readonly key: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly label: string;
  readonly created: number;
  readonly seen: number;
  /** The id of the device that made it; null if unknown. */
  readonly maker: string | null;
}

/**
 * What an authenticator needs to sign the challenge, with one of these passkeys or a new one. `handle`: its identifier
 * of the account, base64url.
 */
export interface PasskeyOptions {
  readonly challenge: string;
  readonly passkeys: readonly Pick<Passkey, "id" | "transports">[];
  readonly handle?: string;
}

/** A passkey that signed a challenge, and the authenticator's counter at that time. */
export interface UsedPasskey {
  readonly id: string;
  readonly counter: number;
}

/**
 * What a mailbox stores of a sign-in: the hash of the device's token, and the device's label. `replaces`: the hash of
 * the browser's earlier token.
 */
export interface NewToken {
  readonly hash: string;
  readonly label: string;
  readonly replaces?: string;
}
