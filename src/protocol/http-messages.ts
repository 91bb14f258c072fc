// Messages as they are sent over HTTP: without ids, several at once, each with the answer that a socket would have given.
import type { State } from "./down.ts";
import type { Refusal } from "./refusals.ts";

/** A message as it is kept: the canonical receiver and the body as JSON text; or why it can't be. */
export type OutgoingMessage = { readonly to: string; readonly body: string } | { readonly refused: Refusal };

/** What one request has sent. `key`: under which a repetition of it is known, with the hash of what was said. */
export interface Sending {
  readonly messages: readonly OutgoingMessage[];
  readonly key: { readonly name: string; readonly digest: string } | null;
}

/** What became of one message. `entry`: its seq in the sender's log, absent where retention took it; `at`: ms since 1970. */
export type Outcome =
  | { readonly type: "accepted"; readonly entry?: number; readonly at?: number; readonly state: State }
  | ({ readonly type: "refused" } & Refusal);
