// The interfaces of the SDK that an application sees; no code.
import type { Account, People } from "./account.ts";
import type { ConnectionState } from "./connection.ts";
import type { Live, Stop } from "./live-value.ts";
import type { Message } from "./message.ts";
import type { SentMessage } from "./own-message.ts";
import type { Presence } from "./signals.ts";
import type { StorageState } from "./storage-state.ts";
import type { Json, Store } from "./store.ts";
import type { Notice } from "./tab-messages.ts";
import type { Conversation } from "./view.ts";

export interface Options {
  /** The server: `https://…` or `wss://…`, without a path. */
  readonly url: string;
  readonly userName: string;
  /**
   * One installation, with one connection at a time: 1–64 of `A-Z a-z 0-9 . _ -`. By default a new name, which the
   * store keeps.
   */
  readonly device?: string;
  /** Where the server asks for a token: the token, or a function that gives a fresh one before each attempt. */
  readonly token?: string | (() => string | Promise<string>);
  /** Where records are stored. By default in a browser IndexedDB, which all tabs share; elsewhere memory. */
  readonly store?: Store;
  /** Where a new device begins: at the start of the log, or with the messages from now on. `start` by default. */
  readonly since?: "start" | "now";
}

/** The messages of others, each once, in the order of the log; and conversations as state. */
export interface Messages extends AsyncIterable<Message> {
  /** Calls with every message that arrives from now on. */
  subscribe(listen: (message: Message) => void): Stop;
  /** The messages of one conversation, in both directions. The caller closes it. */
  with(peer: string): Conversing;
}

/** One conversation as state: the latest messages, and older ones on request. */
export interface Conversing extends Live<readonly Message[]> {
  readonly peer: string;
  /** Whether there may be older ones. */
  readonly more: boolean;
  /**
   * Adds older ones. Resolves with whether there are more; rejects where only the mailbox has them and there is no
   * connection.
   */
  older(): Promise<boolean>;
  close(): void;
}

/** The presence of the watched users. */
export interface Presences extends Live<ReadonlyMap<string, Presence>> {
  /** Replaces the watched users: at most 64, each with a conversation with this user. */
  watch(peers: readonly string[]): void;
}

export interface Restante {
  /** The canonical userName. */
  readonly user: string;
  readonly connection: Live<ConnectionState>;
  /** Where the records are: in memory they end with the process, and with the reload of a page. */
  readonly storage: Live<StorageState>;
  readonly messages: Messages;
  /** All conversations, the latest first. */
  readonly conversations: Live<readonly Conversation[]>;
  readonly presence: Presences;
  /** The users who are typing to this user. */
  readonly typists: Live<ReadonlySet<string>>;
  /** How often entries of the log were lost for good without being shown. */
  readonly gaps: Live<number>;
  /**
   * The latest 20 notices of the server about the account since this was opened: a new device, a new code, attempts to
   * sign in.
   */
  readonly notices: Live<readonly Notice[]>;
  /** The user's account, where the server has accounts. */
  readonly account: Account;
  /** From whom the user receives messages: strangers to accept, users to block. */
  readonly people: People;
  /** Sends when there is a connection, in order. A message that can never be sent has failed when this returns. */
  send(to: string, body: Json): SentMessage;
  /** Sends a failed message again, as a new one in its place. */
  resend(message: Message): SentMessage;
  /** Removes a failed message that the user's own mailbox never took from the conversation. */
  discard(message: Message): void;
  /** Marks the conversation as read: all of it, or up to a message. */
  read(peer: string, upTo?: Message): void;
  /** To be called while the user types; sends a signal at most every 4 s. */
  typing(to: string): void;
  /** Connects now, if it waits or was stopped by the server. */
  retry(): void;
  /**
   * The network may have changed: an open connection has to show within 3 s that it lives. In a browser the SDK calls
   * it itself.
   */
  check(): void;
  /**
   * Ends it. Drafts in a lasting store are sent when it is opened again; in any other store messages without an answer
   * fail. `forget`: the store deletes all records, as after signing out.
   */
  close(options?: { readonly forget?: boolean }): Promise<void>;
}
