// A message of the user's own, from the moment in which it was written. It knows the marks of its conversation.
import { type Live, Source } from "./live-value.ts";
import { failedBy, type MessageState, SENDING, STEPS, stateOf } from "./message.ts";
import type { Draft, Row, Why } from "./store.ts";

/** What `send` returns. */
export interface SentMessage {
  readonly key: string;
  readonly to: string;
  readonly body: unknown;
  /** Ms since 1970, by this device's clock. */
  readonly at: number;
  /** Whoever follows it hears until it is read or failed, or until 1,000 later ones to the same receiver are followed. */
  readonly state: Live<MessageState>;
  /** Resolves when it is in the store: from then on it is sent even if this process ends, where the store outlives it. */
  readonly kept: Promise<void>;
  /** Resolves when it has come so far, or further. Rejects with an Error that has the refusal's `code` when it failed. */
  reached(is: Step): Promise<MessageState>;
}

type Step = (typeof STEPS)[number];

/** What a message needs of its client. */
export interface Marked {
  readonly user: string;
  row(peer: string): Row | undefined;
  /** Somebody wants to hear of this one, which is in the log. */
  follow(sent: OwnMessage): void;
}

const KEPT = Promise.resolve();

/** It is its own state: there is one for every message. */
export class OwnMessage extends Source<MessageState> implements SentMessage {
  readonly key: string;
  readonly to: string;
  readonly body: unknown;
  readonly at: number;
  readonly state = this;
  kept = KEPT;
  /** As it was heard of last. */
  draft: Draft;
  /** Its number, once the mailbox has answered. */
  seq: number | null = null;
  #told = SENDING;
  #failed: MessageState | null;
  readonly #client: Marked;

  constructor(draft: Draft, client: Marked) {
    super();
    this.key = draft.key;
    this.to = draft.peer;
    this.body = draft.body;
    this.at = draft.at;
    this.draft = draft;
    this.#failed = draft.failed && failedBy(draft.failed);
    this.#client = client;
  }

  get value(): MessageState {
    if (this.#failed !== null) return this.#failed;
    if (this.seq === null) return SENDING;
    return stateOf(this.seq, this.#client.row(this.to), this.to === this.#client.user);
  }

  async reached(is: Step): Promise<MessageState> {
    for await (const state of this) {
      if (state.is === "failed") throw Object.assign(new Error(state.message), { code: state.code });
      if (STEPS.indexOf(state.is) >= STEPS.indexOf(is)) return state;
    }
    throw Object.assign(new Error("The mailbox was closed before."), { code: "closed" });
  }

  /** The first reason stays. */
  fail(why: Why): void {
    if (this.#failed !== null) return;
    this.#failed = failedBy(why);
    this.changed();
    this.end();
  }

  /** The conversation has come further. False when nobody has to be told any more: one that is only queued may yet fail. */
  moved(): boolean {
    const now = this.value;
    const { is } = now;
    if (now !== this.#told) {
      this.#told = now;
      this.changed();
    }
    if (is === "read" || is === "failed") this.end();
    return is === "queued" || this.heard;
  }

  protected override begun(): void {
    this.#told = this.value;
    if (this.moved() && this.seq !== null) this.#client.follow(this);
  }
}
