// What the clients of one store send each other, beside what is in the store: messages of the connected client to all,
// and requests of any client to the connected one.
import type { Frame } from "../protocol/down.ts";
import type { ConnectionState } from "./connection-state.ts";
import type { Commit } from "./store.ts";

export type Signal = Frame<"typing" | "presence">;

/**
 * What the server says of the account: `{ type: "notice", seq, code, message, about?, at? }`. `seq`: its number in the
 * log. `code`: a word for programs, such as `new_device`. `message`: a sentence for people. `about`: the label of a device
 * or a passkey. `at`: ms since 1970.
 */
export type Notice = Frame<"notice">;

/** From the connected client to all clients. */
export type TabMessage =
  /** It is in the store: now it is shown. */
  | { readonly commit: Commit }
  | { readonly signal: Signal }
  | { readonly notice: Notice }
  | { readonly state: ConnectionState }
  /** Entries of the log are gone for good, and were not shown. */
  | { readonly gap: true };

/** From any client to the connected one. */
export type TabRequest =
  /** It is in the store already. */
  | { readonly wrote: Commit }
  | { readonly typing: string }
  | { readonly watch: readonly string[]; readonly tab: string }
  | { readonly ask: "state" | "retry" | "check" };

/** Why a client of the store ends before it is closed: another tab deleted the records, or has a later version. */
export type Ending = "signed_out" | "outdated";

/** From the store itself; `ended` also from a client that is closed with `forget`, to all others. */
export type StoreMessage =
  /** The records may be gone: the store has to be opened again. */
  { readonly lost: true } | { readonly ended: Ending };
