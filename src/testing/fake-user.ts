// A user of the fake server: the mailbox, what the user is to others, and what the user has set for conversations.
import type { FakeMailbox } from "./fake-mailbox.ts";
import type { FakeSocket } from "./fake-socket.ts";

export type Standing = "contact" | "request" | "blocked";

/**
 * What a user has set for a conversation. It is hidden until it has a message above the seq. Everything up to another seq
 * was removed with the whole conversation.
 */
export interface FakeSettings {
  readonly pinned: boolean;
  readonly muted: boolean;
  readonly hiddenUpTo: number;
  readonly clearedUpTo: number;
}

export const NO_SETTINGS: FakeSettings = { pinned: false, muted: false, hiddenUpTo: 0, clearedUpTo: 0 };

export interface FakeUser {
  readonly mailbox: FakeMailbox;
  readonly standings: Map<string, Standing>;
  readonly settings: Map<string, FakeSettings>;
  /** What the user is called; empty for no name any more, null where there never was one. */
  displayName: string | null;
  /** What others are called, as far as their messages said. */
  readonly names: Map<string, string>;
  /** Receipts that wait until a stranger is a contact. */
  readonly withheld: Map<string, { delivered: number; read: number }>;
  /** The users whose presence each connection wants. */
  readonly watches: Map<FakeSocket, readonly string[]>;
  isOffline: boolean;
}

/** The users of a server. */
export interface FakeUsers {
  /** The user of this name in any spelling, who is made where there is none. */
  user(name: string): FakeUser;
  /** Changes what `peer` is to a user. */
  setStanding(name: string, peer: string, standing: Standing): void;
}
