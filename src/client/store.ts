// The records of a device, the commit in which they change, and the interface of a store.
// It knows no socket and no frame; a store of your own is an object of the shape `Store`.
import type { Live } from "./live-value.ts";
import type { StorageState } from "./storage-state.ts";

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };

/** Why a message finally failed: a code of PROTOCOL.md's table, and a sentence for people. */
export interface Why {
  readonly code: string;
  readonly message: string;
}

/** A message in the log that finally failed. `isDiscarded`: on this device it is not shown any more. */
export interface Failure extends Why {
  readonly isDiscarded?: boolean;
}

/** The position of this device in the log of its mailbox. */
export interface Position {
  readonly device: string;
  readonly epoch: string | null;
  /** The highest seq that is stored; null while only the mailbox knows the position of this device. */
  readonly cursor: number | null;
  /** Everything from this seq on is stored here; null while that is not known. */
  readonly base: number | null;
  /** Whether the list has the conversations before `base`. */
  readonly listed: boolean;
}

/** A message that is in the log. `peer` is the other user of the conversation. `at` is ms since 1970. */
export interface Entry {
  readonly key: string;
  readonly seq: number;
  readonly peer: string;
  readonly from: string;
  readonly at: number;
  readonly body: unknown;
  readonly failed?: Failure;
  /** Only of the last message of a row: it was removed, and the one before it is not read yet. */
  readonly isRemoved?: boolean;
  /** Of an own message of this device: see `Draft`. */
  readonly sendKey?: string | undefined;
}

/** A message of this device without an answer of its mailbox. `seq` where the log has shown it already. */
export interface Draft {
  /** Keys sort in the order of writing. */
  readonly key: string;
  readonly peer: string;
  readonly at: number;
  readonly body: unknown;
  readonly id: number | null;
  readonly seq: number | null;
  readonly failed: Why | null;
  /** Ms since 1970: the mailbox takes no message to this receiver before. */
  readonly until?: number | undefined;
  /** The idempotency key of the application, with the receiver before it. */
  readonly sendKey?: string | undefined;
}

/** What a store knows of a message with a `sendKey`. */
export interface Written {
  readonly key: string;
  readonly at: number;
  readonly seq: number | null;
  /** Where the mailbox accepted it without a `seq`. */
  readonly is?: "stored" | "queued" | undefined;
  /** Absent where the message itself is not in the store any more. */
  readonly body?: unknown;
  readonly failed?: Failure | null | undefined;
}

/** A message of somebody else, with its number: numbers grow in the order in which commits brought the messages. */
export interface Arrival {
  readonly number: number;
  readonly entry: Entry;
}

/**
 * Watermarks of a conversation, each a seq of the user's own log: stored in the peer's mailbox, delivered to a device
 * of the peer, read by the peer; and, as `mine`, read by the user.
 */
export interface Marks {
  readonly stored: number;
  readonly delivered: number;
  readonly read: number;
  readonly mine: number;
}

/** One conversation. */
export interface Row extends Marks {
  readonly peer: string;
  readonly last: Entry | null;
  /** contact, request (a stranger without an answer yet) or blocked. */
  readonly standing?: string;
  readonly pinned?: boolean;
  readonly muted?: boolean;
  /** It is hidden unless it has a message above this seq. */
  readonly hiddenUpTo?: number;
  /** What the peer is called; empty if there is no name. Of the own name: what the user is called. */
  readonly displayName?: string;
  /** The user has removed every message up to this seq. */
  readonly clearedUpTo?: number;
  /** Unread messages of the peer: the seqs of the latest ones; `more` older ones, up to the seq `moreUpTo`. */
  readonly fresh: readonly number[];
  readonly more: number;
  readonly moreUpTo: number;
  /** The highest origin that the peer sent: messages up to it were shown already. */
  readonly origin: number;
}

/** "I have read the conversation with `peer` up to `seq`", until the mailbox has confirmed it. */
export interface Read {
  readonly peer: string;
  readonly seq: number;
}

