// A user of the fake server: the mailbox, and what the user is to others; no code.
import type { FakeMailbox } from "./fake-mailbox.ts";
import type { FakeSocket } from "./fake-socket.ts";

export type Standing = "contact" | "request" | "blocked";

export interface FakeUser {
  readonly mailbox: FakeMailbox;
  readonly standings: Map<string, Standing>;
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
