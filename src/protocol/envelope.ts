// Calls between mailboxes: deliveries, replies and signals, as structured values over RPC. They have a version, because
// old and new code run at the same time during a deploy. Both sides ignore fields that they don't know.
import type { CodeIn } from "./refusals.ts";
import type { EnvelopeRelation } from "./relation.ts";

/** One message. `origin`: its seq in the author's log; `at`: ms since 1970; `body`: JSON text. */
export interface Envelope {
  readonly origin: number;
  readonly at: number;
  readonly body: string;
  readonly re?: EnvelopeRelation;
}

/** A batch of envelopes from one author to one receiver, in the order of their origins. */
export interface Delivery {
  readonly version: number;
  readonly from: string;
  /** The author's epoch. */
  readonly epoch: string;
  readonly to: string;
  /** The receiver's epoch as the author knows it; null before the first reply. */
  readonly toEpoch: string | null;
  /** The highest origin that the receiver has confirmed as stored. If the receiver has less, it was restored. */
  readonly after: number;
  readonly envelopes: readonly Envelope[];
  /**
   * Receipts, as seqs of the receiver's log: up to here, its messages were delivered to a device of the author, or
   * read.
   */
  readonly delivered?: number;
  readonly read?: number;
  /** The author may have lost receipts of its messages, and asks for them again. */
  readonly ask?: true;
  /**
   * The author may have been restored, and asks which of the envelopes are not in the receiver's log though its highest
   * origin covers them.
   */
  readonly compare?: true;
  /** What the author is called; empty where the author has taken the name back. Absent: never set, or older code. */
  readonly displayName?: string;
  /** The author is a service account. Operators created it, so it is not a stranger. */
  readonly service?: true;
  /** The depth of the chain of calls that led to this one. Set when the delivery leaves; absent for 0. */
  hops?: number;
}

/** `origin` is that of the last body, each body before it has one less, and all have the same `at`. */
interface PackedRun {
  readonly origin: number;
  readonly at: number;
  readonly bodies: readonly string[];
  /** Of a run of one message. */
  readonly re?: EnvelopeRelation;
}

/** A delivery as runs. */
export interface PackedDelivery extends Omit<Delivery, "envelopes"> {
  readonly runs: readonly PackedRun[];
}

/** The result of a delivery. */
export interface Reply {
  readonly version: number;
  /** The receiver's epoch. If it differs from `toEpoch`, the mailbox was replaced, and nothing was accepted. */
  readonly epoch: string;
  /** The highest origin that the receiver has from this author. */
  readonly high: number;
  /**
   * `behind`: the receiver has less than `after` and accepted nothing; send again from `high`. `other`: another epoch.
   * `nobody`: there is no such mailbox; a final refusal of all.
   */
  readonly verdict: "taken" | "behind" | "other" | "nobody";
  /** The envelopes that are finally refused; all others are stored. */
  readonly refused: readonly { readonly origin: number; readonly code: CodeIn<"failed"> }[];
  /**
   * To `compare`: the lowest origin of the delivery that was dropped because the highest one covers it, and that the
   * log does not have; 0 for none. Absent: not asked for, or older code.
   */
  readonly missing?: number;
  /** The receipts that were asked for, as seqs of the author's log; 0 for none. */
  readonly receipts?: { readonly delivered: number; readonly read: number };
  /** Whether the receiver reads deliveries in runs. */
  readonly runs?: boolean;
  /** Whether the receiver knows relations. */
  readonly relations?: boolean;
}

/** The verdicts that this version knows; newer code may have others. */
export const VERDICTS: ReadonlySet<string> = new Set([
  "taken",
  "behind",
  "other",
  "nobody",
] satisfies Reply["verdict"][]);

/** A signal, which is never stored: typing or presence. `hops`: as in a delivery. */
export type Signal = { readonly hops?: number } & (
  | { readonly kind: "typing"; readonly from: string; readonly to: string }
  | { readonly kind: "presence"; readonly from: string; readonly to: string; readonly presence: Presence }
);

export interface Presence {
  readonly online: boolean;
  readonly at: number;
}

/** The RPC methods that a mailbox offers to other objects. */
export interface MailboxCalls {
  deliver(said: Delivery | PackedDelivery): Promise<Reply>;
  signal(signal: Signal): Promise<void>;
  /** The presence of `name` for `asker`; null if `asker` may not see it. */
  presence(name: string, asker: string, hops?: number): Promise<Presence | null>;
  /** The number of the user's open sockets, for the census. */
  countSockets(name: string): Promise<number>;
}
