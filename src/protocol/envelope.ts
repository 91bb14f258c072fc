// What one mailbox hands another, and what it hears back. Structured values over RPC; versioned like the wire, because old and
// new code meet during a deploy. Both sides ignore fields that they don't know.
import type { MessageRefusalCode } from "./message-refusals.ts";

/** One message on its way. `origin` is the seq that the author's log gave it; `at` is ms since 1970; `body` is JSON text. */
export interface Envelope {
  readonly origin: number;
  readonly at: number;
  readonly body: string;
}

/** A batch of envelopes from one author's lane, in the order of their origins. */
export interface Delivery {
  readonly version: number;
  readonly from: string;
  /** The author's epoch. */
  readonly epoch: string;
  readonly to: string;
  /** The receiver's epoch as the author knows it; null before the first reply. */
  readonly toEpoch: string | null;
  /** The highest origin that the receiver has confirmed as stored. Where the receiver has less, it was restored. */
  readonly after: number;
  readonly envelopes: readonly Envelope[];
  /** Receipts, in the receiver's numbering: everything of the receiver's up to here was delivered to a device of the author's, or read. */
  readonly delivered?: number;
  readonly read?: number;
  /** The author is a service account, which operators created: no stranger. */
  readonly service?: true;
  /** How many calls lead to the event of the author's that makes this one. Set as it leaves; absent for none. */
  hops?: number;
}

/** A delivery whose envelopes are in runs: `origin` is the last one's, each before it has one less, and `at` is the same. */
export interface PackedDelivery extends Omit<Delivery, "envelopes"> {
  readonly runs: readonly { readonly origin: number; readonly at: number; readonly bodies: readonly string[] }[];
}

/** What became of a delivery. */
export interface Reply {
  readonly version: number;
  /** The receiver's epoch. Another one than the delivery named: it is another mailbox, and nothing was taken. */
  readonly epoch: string;
  /** The highest origin that the receiver has from this author. */
  readonly high: number;
  /** `behind`: the receiver has less than `after`, and took nothing; send again from `high`. `nobody`: no such mailbox; it took nothing, for good. */
  readonly verdict: "taken" | "behind" | "other" | "nobody";
  /** Those of the batch that are finally refused; all others are stored. */
  readonly refused: readonly { readonly origin: number; readonly code: MessageRefusalCode }[];
  /** Whether the receiver reads deliveries in runs. */
  readonly runs?: boolean;
}

/** The verdicts that this version knows; a newer mailbox may have others. */
export const VERDICTS: ReadonlySet<string> = new Set([
  "taken",
  "behind",
  "other",
  "nobody",
] satisfies Reply["verdict"][]);

/** What is never stored: somebody types, or came or went. `at`: last seen, ms since 1970. `hops`: as of a delivery. */
export type Signal = { readonly hops?: number } & (
  | { readonly kind: "typing"; readonly from: string; readonly to: string }
  | { readonly kind: "presence"; readonly from: string; readonly to: string; readonly presence: Presence }
);

export interface Presence {
  readonly online: boolean;
  readonly at: number;
}

/** What a mailbox answers to other objects, by name. */
export interface MailboxCalls {
  deliver(said: Delivery | PackedDelivery): Promise<Reply>;
  signal(signal: Signal): Promise<void>;
  /** Whether `name` is online, for `asker`; null where that is not the asker's business. */
  presence(name: string, asker: string, hops?: number): Promise<Presence | null>;
  /** How many sockets the user has now; for the census. `name` is the user's. */
  countSockets(name: string): Promise<number>;
}