/** Older messages of one conversation. From `from` on nothing is missing up to the messages that were stored before. */
export interface Past {
  readonly peer: string;
  readonly from: number;
  readonly entries: readonly Entry[];
}

/** Messages of one conversation that the user has removed: those with a seq from `from` to `upTo`. */
export interface Removed {
  readonly peer: string;
  readonly from: number;
  readonly upTo: number;
}

/** Changes that are stored all or none. Records replace those of the same key. */
export interface Commit {
  readonly position?: Position;
  readonly rows?: readonly Row[];
  readonly entries?: readonly Entry[];
  /**
   * Entries that finally failed: the field `failed` of the entry with this seq, if the store has it. Applied after
   * `entries`.
   */
  readonly failures?: readonly (Failure & { readonly seq: number })[];
  /** Entries that are deleted. Applied after `entries`; drafts stay. */
  readonly removed?: readonly Removed[];
  readonly drafts?: readonly Draft[];
  /** Keys of drafts that are removed. Applied after `drafts`. */
  readonly settled?: readonly string[];
  /**
   * Drafts, among the settled ones, that the mailbox accepted without their seq, which it did not find any more. Nothing
   * of it is stored: if the log still has the message, it comes with its text.
   */
  readonly unnumbered?: readonly { readonly key: string; readonly is: "stored" | "queued" }[];
  readonly reads?: readonly Read[];
  /** Peers whose `Read` is removed. */
  readonly told?: readonly string[];
  readonly past?: Past;
  /** The number of the `Arrival` up to which iterations have taken all. */
  readonly taken?: number | undefined;
}

/** The value of fields that a commit does not have. */
export const NONE: readonly never[] = [];

/** The records that a client begins with. */
export interface Kept {
  readonly position: Position;
  readonly rows: readonly Row[];
  /** In the order of writing. */
  readonly drafts: readonly Draft[];
  readonly reads: readonly Read[];
}

/** A page of a conversation, oldest first. From `from` on nothing is missing; 0 when there is nothing before. */
export interface Piece {
  readonly entries: readonly Entry[];
  readonly from: number;
}

/** Where a client stores its records. Each method rejects where the store fails. */
export interface Store {
  /** Whether the records outlive this process. */
  readonly lasting: boolean;
  /**
   * Opens the records under this name. Where there are none, `first` is stored and returned. It is called again when
   * this client begins to lead, and after a failure where the store has `storage`; then with `last`, what this client
   * has shown: a store that has lost its records begins with these.
   */
  open(name: string, first: Position, last?: Kept): Promise<Kept>;
  /** Resolves when the whole commit is stored. */
  write(commit: Commit): Promise<void>;
  /** The latest `limit` messages of a conversation before a seq. */
  piece(peer: string, before: number, limit: number): Promise<Piece>;
  /** `forget`: all records are deleted. */
  close(forget?: boolean): Promise<void>;
  /**
   * Only of a store that may lose its durability: where its records are. Such a store is opened again after a failure.
   */
  readonly storage?: Live<StorageState> | undefined;
  /**
   * The first `limit` messages of others after the arrival `after`; null: after the last `taken`. With it an iteration
   * goes on after a restart with what was not taken, and reads the store in place of a queue in memory.
   */
  arrivals?(after: number | null, limit: number): Promise<readonly Arrival[]>;
  /**
   * The message with this `sendKey`. Without it the SDK finds a key among the drafts and the latest messages of the
   * conversation.
   */
  written?(sendKey: string): Promise<Written | undefined>;
  /** Only of a store that several clients open at once, such as the tabs of a browser. */
  readonly shared?: Shared | undefined;
}

/** How the clients of one store agree which of them connects, and send each other messages. */
export interface Shared {
  /**
   * Resolves when this client is to connect; it stays so until `close`, or until `lost` is called: then another client
   * has taken over, and what this one sends and writes as the leader has to be ignored.
   */
  lead(lost: () => void): Promise<void>;
  /** Sends a message, as a copy, to all others. */
  say(message: unknown): void;
  /** Calls with each message of the others. */
  listen(listener: (message: unknown) => void): void;
}
