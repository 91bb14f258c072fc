// An own message, from the moment in which it was written. It knows the marks of its conversation.
import { type Live, Source } from "./live-value.ts";
import { failedBy, type MessageState, sendingUntil, STEPS, stateOf } from "./message.ts";
import type { Draft, Row, Why, Written } from "./store.ts";

/** What `send` returns. */
export interface SentMessage {
  readonly key: string;
  readonly to: string;
  readonly body: unknown;
  /** Ms since 1970, by this device's clock. */
  readonly at: number;
  /** It ends when the message is read or has failed, or when 1,000 later ones to the same receiver are followed. */
  readonly state: Live<MessageState>;
  /**
   * Resolves when it is in the store: from then on it is sent even if this process ends, where the store outlives it.
   */
  readonly kept: Promise<void>;
  /**
   * Resolves when it has reached this state or a later one. Rejects with an Error that has the refusal's `code` when it
   * failed.
   */
  reached(is: Step): Promise<MessageState>;
}

type Step = (typeof STEPS)[number];

/** What a message needs of its client. */
export interface MarkSource {
  readonly user: string;
  row(peer: string): Row | undefined;
  /** Updates this message, which is in the log, when the marks change. */
  track(sent: OwnMessage): void;
}

const STORED = Promise.resolve();

/** It is its own `state`, so that each message is one object. */
export class OwnMessage extends Source<MessageState> implements SentMessage {
  key: string;
  readonly to: string;
  body: unknown;
  at: number;
  readonly state = this;
  kept = STORED;
  /** Its draft, as of the last commit. */
  draft: Draft;
  /** Its number, once the mailbox has answered. */
  seq: number | null = null;
  /** Its state without a number. */
  #unnumbered: MessageState;
  #lastState: MessageState;
  #failed: MessageState | null;
  readonly #client: MarkSource;

  constructor(draft: Draft, client: MarkSource) {
    super();
    this.key = draft.key;
    this.to = draft.peer;
    this.body = draft.body;
    this.at = draft.at;
    this.draft = draft;
    this.#unnumbered = this.#lastState = sendingUntil(draft.until);
    this.#failed = draft.failed && failedBy(draft.failed);
    this.#client = client;
  }

  get value(): MessageState {
    if (this.#failed !== null) return this.#failed;
    if (this.seq === null) return this.#unnumbered;
    return stateOf(this.seq, this.#client.row(this.to), this.to === this.#client.user);
  }

  async reached(is: Step): Promise<MessageState> {
    for await (const state of this) {
      if (state.is === "failed") throw Object.assign(new Error(state.message), { code: state.code });
      if (STEPS.indexOf(state.is) >= STEPS.indexOf(is)) return state;
    }
    throw Object.assign(new Error("The mailbox was closed before."), { code: "closed" });
  }

  /** It was written before, with the same idempotency key. */
  adopt({ key, at, body = this.body, seq, is, failed }: Written): void {
    Object.assign(this, { key, at, body, seq });
    if (is !== undefined) this.accept({ is });
    if (failed) this.fail(failed);
    else if (this.update() && seq !== null) this.#client.track(this);
  }

  setDraft(draft: Draft): void {
    const { until } = this.draft;
    this.draft = draft;
    // Its receiver is held, or is no longer.
    if (draft.until !== until) this.accept(sendingUntil(draft.until));
  }

  /** The mailbox has it, and does not know its number any more. */
  accept(state: MessageState): void {
    this.#unnumbered = state;
    this.changed();
  }

  /** The first reason stays. */
  fail(why: Why): void {
    if (this.#failed !== null) return;
    this.#failed = failedBy(why);
    this.changed();
    this.end();
  }

  /**
   * Notifies of a new state. Returns whether it has to be tracked further: a queued message may still fail, all others
   * only matter to listeners.
   */
  update(): boolean {
    const now = this.value;
    const { is } = now;
    if (now !== this.#lastState) {
      this.#lastState = now;
      this.changed();
    }
    if (is === "read" || is === "failed") this.end();
    return is === "queued" || this.hasListeners;
  }

  protected override listenerAdded(): void {
    this.#lastState = this.value;
    if (this.update() && this.seq !== null) this.#client.track(this);
  }
}
