// The interfaces of the fake server that an application sees; no code.
import type { SocketClass } from "../client/connect.ts";
/** A message in a mailbox. `at`: ms since 1970. */
export interface FakeMessage {
  readonly from: string;
  readonly to: string;
  readonly body: unknown;
  readonly at: number;
}

/** A refusal, with a code of the table of refusals. */
export interface FakeRefusal {
  readonly code: string;
  readonly message?: string;
  /** Ms, where the client sends the message again by itself. */
  readonly retryAfter?: number;
  /** `receiver`: messages to others are accepted meanwhile. */
  readonly affects?: "receiver";
  /**
   * Whether the receiver refuses it: then it is accepted first, as `queued`, and fails afterwards. By default the
   * sender's own mailbox refuses, and nothing is written.
   */
  readonly byReceiver?: boolean;
}

/** How the server in memory differs from its default. */
export interface FakeServerOptions {
  /** Whether the first message of somebody new is a request, as on a server with accounts. By default it is not. */
  readonly requests?: boolean;
}

/** A server in memory: each user whom a client or a test names has a mailbox. Nothing waits for a timer. */
export interface FakeServer {
  /** For the option `WebSocket` of `connect`. */
  readonly WebSocket: SocketClass;
  /** For the option `fetch` of `connect`. */
  readonly fetch: typeof fetch;
  /** The messages in the mailbox of a user, in both directions, oldest first. */
  messages(userName: string): readonly FakeMessage[];
  /** Sends a message of a user who needs no client. */
  send(from: string, to: string, body: unknown): void;
  /** The user marks the conversation with `peer` as read, without a client. */
  read(userName: string, peer: string): void;
  /**
   * Breaks the connections of a user, or of all, and lets no other begin until `goOnline`. Then a client connects after
   * its pause, or at once by `retry()`.
   */
  goOffline(userName?: string): void;
  /** Lets clients connect again. */
  goOnline(userName?: string): void;
  /** Asked for each new message of a client: why it is refused, or null. Replaces the last rule; null for none. */
  refuse(rule: ((message: Omit<FakeMessage, "at">) => FakeRefusal | null) | null): void;
  /** Closes the connections of a user: with a code by which a client stops, such as 4403, or connects again. */
  close(userName: string, code: number, reason?: string, message?: string): void;
}
