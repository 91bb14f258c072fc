// What a device keeps: the records, the one unit in which they change, and what a place to keep them has to offer.
// It knows no socket and no frame; a store of your own is an object of the shape `Store`.

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };

/** Why a message finally failed: a code of PROTOCOL.md's table, and a sentence for people. */
export interface Why {
  readonly code: string;
  readonly message: string;
}

/** Where this device is in the log of its mailbox. */
export interface Position {
  readonly device: string;
  readonly epoch: string | null;
  /** The highest seq that is kept; null while the mailbox knows better where this device is. */
  readonly cursor: number | null;
  /** Everything from this seq on is kept here; null while that is not known. */
  readonly base: number | null;
  /** Whether the conversations that lie before `base` are in the list. */
  readonly listed: boolean;
}

/** A message that is in the log. `peer` is the other one, whoever wrote it. `at` is ms since 1970. */
export interface Entry {
  readonly key: string;
  readonly seq: number;
  readonly peer: string;
  readonly from: string;
  readonly at: number;
  readonly body: unknown;
  readonly failed?: Why;
}

/** A message of this device that its mailbox has not answered. `seq` where the log has shown it already. */
export interface Draft {
  /** Sorts as it was written. */
  readonly key: string;
  readonly peer: string;
  readonly at: number;
  readonly body: unknown;
  readonly id: number | null;
  readonly seq: number | null;
  readonly failed: Why | null;
}

/** How far a conversation has come, each a seq of one's own log: in the peer's mailbox, on a device, read there; read here. */
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
  /** contact, request (a stranger who was not answered yet) or blocked. */
  readonly standing?: string;
  /** The peer's messages that are unread: the latest by their seq, and how many more up to which seq. */
  readonly fresh: readonly number[];
  readonly more: number;
  readonly moreUpTo: number;
  /** The highest origin that came from the peer: what is not above it was shown already. */
  readonly origin: number;
}

/** "I have read the conversation with `peer` up to `seq`", until the mailbox has said so too. */
export interface Read {
  readonly peer: string;
  readonly seq: number;
}

/** Older messages of one conversation, without a hole up to what was kept before, from `from` on. */
export interface Past {
  readonly peer: string;
  readonly from: number;
  readonly entries: readonly Entry[];
}

/** What changes together: all of it is kept, or nothing. Rows replace those of the same key. */
export interface Commit {
  readonly position?: Position;
  readonly rows?: readonly Row[];
  readonly entries?: readonly Entry[];
  /** Entries that finally failed. Applied after `entries`. */
  readonly failures?: readonly (Why & { readonly seq: number })[];
  readonly drafts?: readonly Draft[];
  /** Keys of drafts that are none any more. Applied after `drafts`. */
  readonly settled?: readonly string[];
  readonly reads?: readonly Read[];
  /** Peers whose `Read` is none any more. */
  readonly told?: readonly string[];
  readonly past?: Past;
}

/** For fields that a commit does not have. */
export const NONE: readonly never[] = [];

/** Everything that a client begins with. */
export interface Kept {
  readonly position: Position;
  readonly rows: readonly Row[];
  /** In the order in which they were written. */
  readonly drafts: readonly Draft[];
  readonly reads: readonly Read[];
}

/** A piece of a conversation, oldest first. From `from` on nothing is missing; 0 when there is nothing before. */
export interface Piece {
  readonly entries: readonly Entry[];
  readonly from: number;
}

export interface Store {
  /** Whether what is written outlives this process. */
  readonly lasting: boolean;
  /** Opens what is kept under this name. Where nothing is, `first` is kept and given back. */
  open(name: string, first: Position): Promise<Kept>;
  /** Resolves when all of it is kept. */
  write(commit: Commit): Promise<void>;
  /** The latest `limit` messages of a conversation before a seq. */
  piece(peer: string, before: number, limit: number): Promise<Piece>;
  /** `forget`: nothing of it is kept any more. */
  close(forget?: boolean): Promise<void>;
  /** Only of a store that several clients open at once, such as the tabs of a browser. */
  readonly shared?: Shared | undefined;
}

/** How the clients of one store agree who of them connects, and speak with each other. */
export interface Shared {
  /** Resolves when this one is to connect, and is until `close`. */
  lead(): Promise<void>;
  /** Says something to all others; what is said is copied. */
  say(what: unknown): void;
  listen(hear: (what: unknown) => void): void;
}
