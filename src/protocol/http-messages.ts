// Messages sent over HTTP: without ids, one or several a request, each with the reply that a socket would have sent.
import type { AcceptedState } from "./down.ts";
import type { CodeIn, Refusal } from "./refusals.ts";
import type { RelationRef } from "./relation.ts";

/** A message to store: the canonical receiver and the body as JSON text; or why it is refused. */
export type OutgoingMessage =
  | { readonly to: string; readonly body: string; readonly re?: RelationRef }
  | { readonly refused: Refusal<CodeIn<"refused"> & CodeIn<"http">> };

/**
 * An idempotency key, with the hash of the messages, and their hash independent of the order of keys; code of 0.3 sends
 * the first alone.
 */
export interface IdempotencyKey {
  readonly name: string;
  readonly digest: string;
  readonly sorted?: string;
}

/** The messages of one request. */
export interface SendRequest {
  readonly messages: readonly OutgoingMessage[];
  readonly key: IdempotencyKey | null;
}

/**
 * The result of one message. `entry`: its seq in the sender's log, absent if retention removed it; `at`: ms since 1970.
 */
export type SendOutcome =
  | { readonly type: "accepted"; readonly entry?: number; readonly at?: number; readonly state: AcceptedState }
  | ({ readonly type: "refused" } & Refusal<CodeIn<"http">>);
