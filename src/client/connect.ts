// The entry point of the SDK: everything that an application imports.
import { messageRefusal } from "../protocol/message-refusals.ts";
import { serializeBody } from "../protocol/json.ts";
import { canonical } from "../protocol/names.ts";
import type { Options, Restante } from "./api.ts";
import { Client } from "./client.ts";
import type { Json } from "./store.ts";

export { claim, entranceOf, signedInAs, signIn, signInWithPasskey } from "./account.ts";
export type { Account, AccountPasskey, Entrance, People, SignedIn } from "./account.ts";
export { browserStore } from "./browser.ts";
export { memoryStore } from "./memory.ts";
export type { Conversing, Messages, Options, Presences, Restante, ThreadOptions } from "./api.ts";
export type { SendOptions } from "./keyed-messages.ts";
export type { Notice } from "./tab-messages.ts";
export type { ConnectionState } from "./connection.ts";
export type { Live, Stop } from "./live-value.ts";
export type { Message, MessageState } from "./message.ts";
export type { SentMessage } from "./own-message.ts";
export type { MemoryReason, StorageState } from "./storage-state.ts";
export type { Presence } from "./signals.ts";
export type { Conversation } from "./conversation-list.ts";
export type { Settings, SignedInDevice } from "../protocol/caller.ts";
export { Refused } from "./server.ts";
export type * from "./store.ts";

/** Opens the mailbox of `userName` and stays connected. Throws a TypeError if the name or the url is not valid. */
export function connect(options: Options): Restante {
  const name = canonical(options.userName);
  if ("refused" in name) throw new TypeError(messageRefusal(name.refused).message);
  return new Client(name.name, options);
}

/** What is wrong with a userName, in a sentence, or null. */
export function problemOfName(raw: string): string | null {
  const name = canonical(raw);
  return "refused" in name ? messageRefusal(name.refused).message : null;
}

/** What is wrong with a body, in a sentence, or null. */
export function problemOfBody(body: Json): string | null {
  const json = serializeBody(body);
  return typeof json === "string" ? null : json.message;
}
