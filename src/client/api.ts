// What an application sees of the SDK: shapes only.
import type { Account, People } from "./account.ts";
import type { ConnectionState } from "./connection.ts";
import type { Live, Stop } from "./live-value.ts";
import type { Message } from "./message.ts";
import type { SentMessage } from "./own-message.ts";
import type { Presence } from "./signals.ts";
import type { Json, Store } from "./store.ts";
import type { Notice } from "./tab-messages.ts";
import type { Conversation } from "./view.ts";

export interface Options {
  /** The server: `https://…` or `wss://…`, without a path. */
  readonly url: string;
  readonly userName: string;
  /** One installation, with one connection at a time: 1–64 of `A-Z a-z 0-9 . _ -`. By default one that the store makes and keeps. */
  readonly device?: string;
  /** Who this is, where the server asks: a token, or what gives a fresh one before each try. */
  readonly token?: string | (() => string | Promise<string>);
  /** What is kept, and where. In a browser IndexedDB, which all tabs share; elsewhere memory. */
  readonly store?: Store;
  /** Where a device that was never here begins: with all that is kept, or with what comes from now on. `start` by default. */
  readonly since?: "start" | "now";
}

/** What others wrote, each message once, in the order of the log; and conversations as they are shown. */
export interface Messages extends AsyncIterable<Message> {
  /** Calls with every message that comes from now on. */
  subscribe(listen: (message: Message) => void): Stop;
  /** The messages of one conversation, both ways. To be closed by whoever opened it. */
  with(peer: string): Conversing;
}

/** One conversation as state: the latest messages, and older ones as they are asked for. */
export interface Conversing extends Live<readonly Message[]> {
  readonly peer: string;
  /** Whether there may be older ones. */
  readonly more: boolean;
  /** Adds older ones; resolves with whether there are more, rejects where they can't be had without a connection. */
  older(): Promise<boolean>;
  close(): void;
}

/** Who of the watched people is there. */
export interface Presences extends Live<ReadonlyMap<string, Presence>> {
  /** From now on these, in place of the last ones: at most 64 people with whom one has a conversation. */
  watch(peers: readonly string[]): void;
}

export interface Restante {
  /** The canonical userName. */
  readonly user: string;
  readonly connection: Live<ConnectionState>;
  readonly messages: Messages;
  /** All conversations, the latest first. */
  readonly conversations: Live<readonly Conversation[]>;
  readonly presence: Presences;
  /** Who is writing to this user at the moment. */
  readonly typists: Live<ReadonlySet<string>>;
  /** How often entries of the log went for good without having been shown. */
  readonly gaps: Live<number>;
  /** What the server has told of the account while this was open, the latest 20: another device, a new code, somebody who tries to come in. */
  readonly notices: Live<readonly Notice[]>;
  /** The user's account, where the server has accounts. */
  readonly account: Account;
  /** Whom the user hears from: strangers to accept, people to block. */
  readonly people: People;
  /** Sends when it can, in order. What can't be sent at all has failed when this returns. */
  send(to: string, body: Json): SentMessage;
  /** Sends a failed message again, as a new one in its place. */
  resend(message: Message): SentMessage;
  /** Takes a failed message that its own mailbox never took off the conversation. */
  discard(message: Message): void;
  /** The conversation is read: all of it, or up to a message. */
  read(peer: string, upTo?: Message): void;
  /** To be called while somebody types; says so at most every few seconds. */
  typing(to: string): void;
  /** Connects now, if it waits or was stopped by the server. */
  retry(): void;
  /** The network may have changed: an open connection has to show at once that it lives. Browsers call it by themselves. */
  check(): void;
  /**
   * Ends it. What a lasting store holds is sent when it is opened again; otherwise what has no answer yet fails. `forget`: the store
   * keeps nothing, as after signing out.
   */
  close(options?: { readonly forget?: boolean }): Promise<void>;
}
