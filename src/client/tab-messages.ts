// What the client that is connected tells all clients of its store, beside what it has kept.
import type { Down } from "../protocol/down.ts";
import type { ConnectionState } from "./connection.ts";
import type { Commit } from "./store.ts";

type Frame<T extends Down["type"]> = Extract<Down, { type: T }>;

export type Signal = Frame<"typing" | "presence">;

/** What the server says of the account: a code of PROTOCOL.md, a sentence, what it is about, and when, ms since 1970. */
export type Notice = Frame<"notice">;

export type TabMessage =
  /** Kept, and now to be shown. */
  | { readonly commit: Commit }
  | { readonly signal: Signal }
  | { readonly notice: Notice }
  | { readonly state: ConnectionState }
  /** Entries from the log are gone for good, and were not shown. */
  | { readonly gap: true };
