// The entry point of the SDK: everything that an application imports.
import { messageRefusal } from "../protocol/message-refusals.ts";
import { isDeviceName } from "../protocol/names.ts";
import type { Options, Restante } from "./api.ts";
import { Client } from "./client.ts";
import { nameOf } from "./names.ts";
import type { Store } from "./store.ts";

export { claim, entranceOf, isNameFree, signedInAs, signIn, signInWithPasskey, signOut } from "./account.ts";
export type { Account, AccountPasskey, Entrance, People, SignedIn } from "./account.ts";
export { browserStore } from "./browser.ts";
export { memoryStore } from "./memory.ts";
export type { Conversing, Messages, Options, OwnProfile, Presences, Restante, ThreadOptions } from "./api.ts";
export type { SendOptions } from "./keyed-messages.ts";
export type { Notice } from "./tab-messages.ts";
export type { ConnectionState } from "./connection-state.ts";
export type { Live, Stop } from "./live-value.ts";
export type { Message, MessageState } from "./message.ts";
export type { SentMessage } from "./own-message.ts";
export type { MemoryReason, StorageState } from "./storage-state.ts";
export type { Presence } from "./signals.ts";
export type { Conversation } from "./conversation-list.ts";
export type { ConversationSettings, Settings, SignedInDevice } from "../protocol/caller.ts";
export { problemOfBody } from "./body.ts";
export type { BodySchema, JsonOf } from "./body-schema.ts";
export type { Debug, DebugEvent } from "./debug.ts";
export { Refused, RestanteError } from "./errors.ts";
export type { SocketClass, SocketLike } from "./live-socket.ts";
export { nameOf, type NameResult, problemOfName } from "./names.ts";
export type { RequestOptions } from "./server.ts";
export type { Timing } from "./timing.ts";
export type { Token } from "./token.ts";
export type { WaitOptions } from "./wait.ts";
export type * from "./store.ts";

/** Opens the mailbox of `userName` and stays connected. Throws a TypeError that says which option is not valid. */
export function connect<Body = unknown>(options: Options<Body>): Restante<Body> {
  const { userName, device, token, store } = options;
  const name = nameOf(userName);
  if ("refused" in name) throw new TypeError(`userName: ${messageRefusal(name.refused).message}`);
  if (device !== undefined && !(typeof device === "string" && isDeviceName(device)))
    throw new TypeError("device has 1 to 64 of A-Z a-z 0-9 . _ -");
  if (token !== undefined && typeof token !== "string" && typeof token !== "function")
    throw new TypeError("token is text, or a function that gives one.");
  if (store !== undefined && typeof (store as Partial<Store> | null)?.open !== "function")
    throw new TypeError("store is a Store, as memoryStore() returns.");
  if (typeof (options.WebSocket ?? globalThis.WebSocket) !== "function")
    throw new TypeError("This runtime has no WebSocket: give a class as the option `WebSocket`.");
  // What types a body has is the application's word.
  return new Client(name.name, options) as Restante<Body>;
}
