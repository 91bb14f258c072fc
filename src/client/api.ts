// The interfaces of the SDK that an application sees; no code.
import type { ConversationSettings } from "../protocol/caller.ts";
import type { Account, People } from "./account.ts";
import type { BodySchema, JsonOf } from "./body-schema.ts";
import type { ConnectionState } from "./connection-state.ts";
import type { Debug } from "./debug.ts";
import type { Live, Stop } from "./live-value.ts";
import type { SocketClass } from "./live-socket.ts";
import type { SendOptions } from "./keyed-messages.ts";
import type { Message } from "./message.ts";
import type { SentMessage } from "./own-message.ts";
import type { Presence } from "./signals.ts";
import type { StorageState } from "./storage-state.ts";
import type { Store } from "./store.ts";
import type { Notice } from "./tab-messages.ts";
import type { Timing } from "./timing.ts";
import type { Token } from "./token.ts";
import type { WaitOptions } from "./wait.ts";
import type { Conversation } from "./conversation-list.ts";

/** What `connect` needs: a server and a user. The rest has defaults. */
export interface Options<Body = unknown> {
  /** The server: `https://…`, or `http://…` on this machine, with the path below which it is mounted, if any. */
  readonly url: string;
  readonly userName: string;
  /**
   * One installation, with one connection at a time: 1–64 of `A-Z a-z 0-9 . _ -`. By default a new name, which the
   * store keeps.
   */
  readonly device?: string | undefined;
  /** Where the server asks for a token: the token, or a function that gives a fresh one before each attempt. */
  readonly token?: Token | undefined;
  /** Where records are stored. By default in a browser IndexedDB, which all tabs share; elsewhere memory. */
  readonly store?: Store | undefined;
  /** Where a new device begins: at the start of the log, or with the messages from now on. `start` by default. */
  readonly since?: "start" | "now" | undefined;
  /**
   * A schema of all bodies (Standard Schema). An own message that does not match it fails in `send`. A message of
   * somebody else that does not match it is shown as it is: its field `invalid` says what is wrong.
   */
  readonly body?: BodySchema<Body> | undefined;
  /** In place of the global `WebSocket`, which Node.js has from version 22 on. */
  readonly WebSocket?: SocketClass | undefined;
  /** In place of the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
  readonly timing?: Timing | undefined;
  /** Shows what the client does: `true` on the console, or a function that is called with each event. */
  readonly debug?: boolean | Debug | undefined;
}

/**
 * The messages of others, each once, in the order of the log; and conversations as state. An iteration has processed a
 * message when it asks for the next one: after an error in the body of `for await`, and after `break`, the next
 * iteration begins with the message that the body had.
 */
export interface Messages<Body = unknown> extends AsyncIterable<Message<Body>> {
  /** Calls with every message that arrives from now on. */
  readonly subscribe: (listen: (message: Message<Body>) => void) => Stop;
  /** The messages of one conversation, in both directions. The caller closes it. */
  with(peer: string, options?: ThreadOptions): Conversing<Body>;
}

/** How much of a conversation is read. */
export interface ThreadOptions {
  /** Messages that it begins with, and that `older` adds: 1 to 200, 50 by default. */
  readonly pageSize?: number | undefined;
}

/**
 * One conversation as state: the latest messages, and older ones on request. A change of `more`, `loading` or `error` is
 * a change of the value too: another array, of the same messages.
 */
export interface Conversing<Body = unknown> extends Live<readonly Message<Body>[]> {
  readonly peer: string;
  /** Whether there may be older ones. */
  readonly more: boolean;
  /** Whether messages are being read: the latest ones at first, then those that `older` asks for. */
  readonly loading: boolean;
  /** Why the last reading failed, or null. It is read again when a connection opens, and by `older`. */
  readonly error: Error | null;
  /**
   * Adds older ones. Resolves with whether there are more; rejects where only the mailbox has them and there is no
   * connection, and when the caller waits no longer. Then they may still be added.
   */
  older(wait?: WaitOptions): Promise<boolean>;
  /** From then on `value` does not change. */
  close(): void;
}

/** What contacts see of the user beside the userName. */
export interface OwnProfile {
  /** What the user is called, or null. */
  readonly displayName: Live<string | null>;
  /**
   * Changes it, for all devices, and for contacts with what is sent to them next; null removes it. Rejects with a
   * `Refused`: `bad_frame` for a text that can't be a name.
   */
  change(profile: { readonly displayName: string | null }, wait?: WaitOptions): Promise<void>;
}

/** The presence of the watched users, and of nobody else. */
export interface Presences extends Live<ReadonlyMap<string, Presence>> {
  /**
   * Watches these users, until the result is called. Each part of an application watches on its own: a user is watched
   * as long as any part does. At most 64 users are watched at once, in all tabs together. Where the calls name more,
   * the first user of each call is watched, then the second of each call, up to 64. Only contacts have a presence.
   */
  watch(peers: readonly string[]): Stop;
}

/** A client. `Body`: the type of all bodies; by default any that JSON can express, and `unknown` where they are read. */
export interface Restante<Body = unknown> {
  /** The canonical userName. */
  readonly user: string;
  /** Whether it is connected; if not, why, and when it tries again. */
  readonly connection: Live<ConnectionState>;
  /** Where the records are: in memory they end with the process, and with the reload of a page. */
  readonly storage: Live<StorageState>;
  /** What others send, and single conversations. */
  readonly messages: Messages<Body>;
  /** All conversations, the latest first. */
  readonly conversations: Live<readonly Conversation<Body>[]>;
  /** Who is online, of the users whom it watches. */
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
  readonly profile: OwnProfile;
  /** From whom the user receives messages: strangers to accept, users to block. */
  readonly people: People;
  /**
   * Sends when there is a connection, in order. A message that can never be sent has failed when this returns. With
   * `key` or `inReplyTo` it is sent once, however often this is called: the same key is the same message, also after a
   * restart with a lasting store. Its `key`, `at` and `body` are then those of the first call, once `kept` has resolved.
   */
  send<T extends Body>(
    to: string,
    body: unknown extends Body ? T & JsonOf<T> : Body,
    options?: SendOptions,
  ): SentMessage<Body>;
  /** Sends a failed message again: a new one, at the end of the conversation, replaces it. Called twice, it sends once. */
  resend(message: Message<Body>): SentMessage<Body>;
  /**
   * Removes a failed message from the conversation, on this device, for good; nothing for any other message. A message
   * that the mailbox took before it failed stays in its log, and is shown on other devices.
   */
  discard(message: Message): void;
  /**
   * Pins, mutes or hides a conversation on all devices of the user; what is not given stays as it is. Rejects with a
   * `Refused`: `not_found` where nothing was exchanged. The order of the list does not change.
   */
  configure(peer: string, settings: Partial<ConversationSettings>, wait?: WaitOptions): Promise<void>;
  /**
   * Removes everything that was exchanged with this user up to now, for the user and on all devices; the peer keeps it.
   * What waits to be sent stays. Rejects with a `Refused`.
   */
  clear(peer: string, wait?: WaitOptions): Promise<void>;
  /**
   * Removes one message in the same way. One that failed before the mailbox took it is discarded. Rejects with a
   * `Refused`, and with `not_found` for a message that the mailbox has not taken yet.
   */
  remove(message: Message, wait?: WaitOptions): Promise<void>;
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
   * fail. Resolves when everything is stored and the last ack has left, at most 1 s after that without an answer of the
   * server. `forget`: the store deletes all records, as after signing out.
   */
  close(options?: { readonly forget?: boolean }): Promise<void>;
}
